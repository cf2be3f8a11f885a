"""Service deployments and revisions: the record of what was tried, and the ways to end it."""

from sandbox.aws import deployments, shapes, traffic
from sandbox.aws.api.request import Moto, at_most, page
from sandbox.aws.ecs import Ecs
from sandbox.aws.errors import Refused
from sandbox.aws.model import Json, Service, ServiceDeployment

DESCRIBED_AT_ONCE = 20
STOP_TAKES_S = 0.5
STOPPED_REASON = "Service deployment rolled back because it was stopped by StopServiceDeployment."


def list_service_deployments(ecs: Ecs, request: Json, moto: Moto) -> Json:
    service = ecs.find_service(request.get("cluster"), request["service"])
    if service is None:
        raise Refused("ServiceNotFoundException", "Service not found.")
    created, statuses = request.get("createdAt", {}), request.get("status")
    listed = [
        shapes.service_deployment_brief(service, record)
        for record in reversed(service.history)
        if service.is_ecs_deployed
        and (not statuses or record.status in statuses)
        and created.get("after", 0) <= record.created_at <= created.get("before", ecs.now)
    ]
    return page("serviceDeployments", listed, request)


def describe_service_deployments(ecs: Ecs, request: Json, moto: Moto) -> Json:
    at_most(DESCRIBED_AT_ONCE, request["serviceDeploymentArns"], "serviceDeploymentArns")
    shown, failures = [], []
    for arn in request["serviceDeploymentArns"]:
        found = ecs.service_deployment(arn)
        if found is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            shown.append(shapes.service_deployment(*found))
    return {"serviceDeployments": shown, "failures": failures}


def describe_service_revisions(ecs: Ecs, request: Json, moto: Moto) -> Json:
    at_most(DESCRIBED_AT_ONCE, request["serviceRevisionArns"], "serviceRevisionArns")
    services = {
        service.arn.replace(":service/", ":service-revision/"): service
        for service in ecs.services.values()
    }
    shown, failures = [], []
    for arn in request["serviceRevisionArns"]:
        revision, service = ecs.revisions.get(arn), services.get(arn.rpartition("/")[0])
        if revision is None or service is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            shown.append(shapes.service_revision(service, revision))
    return {"serviceRevisions": shown, "failures": failures}


def stop_service_deployment(ecs: Ecs, request: Json, moto: Moto) -> Json:
    service, record = _found(ecs, request)
    if request.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise Refused(
            "UnsupportedFeatureException",
            "ECS StopServiceDeployment API with ABORT stopType is not supported.",
        )
    if record.status != "IN_PROGRESS":
        raise Refused(
            "ConflictException",
            f"The service deployment is {record.status} and cannot be stopped.",
        )
    record.status, record.updated_at = "ROLLBACK_REQUESTED", ecs.now
    ecs.schedule.after(
        STOP_TAKES_S, deployments.fail_and_roll_back, ecs, service, record, STOPPED_REASON
    )
    return {"serviceDeploymentArn": record.arn}


def continue_service_deployment(ecs: Ecs, request: Json, moto: Moto) -> Json:
    service, record = _found(ecs, request)
    action = request.get("action", "CONTINUE")
    hook = next((hook for hook in record.hooks if hook.id == request["hookId"]), None)
    if hook is None:
        raise Refused("InvalidParameterException", "The lifecycle hook was not found.")
    if record.status != "IN_PROGRESS" or hook.status != "AWAITING_ACTION":
        raise Refused("InvalidParameterException", "The lifecycle hook is not awaiting an action.")
    traffic.answer(ecs, service, record, hook, action)
    return {"serviceDeploymentArn": record.arn}


def _found(ecs: Ecs, request: Json) -> tuple[Service, ServiceDeployment]:
    found = ecs.service_deployment(request["serviceDeploymentArn"])
    if found is None:
        raise Refused("ServiceDeploymentNotFoundException", "The service deployment was not found.")
    return found
