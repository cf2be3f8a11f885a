import pytest
from botocore.stub import Stubber

from integrations.aws.strategies import (
    HOOK_STAGES,
    DeploymentConfiguration,
    LifecycleHook,
    PauseHook,
    written,
)
from tests.integrations.aws.answers import CLUSTER, NEW, SERVICE, a_service

BEFORE_EVERY_STEP = PauseHook(stages=("PRE_PRODUCTION_TRAFFIC_SHIFT",), timeout_minutes=30)
LAMBDA = {
    "targetType": "AWS_LAMBDA",
    "hookTargetArn": "arn:aws:lambda:us-east-1:222222222222:function:smoke",
    "roleArn": "arn:aws:iam::222222222222:role/hooks",
    "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
    "hookDetails": {"path": "/health"},
    "timeoutConfiguration": {"timeoutInMinutes": 5, "action": "CONTINUE"},
}


async def sent(ecs, stub, configuration, **arguments):
    """Update the service and return what was sent as its configuration, as AWS's model has it."""
    expected = written(configuration)
    stub.add_response(
        "update_service",
        {"service": a_service(deploymentConfiguration=expected)},
        {
            "cluster": CLUSTER,
            "service": SERVICE,
            "taskDefinition": NEW,
            "deploymentConfiguration": expected,
            **arguments,
        },
    )
    return expected, await ecs.update_service(
        CLUSTER,
        SERVICE,
        NEW,
        configuration=configuration,
        force_new_deployment=bool(arguments),
    )


async def test_a_canary_that_is_judged_before_every_step_is_one_update(ecs, stub):
    canary = DeploymentConfiguration(
        strategy="CANARY",
        bake_minutes=10,
        canary_percent=12.5,
        canary_bake_minutes=0,
        hooks=(BEFORE_EVERY_STEP,),
    )
    configuration, service = await sent(ecs, stub, canary)
    assert configuration == {
        "strategy": "CANARY",
        "bakeTimeInMinutes": 10,
        "canaryConfiguration": {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 0},
        "lifecycleHooks": [
            {
                "targetType": "PAUSE",
                "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
                "timeoutConfiguration": {"timeoutInMinutes": 30, "action": "ROLLBACK"},
            }
        ],
    }
    assert service.strategy == "CANARY"


async def test_what_is_left_to_ecs_is_not_sent(ecs, stub):
    linear = DeploymentConfiguration(strategy="LINEAR", step_percent=25)
    configuration, _ = await sent(ecs, stub, linear)
    assert configuration == {
        "strategy": "LINEAR",
        "linearConfiguration": {"stepPercent": 25},
        "lifecycleHooks": [],
    }


async def test_going_back_to_rolling_takes_away_the_hooks_of_the_strategy_before(ecs, stub):
    configuration, _ = await sent(ecs, stub, DeploymentConfiguration(strategy="ROLLING"))
    assert configuration == {"strategy": "ROLLING", "lifecycleHooks": []}


async def test_a_hook_of_somebody_else_is_sent_back_as_it_was_found(ecs, stub):
    stub.add_response(
        "describe_services",
        {"services": [a_service(deploymentConfiguration={"lifecycleHooks": [LAMBDA]})]},
    )
    found = await ecs.describe_service(CLUSTER, SERVICE)
    kept = DeploymentConfiguration(
        strategy="BLUE_GREEN", bake_minutes=5, hooks=(*found.lifecycle_hooks, BEFORE_EVERY_STEP)
    )
    configuration, _ = await sent(ecs, stub, kept)
    assert configuration["lifecycleHooks"][0] == LAMBDA
    assert [h["targetType"] for h in configuration["lifecycleHooks"]] == ["AWS_LAMBDA", "PAUSE"]


async def test_a_deployment_is_forced_only_when_asked_for_and_sent_by_a_client_of_one_attempt(
    ecs, session
):
    rolling = DeploymentConfiguration(strategy="ROLLING")
    with Stubber(session.client("ecs", once=True)) as stub:
        await sent(ecs, stub, rolling, forceNewDeployment=True)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"strategy": "BLUE_GREEN"}, "needs bake_minutes"),
        ({"strategy": "BLUE_GREEN", "bake_minutes": 1441}, "bake_minutes is 1441"),
        ({"strategy": "BLUE_GREEN", "bake_minutes": -1}, "takes 0 to 1440"),
        ({"strategy": "ROLLING", "bake_minutes": 5}, "cannot be set for ROLLING"),
        ({"strategy": "ROLLING", "canary_percent": 5}, "ROLLING has no canary"),
        ({"strategy": "LINEAR", "canary_bake_minutes": 0}, "LINEAR has no canary"),
        ({"strategy": "CANARY", "step_percent": 10}, "CANARY has no steps"),
        ({"strategy": "CANARY", "canary_percent": 0.05}, r"takes 0\.1 to 100"),
        ({"strategy": "CANARY", "canary_percent": 100.1}, r"takes 0\.1 to 100"),
        ({"strategy": "CANARY", "canary_percent": 5.25}, r"multiples of 0\.1"),
        ({"strategy": "CANARY", "canary_bake_minutes": 1441}, "canary_bake_minutes is 1441"),
        ({"strategy": "LINEAR", "step_percent": 2.9}, "takes 3 to 100"),
        ({"strategy": "LINEAR", "step_percent": 33.33}, r"multiples of 0\.1"),
        ({"strategy": "LINEAR", "step_bake_minutes": 1441}, "step_bake_minutes is 1441"),
    ],
)
def test_what_aws_would_refuse_is_refused_before_it_is_asked(fields, words):
    with pytest.raises(ValueError, match=words):
        DeploymentConfiguration(**fields)


@pytest.mark.parametrize("percent", [0.1, 0.3, 33.3, 100])
def test_every_tenth_of_a_percent_is_a_canary(percent):
    assert DeploymentConfiguration(strategy="CANARY", canary_percent=percent)


@pytest.mark.parametrize(
    ("stages", "minutes", "words"),
    [
        ((), 30, "without a stage"),
        (("BAKE_TIME",), 30, "no hook can stand at BAKE_TIME"),
        (("PRE_SCALE_UP",), 0, "timeout_minutes is 0"),
        (("PRE_SCALE_UP",), 20161, "takes 1 to 20160"),
    ],
)
def test_a_hook_that_could_not_stand_there_or_wait_so_long_is_refused(stages, minutes, words):
    with pytest.raises(ValueError, match=words):
        PauseHook(stages=stages, timeout_minutes=minutes)


def test_the_stages_of_hooks_are_those_of_aws(session):
    model = session.client("ecs").meta.service_model
    assert set(model.shape_for("DeploymentLifecycleHookStage").enum) == HOOK_STAGES


def test_a_hook_whose_time_out_is_ecss_own_says_nothing_about_it():
    hook = LifecycleHook(target_type="PAUSE", stages=("PRE_SCALE_UP",))
    rolling = DeploymentConfiguration(strategy="ROLLING", hooks=(hook,))
    assert written(rolling)["lifecycleHooks"] == [
        {"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}
    ]
