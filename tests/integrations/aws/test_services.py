from datetime import UTC, datetime

import pytest

from integrations.errors import Forbidden, NotFound, RateLimited, Rejected, Unavailable
from tests.integrations.aws.answers import (
    CLUSTER,
    CLUSTER_ARN,
    NEW,
    NOON,
    OLD,
    SERVICE,
    SERVICE_ARN,
    a_deployment,
    a_service,
)


async def look(ecs, stub, **fields):
    stub.add_response(
        "describe_services",
        {"services": [a_service(**fields)], "failures": []},
        {"cluster": CLUSTER, "services": [SERVICE]},
    )
    return await ecs.describe_service(CLUSTER, SERVICE)


async def test_a_service_is_read_with_its_deployments_and_events(ecs, stub):
    service = await look(
        ecs,
        stub,
        deployments=[
            a_deployment(),
            a_deployment(id="ecs-svc/0", status="ACTIVE", taskDefinition=OLD, runningCount=2),
        ],
        events=[{"id": "e1", "createdAt": NOON, "message": "has reached a steady state."}],
        deploymentConfiguration={
            "strategy": "ROLLING",
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        loadBalancers=[{"targetGroupArn": "arn:tg", "containerName": "app", "containerPort": 80}],
        currentServiceDeployment="arn:sd",
    )

    assert (service.cluster, service.name, service.arn) == (CLUSTER, SERVICE, SERVICE_ARN)
    assert (service.desired, service.running, service.pending) == (4, 4, 0)
    assert [d.task_definition for d in service.deployments] == [NEW, OLD]
    assert service.primary == service.deployments[0]
    assert service.primary.rollout_state == "IN_PROGRESS"
    assert service.events[0].message == "has reached a steady state."
    assert (service.has_breaker, service.breaker_rolls_back) == (True, True)
    assert service.target_groups == ("arn:tg",)
    assert service.current_service_deployment == "arn:sd"


async def test_a_service_built_to_shift_traffic_shows_both_groups_rules_and_role(ecs, stub):
    service = await look(
        ecs,
        stub,
        loadBalancers=[
            {
                "targetGroupArn": "arn:blue",
                "containerName": "app",
                "containerPort": 8080,
                "advancedConfiguration": {
                    "alternateTargetGroupArn": "arn:green",
                    "productionListenerRule": "arn:rule/production",
                    "testListenerRule": "arn:rule/test",
                    "roleArn": "arn:role",
                },
            },
            {"loadBalancerName": "classic", "containerName": "app", "containerPort": 8080},
        ],
    )
    assert service.target_groups == ("arn:blue",)
    (balancer,) = service.balancers
    assert (balancer.container, balancer.port) == ("app", 8080)
    assert (balancer.target_group, balancer.alternate_target_group) == ("arn:blue", "arn:green")
    assert balancer.production_listener_rule == "arn:rule/production"
    assert balancer.test_listener_rule == "arn:rule/test"
    assert balancer.role == "arn:role"


async def test_a_service_that_can_only_roll_shows_what_is_missing_as_missing(ecs, stub):
    service = await look(
        ecs,
        stub,
        loadBalancers=[{"targetGroupArn": "arn:tg", "containerName": "app", "containerPort": 80}],
    )
    (balancer,) = service.balancers
    assert (balancer.alternate_target_group, balancer.role) == (None, None)
    assert balancer.production_listener_rule is None
    assert not service.has_service_connect
    assert service.lifecycle_hooks == ()


async def test_a_service_shows_how_it_is_run(ecs, stub):
    service = await look(
        ecs,
        stub,
        launchType="FARGATE",
        platformVersion="1.4.0",
        healthCheckGracePeriodSeconds=30,
        deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 75},
        deployments=[
            a_deployment(serviceConnectConfiguration={"enabled": True}),
            a_deployment(id="ecs-svc/0", status="ACTIVE"),
        ],
    )
    assert (service.launch_type, service.platform_version) == ("FARGATE", "1.4.0")
    assert (service.maximum_percent, service.minimum_healthy_percent) == (150, 75)
    assert service.health_check_grace_s == 30
    assert service.has_service_connect


