"""Services: what is asked of them is written down here; the reconciler brings it about."""

from typing import Any

from sandbox.aws import deployments, reconciler, shapes, tasks
from sandbox.aws.api import deployment_configuration
from sandbox.aws.api.request import Moto, at_most, page
from sandbox.aws.ecs import Ecs
from sandbox.aws.errors import Refused
from sandbox.aws.model import Json, Service

DEFAULT_CONFIGURATION: Json = {
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}
DEFAULT_SETTINGS: Json = {
    "loadBalancers": [],
    "serviceRegistries": [],
    "placementConstraints": [],
    "placementStrategy": [],
    "schedulingStrategy": "REPLICA",
    "deploymentController": {"type": "ECS"},
    "enableExecuteCommand": False,
    "enableECSManagedTags": False,
    "propagateTags": "NONE",
    "launchType": "FARGATE",
    "platformVersion": "LATEST",
    "platformFamily": "Linux",
    "availabilityZoneRebalancing": "DISABLED",
}
NOT_SETTINGS = frozenset(
    {"cluster", "service", "serviceName", "taskDefinition", "desiredCount", "clientToken", "tags"}
    | {"deploymentConfiguration", "forceNewDeployment"}
)
STARTS_A_DEPLOYMENT = frozenset(
    {"networkConfiguration", "loadBalancers", "platformVersion", "serviceRegistries"}
    | {"capacityProviderStrategy", "serviceConnectConfiguration", "volumeConfigurations"}
)
"""Settings whose change is rolled out.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html"""

DESCRIBED_AT_ONCE = 10
NOT_ECS_S_TO_UPDATE = {
    "taskDefinition": "Unable to update task definition",
    "forceNewDeployment": "Cannot force a new deployment",
    "networkConfiguration": "Unable to update network parameters",
    "loadBalancers": "Unable to update load balancers",
    "platformVersion": "Unable to update platform version",
}
"""What a service that AWS CodeDeploy deploys is refused, and how the refusal begins."""


def create_service(ecs: Ecs, request: Json, moto: Moto) -> Json:
    cluster, name = ecs.cluster(request.get("cluster")), request["serviceName"]
    definition = ecs.deployable(request["taskDefinition"])
    existing = ecs.services.get((cluster, name))
    if existing is not None and existing.status == "ACTIVE":
        raise Refused("InvalidParameterException", "Creation of service was not idempotent.")
    settings = {**DEFAULT_SETTINGS, **_settings(request)}
    configuration = request.get("deploymentConfiguration", {})
    deployment_configuration.check(configuration, {}, settings)
    moto()
    service = Service(
        arn=ecs.arn("service", f"{cluster}/{name}"),
        cluster_arn=ecs.arn("cluster", cluster),
        name=name,
        desired=request.get("desiredCount", 0),
        created_at=ecs.now,
        created_by=f"arn:aws:iam::{ecs.account}:root",
        settings=settings,
        configuration={**DEFAULT_CONFIGURATION, **configuration},
        tags=list(request.get("tags", [])),
    )
    ecs.services[cluster, name] = service
    deployments.begin(ecs, service, definition)
    ecs.schedule.after(reconciler.LOOK_EVERY_S, reconciler.keep_looking, ecs, service)
    return {"service": shapes.service(service)}


def update_service(ecs: Ecs, request: Json, moto: Moto) -> Json:
    service = ecs.service(request.get("cluster"), request["service"])
    current = service.primary.definition
    if request.get("desiredCount", 0) < 0:
        raise Refused("InvalidParameterException", "desiredCount can't be less than 0.")
    definition = (
        ecs.deployable(request["taskDefinition"]) if "taskDefinition" in request else current
    )
    changed, configuration = _settings(request), request.get("deploymentConfiguration", {})
    _check_controller(service, request)
    deployment_configuration.check(
        configuration, service.configuration, {**service.settings, **changed}
    )
    moto()
    rolled_out = {
        key
        for key in changed.keys() & STARTS_A_DEPLOYMENT
        if changed[key] != service.settings.get(key)
    }
    service.settings.update(changed)
    service.configuration.update(configuration)
    if "desiredCount" in request and request["desiredCount"] != service.desired:
        service.desired, service.is_steady = request["desiredCount"], False
    if definition is not current or rolled_out or request.get("forceNewDeployment"):
        deployments.begin(ecs, service, definition)
    return {"service": shapes.service(service)}


def _check_controller(service: Service, request: Json) -> None:
    """Refuse what is AWS CodeDeploy's to do where it deploys the service."""
    if service.is_ecs_deployed:
        return
    for field, beginning in NOT_ECS_S_TO_UPDATE.items():
        if request.get(field):
            raise Refused(
                "InvalidParameterException",
                f"{beginning} on services with a CODE_DEPLOY deployment controller. "
                "Use AWS CodeDeploy to trigger a new deployment.",
            )


def _settings(request: Json) -> dict[str, Any]:
    return {key: value for key, value in request.items() if key not in NOT_SETTINGS}


def delete_service(ecs: Ecs, request: Json, moto: Moto) -> Json:
    service = ecs.service(request.get("cluster"), request["service"])
    if service.desired and not request.get("force"):
        raise Refused(
            "InvalidParameterException",
            "The service cannot be stopped while it is scaled above 0.",
        )
    moto()
    service.status, service.desired = "DRAINING", 0
    for task in list(service.tasks):
        tasks.stop(ecs, task, "ServiceSchedulerInitiated", "Service was deleted.")
    return {"service": shapes.service(service)}


def describe_services(ecs: Ecs, request: Json, moto: Moto) -> Json:
    at_most(DESCRIBED_AT_ONCE, request["services"], "services")
    with_tags = "TAGS" in request.get("include", [])
    shown, failures = [], []
    for written in request["services"]:
        service = ecs.find_service(request.get("cluster"), written)
        if service is not None:
            shown.append(shapes.service(service, with_tags=with_tags))
        else:
            arn = written if written.startswith("arn:") else ecs.arn("service", written)
            failures.append({"arn": arn, "reason": "MISSING"})
    return {"services": shown, "failures": failures}


def list_services(ecs: Ecs, request: Json, moto: Moto) -> Json:
    cluster = ecs.cluster(request.get("cluster"))
    arns = [s.arn for (c, _), s in ecs.services.items() if c == cluster and s.status == "ACTIVE"]
    return page("serviceArns", arns, {"maxResults": 10, **request})
