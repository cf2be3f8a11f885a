from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import Forbidden, NotFound, Rejected, Unavailable
from tests.integrations.aws.answers import NOON, a_service_deployment

ARN = a_service_deployment()["serviceDeploymentArn"]
EXPIRES = NOON + timedelta(minutes=30)


def a_hook(number=1, **fields):
    return {
        "hookId": f"h{number}",
        "targetType": "PAUSE",
        "status": "AWAITING_ACTION",
        "expiresAt": EXPIRES,
        "timeoutAction": "ROLLBACK",
        **fields,
    }


async def described(ecs, stub, **fields):
    stub.add_response(
        "describe_service_deployments", {"serviceDeployments": [a_service_deployment(**fields)]}
    )
    return (await ecs.describe_service_deployments([ARN]))[ARN]


async def test_a_deployment_says_which_hook_it_waits_at_and_until_when(ecs, stub):
    one = await described(
        ecs,
        stub,
        lifecycleStage="PRODUCTION_TRAFFIC_SHIFT",
        lifecycleHookDetails=[a_hook(1, status="SUCCEEDED"), a_hook(2)],
    )
    assert [(h.id, h.status, h.stage) for h in one.hooks] == [
        ("h1", "SUCCEEDED", None),
        ("h2", "AWAITING_ACTION", "PRODUCTION_TRAFFIC_SHIFT"),
    ]
    assert one.awaited == one.hooks[1]
    assert one.awaited.expires_at == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    assert (one.awaited.timeout_action, one.awaited.target_type) == ("ROLLBACK", "PAUSE")


async def test_a_function_that_is_at_work_waits_for_nobody(ecs, stub):
    of_a_function = a_hook(targetType="AWS_LAMBDA", status="IN_PROGRESS", targetArn="arn:f")
    one = await described(ecs, stub, lifecycleHookDetails=[of_a_function])
    assert one.hooks[0].status == "IN_PROGRESS"
    assert one.awaited is None


@pytest.mark.parametrize(
    ("configuration", "shift"),
    [
        ({"strategy": "ROLLING"}, (None, None)),
        ({"strategy": "BLUE_GREEN"}, (None, None)),
        ({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 5.0}}, (5.0, None)),
        (
            {
                "strategy": "LINEAR",
                "canaryConfiguration": {"canaryPercent": 5.0},
                "linearConfiguration": {"stepPercent": 25.0, "stepBakeTimeInMinutes": 6},
            },
            (25.0, 6),
        ),
    ],
)
async def test_a_deployment_says_how_it_shifts_traffic(ecs, stub, configuration, shift):
    configuration = {**configuration, "bakeTimeInMinutes": 15}
    one = await described(ecs, stub, deploymentConfiguration=configuration)
    assert one.strategy == configuration["strategy"]
    assert one.bake_minutes == 15
    assert (one.shift_percent, one.shift_bake_minutes) == shift


async def test_a_deployment_from_a_list_does_not_pretend_to_a_strategy(ecs, stub):
    stub.add_response("list_service_deployments", {"serviceDeployments": [a_service_deployment()]})
    (one,) = await ecs.list_service_deployments("c", "s")
    assert (one.strategy, one.hooks) == (None, ())


@pytest.mark.parametrize("action", ["CONTINUE", "ROLLBACK"])
async def test_a_pause_is_answered(ecs, stub, action):
    stub.add_response(
        "continue_service_deployment",
        {"serviceDeploymentArn": ARN},
        {"serviceDeploymentArn": ARN, "hookId": "h2", "action": action},
    )
    await ecs.continue_service_deployment(ARN, "h2", action=action)


@pytest.mark.parametrize(
    ("code", "status", "means"),
    [
        ("InvalidParameterException", 400, Rejected),
        ("ClientException", 400, Rejected),
        ("ConflictException", 400, Rejected),
        ("UnsupportedFeatureException", 400, Rejected),
        ("ServiceDeploymentNotFoundException", 400, NotFound),
        ("AccessDeniedException", 400, Forbidden),
        ("ServerException", 500, Unavailable),
    ],
)
async def test_an_answer_that_came_too_late_is_told_apart(ecs, stub, code, status, means):
    stub.add_client_error("continue_service_deployment", code, "not awaiting an action", status)
    with pytest.raises(means) as caught:
        await ecs.continue_service_deployment(ARN, "h2", action="CONTINUE")
    assert type(caught.value) is means


async def test_a_botocore_without_pauses_says_which_one_has_them(ecs, session, monkeypatch):
    class Old:
        def __getattr__(self, name):
            raise AttributeError(f"'ECS' object has no attribute '{name}'")

    monkeypatch.setattr(session, "client", lambda *_, **__: Old())
    with pytest.raises(Rejected, match=r"does not know it, 1\.43\.40 does"):
        await ecs.continue_service_deployment(ARN, "h2", action="CONTINUE")


async def test_a_mistake_of_our_own_is_not_taken_for_an_old_botocore(ecs, session, monkeypatch):
    class Broken:
        def continue_service_deployment(self, **_):
            raise AttributeError("'NoneType' object has no attribute 'get'")

    monkeypatch.setattr(session, "client", lambda *_, **__: Broken())
    with pytest.raises(AttributeError, match="NoneType"):
        await ecs.continue_service_deployment(ARN, "h2", action="CONTINUE")