async def test_the_hooks_of_a_service_are_read_with_their_time_outs(ecs, stub):
    service = await look(
        ecs,
        stub,
        deploymentConfiguration={
            "lifecycleHooks": [
                {
                    "targetType": "PAUSE",
                    "lifecycleStages": ["PRE_SCALE_UP", "POST_SCALE_UP"],
                    "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "CONTINUE"},
                },
                {"hookTargetArn": "arn:f", "lifecycleStages": ["PRE_SCALE_UP"]},
            ]
        },
    )
    pause, function = service.lifecycle_hooks
    assert (pause.target_type, pause.stages) == ("PAUSE", ("PRE_SCALE_UP", "POST_SCALE_UP"))
    assert (pause.timeout_minutes, pause.timeout_action) == (60, "CONTINUE")
    assert (function.target_type, function.target_arn) == ("AWS_LAMBDA", "arn:f")
    assert (function.timeout_minutes, function.timeout_action) == (None, None)


async def test_a_cluster_has_a_status_unless_it_is_not_there(ecs, stub):
    stub.add_response(
        "describe_clusters",
        {
            "clusters": [
                {"clusterName": CLUSTER, "clusterArn": CLUSTER_ARN, "status": "ACTIVE"},
                {"clusterName": "old", "clusterArn": "arn:old", "status": "INACTIVE"},
            ],
            "failures": [{"arn": "arn:nowhere", "reason": "MISSING"}],
        },
        {"clusters": [CLUSTER, CLUSTER_ARN, "old", "nowhere"]},
    )
    assert await ecs.describe_clusters([CLUSTER, CLUSTER_ARN, "old", "nowhere", "old"]) == {
        CLUSTER: "ACTIVE",
        CLUSTER_ARN: "ACTIVE",
        "old": "INACTIVE",
    }


async def test_times_are_in_utc_whatever_the_machines_zone(ecs, stub):
    service = await look(ecs, stub)
    assert service.primary.created_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert service.primary.created_at.tzinfo is UTC


async def test_a_service_being_deleted_is_shown_as_draining(ecs, stub):
    service = await look(ecs, stub, status="DRAINING", desiredCount=0)
    assert service.status == "DRAINING"


async def test_a_failed_deployment_that_drains_beside_its_replacement_is_kept(ecs, stub):
    service = await look(
        ecs,
        stub,
        deployments=[
            a_deployment(id="ecs-svc/3", taskDefinition=OLD, rolloutState="IN_PROGRESS"),
            a_deployment(id="ecs-svc/2", status="DRAINING", rolloutState="FAILED", failedTasks=4),
            a_deployment(id="ecs-svc/1", status="ACTIVE", taskDefinition=OLD),
            a_deployment(id="ecs-svc/0", status="ACTIVE", taskDefinition=OLD),
        ],
    )
    assert [d.status for d in service.deployments] == ["PRIMARY", "DRAINING", "ACTIVE", "ACTIVE"]
    assert service.deployments[1].failed == 4


async def test_a_deployment_that_failed_without_rollback_stays_primary(ecs, stub):
    reason = "ECS deployment circuit breaker: tasks failed to start."
    failed = a_deployment(rolloutState="FAILED", rolloutStateReason=reason)
    service = await look(ecs, stub, deployments=[failed])
    assert service.primary.rollout_state == "FAILED"
    assert service.primary.rollout_reason == reason


async def test_a_service_that_codedeploy_deploys_has_no_deployments(ecs, stub):
    service = await look(ecs, stub, deploymentController={"type": "CODE_DEPLOY"}, deployments=[])
    assert service.deployment_controller == "CODE_DEPLOY"
    assert service.primary is None


async def test_a_service_older_than_service_deployments_names_none(ecs, stub):
    service = await look(ecs, stub)
    assert service.current_service_deployment is None


async def test_a_deployment_that_is_not_rolling_has_no_rollout_state(ecs, stub):
    canary = a_deployment()
    del canary["rolloutState"], canary["rolloutStateReason"]
    service = await look(
        ecs, stub, deployments=[canary], deploymentConfiguration={"strategy": "CANARY"}
    )
    assert (service.strategy, service.primary.rollout_state) == ("CANARY", None)
    assert service.primary.rollout_reason == ""


async def test_a_service_nobody_knows_is_not_found(ecs, stub):
    stub.add_response(
        "describe_services",
        {"services": [], "failures": [{"arn": "arn:aws:ecs:x", "reason": "MISSING"}]},
    )
    with pytest.raises(NotFound, match=f"there is no service {CLUSTER}/chekcout"):
        await ecs.describe_service(CLUSTER, "chekcout")


async def test_a_deleted_service_is_not_found(ecs, stub):
    with pytest.raises(NotFound):
        await look(ecs, stub, status="INACTIVE")


async def test_a_cluster_nobody_knows_is_not_found(ecs, stub):
    stub.add_client_error(
        "describe_services", "ClusterNotFoundException", "Cluster not found.", 400
    )
    with pytest.raises(NotFound, match="Cluster not found"):
        await ecs.describe_service("nowhere", SERVICE)


async def test_services_are_described_ten_at_a_time_and_each_once(ecs, stub):
    names = [f"s{n}" for n in range(12)]
    for batch in (names[:10], names[10:]):
        stub.add_response(
            "describe_services",
            {"services": [a_service(serviceName=n, serviceArn=f"arn:{n}") for n in batch]},
            {"cluster": CLUSTER, "services": batch},
        )
    found = await ecs.describe_services(CLUSTER, [*names, "s0"])
    assert list(found) == names


async def test_a_service_asked_for_by_its_arn_is_found_by_it(ecs, stub):
    stub.add_response("describe_services", {"services": [a_service()]})
    found = await ecs.describe_services(CLUSTER, [SERVICE_ARN])
    assert found[SERVICE_ARN].name == SERVICE


async def test_an_update_sends_the_revision_and_nothing_else(ecs, stub):
    stub.add_response(
        "update_service",
        {"service": a_service(deployments=[a_deployment(id="ecs-svc/9")])},
        {"cluster": CLUSTER, "service": SERVICE, "taskDefinition": NEW},
    )
    service = await ecs.update_service(CLUSTER, SERVICE, NEW)
    assert service.primary.id == "ecs-svc/9"


@pytest.mark.parametrize("vague", ["credlink-api", "credlink-api:42", ""])
async def test_an_update_takes_no_revision_but_an_arn(ecs, stub, vague):
    with pytest.raises(ValueError, match="not an ARN"):
        await ecs.update_service(CLUSTER, SERVICE, vague)


@pytest.mark.parametrize(
    ("code", "status", "means"),
    [
        ("ServiceNotFoundException", 400, NotFound),
        ("ClusterNotFoundException", 400, NotFound),
        ("ServiceNotActiveException", 400, Rejected),
        ("InvalidParameterException", 400, Rejected),
        ("ClientException", 400, Rejected),
        ("PlatformUnknownException", 400, Rejected),
        ("PlatformTaskDefinitionIncompatibilityException", 400, Rejected),
        ("NamespaceNotFoundException", 400, Rejected),
        ("UnsupportedFeatureException", 400, Rejected),
        ("AccessDeniedException", 400, Forbidden),
        ("ThrottlingException", 400, RateLimited),
        ("ServerException", 500, Unavailable),
        ("ServiceUnavailableException", 503, Unavailable),
        ("SomethingNew", 400, Rejected),
        ("SomethingNew", 500, Unavailable),
    ],
)
async def test_every_error_of_an_update_has_its_place_in_the_family(ecs, stub, code, status, means):
    stub.add_client_error("update_service", code, "in ECS's words", status)
    with pytest.raises(means) as caught:
        await ecs.update_service(CLUSTER, SERVICE, NEW)
    assert type(caught.value) is means
    assert caught.value.operation == "update_service"


async def test_a_missing_permission_is_named_as_ecs_names_it(ecs, stub):
    stub.add_client_error(
        "update_service",
        "AccessDeniedException",
        "User: arn:aws:sts::222222222222:assumed-role/credlink-bot/credlink-bot is not authorized "
        "to perform: iam:PassRole on resource: arn:aws:iam::222222222222:role/task because no "
        "identity-based policy allows the iam:PassRole action",
        400,
    )
    with pytest.raises(Forbidden, match=r"update_service: lacks iam:PassRole"):
        await ecs.update_service(CLUSTER, SERVICE, NEW)


async def test_a_missing_permission_ecs_does_not_name_is_that_of_the_action(ecs, stub):
    stub.add_client_error("update_service", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match=r"lacks ecs:UpdateService"):
        await ecs.update_service(CLUSTER, SERVICE, NEW)


async def test_a_service_is_told_how_many_tasks_and_nothing_else(ecs, stub):
    stub.add_response(
        "update_service",
        {"service": a_service(desiredCount=6)},
        {"cluster": CLUSTER, "service": SERVICE, "desiredCount": 6},
    )
    assert (await ecs.set_desired_count(CLUSTER, SERVICE, 6)).desired == 6


async def test_a_count_below_zero_asks_nobody(ecs):
    with pytest.raises(ValueError, match="no service runs -1 tasks"):
        await ecs.set_desired_count(CLUSTER, SERVICE, -1)


async def test_the_permission_to_set_a_count_is_named_when_missing(ecs, stub):
    stub.add_client_error("update_service", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks ecs:UpdateService"):
        await ecs.set_desired_count(CLUSTER, SERVICE, 6)
