"""No false success: every way the simulator can end a rollout, and every odd answer ECS gives."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.changes.look import Memory, look_at, ours_of
from bot.domain.change import ChangeState
from bot.domain.rollout import Progress, Verdict, judge
from bot.domain.shift import Strategy
from integrations.aws import models
from sandbox.aws.images import Behaviour
from tests.changes.answers import LATER, PLACE, Aws, a_deployment, a_service, a_target, a_world
from tests.changes.builders import NOW, a_plan, a_rollout, an_arn
from tests.changes.operator import Operator

S, V = ChangeState, Verdict
FAST: dict[str, Any] = {
    "rollout_timeout": "300s",
    "hold_at_most": "10h",
    "canary": {"percent": 50, "bake": "1s"},
    "linear": {"step": 50, "bake": "1s"},
}
IMPATIENT = {**FAST, "rollout_timeout": "80s"}
NO_BREAKER = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
NO_WAY_BACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
BREAKS = tuple(one for one in Behaviour if one is not Behaviour.HEALTHY)


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Patient with what ends by itself, so that a slow machine does not call it too slow."""
    said = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    ends_by_itself = said.get("behaviour", Behaviour.HEALTHY) is not Behaviour.STUCK
    return FAST if ends_by_itself and "configuration" not in said else IMPATIENT


async def ends(prod: Operator, behaviour: Behaviour, strategy: Strategy) -> tuple[S, V | None]:
    """Deploy a version that behaves so; checks that what is called a success is one."""
    tag = f"v2.0.0-{behaviour}"
    prod.aws.push_image(tag, behaviour=behaviour)
    ended = await prod.ends(await prod.deploys(tag, strategy=strategy))

    serving = set(prod.versions())
    assert (ended.state is S.SUCCEEDED) == (serving == {tag}), (ended.state, serving)
    assert serving <= {tag, "v1.1.9"}
    return ended.state, ended.verdict


@pytest.mark.parametrize("strategy", Strategy)
async def test_a_version_that_is_well_succeeds_however_it_is_brought(
    prod: Operator, strategy: Strategy
):
    assert await ends(prod, Behaviour.HEALTHY, strategy) == (S.SUCCEEDED, V.SUCCEEDED)


@pytest.mark.parametrize("behaviour", BREAKS)
async def test_whatever_breaks_in_a_rolling_update_is_no_success(
    prod: Operator, behaviour: Behaviour
):
    too_slow = behaviour is Behaviour.STUCK
    expected = (S.FAILED, V.TOO_SLOW) if too_slow else (S.ROLLED_BACK, V.ROLLED_BACK_BY_ECS)

    assert await ends(prod, behaviour, Strategy.ROLLING) == expected


@pytest.mark.parametrize("behaviour", BREAKS)
async def test_whatever_breaks_in_a_shift_is_undone_before_it_has_traffic(
    prod: Operator, behaviour: Behaviour
):
    verdict = V.TOO_SLOW if behaviour is Behaviour.STUCK else V.FAILED

    assert await ends(prod, behaviour, Strategy.CANARY) == (S.ROLLED_BACK, verdict)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [(NO_BREAKER, (S.FAILED, V.TOO_SLOW)), (NO_WAY_BACK, (S.FAILED, V.FAILED))],
    ids=["without a breaker", "a breaker without a way back"],
)
async def test_without_ecs_own_way_back_a_broken_version_is_no_success_either(
    prod: Operator, configuration: dict[str, Any], expected: tuple[S, V]
):
    await prod.somebody_else_updates(deploymentConfiguration=configuration)

    assert await ends(prod, Behaviour.CRASH, Strategy.ROLLING) == expected


# The odd answers of ECS: what one look at each means.

GROUP = ("arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/prod/1",)
OLD = a_deployment("old", "ACTIVE", 41, running=4)
BACK = a_deployment("back", "PRIMARY", 41, created_at=NOW + timedelta(seconds=20))
THEIRS = a_deployment("theirs", "PRIMARY", 43, created_at=NOW + timedelta(seconds=20))


def record(status: str, **said: Any) -> dict[str, Any]:
    """What ECS keeps of our service deployment."""
    one = models.ServiceDeployment(
        arn="arn:sd/ours",
        service_arn="arn:service",
        status=status,
        target_revision_arn="arn:revision/ours",
        created_at=NOW,
        **said,
    )
    revision = models.ServiceRevision(
        arn="arn:revision/ours", service_arn="arn:service", task_definition=an_arn(42)
    )
    return {
        "describe_service_deployments": lambda _: {"arn:sd/ours": one},
        "describe_service_revisions": {"arn:revision/ours": revision},
        "list_service_deployments": (one,),
    }


ODD: dict[str, tuple[Aws, Verdict | None]] = {
    "COMPLETED on our id is a success": (
        Aws(a_service(a_deployment(running=4, rollout_state="COMPLETED"))),
        V.SUCCEEDED,
    ),
    "a steady service on the old revision is none": (
        Aws(a_service(replace(BACK, rollout_state="COMPLETED", running=4)), **record("STOPPED")),
        V.SUPERSEDED,
    ),
    "FAILED and DRAINING with another PRIMARY was rolled back": (
        Aws(a_service(BACK, a_deployment(status="DRAINING", rollout_state="FAILED"))),
        V.ROLLED_BACK_BY_ECS,
    ),
    "FAILED and ACTIVE with another PRIMARY was rolled back": (
        Aws(a_service(BACK, a_deployment(status="ACTIVE", rollout_state="FAILED"))),
        V.ROLLED_BACK_BY_ECS,
    ),
    "FAILED while PRIMARY failed, and nothing goes back": (
        Aws(a_service(a_deployment(rollout_state="FAILED"), OLD), **record("STOPPED")),
        V.FAILED,
    ),
    "FAILED while ECS is about to go back is waited for": (
        Aws(a_service(a_deployment(rollout_state="FAILED"), OLD), **record("ROLLBACK_IN_PROGRESS")),
        None,
    ),
    "two ACTIVE ones beside a COMPLETED of ours change nothing": (
        Aws(
            a_service(
                a_deployment(running=4, rollout_state="COMPLETED"),
                a_deployment("one", "ACTIVE", 40, rollout_state="FAILED"),
                a_deployment("two", "ACTIVE", 41),
            )
        ),
        V.SUCCEEDED,
    ),
    "no deployments at all, as with CODE_DEPLOY, is no success": (
        Aws(a_service(deployment_controller="CODE_DEPLOY")),
        V.VANISHED,
    ),
    "somebody's newer deployment superseded ours": (
        Aws(a_service(THEIRS), **record("STOPPED")),
        V.SUPERSEDED,
    ),
    "a currentServiceDeployment that is absent leaves the list to decide": (
        Aws(a_service(a_deployment(running=4, rollout_state="COMPLETED"))),
        V.SUCCEEDED,
    ),
    "SUCCESSFUL of ours, gone from the list and deployed over, is superseded": (
        Aws(a_service(THEIRS), **record("SUCCESSFUL")),
        V.SUPERSEDED,
    ),
    "ROLLBACK_SUCCESSFUL was rolled back however steady the service is": (
        Aws(a_service(replace(BACK, rollout_state="COMPLETED")), **record("ROLLBACK_SUCCESSFUL")),
        V.ROLLED_BACK_BY_ECS,
    ),
    "ROLLBACK_FAILED was rolled back too, as far as ECS came": (
        Aws(a_service(replace(BACK, rollout_state=None)), **record("ROLLBACK_FAILED")),
        V.ROLLED_BACK_BY_ECS,
    ),
    "a shift under way is no success, however many tasks run": (
        Aws(a_service(a_deployment(running=4, rollout_state=None)), **record("IN_PROGRESS")),
        None,
    ),
    "a shift is a success when ECS calls its service deployment so": (
        Aws(a_service(a_deployment(running=4, rollout_state=None)), **record("SUCCESSFUL")),
        V.SUCCEEDED,
    ),
    "a stop that was only asked for is still under way": (
        Aws(a_service(a_deployment(running=4, rollout_state=None)), **record("STOP_REQUESTED")),
        None,
    ),
    "a status nobody knows yet is still under way": (
        Aws(a_service(a_deployment(running=4, rollout_state=None)), **record("BRAND_NEW")),
        None,
    ),
    "COMPLETED with no task wanted proves nothing": (
        Aws(a_service(a_deployment(rollout_state="COMPLETED"), desired=0)),
        V.NOTHING_RUNNING,
    ),
    "COMPLETED with no task running is not over": (
        Aws(a_service(a_deployment(rollout_state="COMPLETED"))),
        None,
    ),
    "COMPLETED with fewer running than are wanted is not over": (
        Aws(a_service(a_deployment(running=3, rollout_state="COMPLETED"))),
        None,
    ),
}


@pytest.mark.parametrize("sentence", ODD)
async def test_an_odd_answer_means_what_it_says(sentence: str):
    aws, verdict = ODD[sentence]
    world, rollout = a_world(aws), a_rollout(deadline=LATER + timedelta(minutes=5))

    sight = await look_at(world, PLACE, a_plan(), rollout, Memory())
    result = judge(sight.look, ours_of(world, rollout))

    assert (None if isinstance(result, Progress) else result.verdict) is verdict


@pytest.mark.parametrize("state", ["initial", "unhealthy", "unused", "unavailable", "draining"])
async def test_a_target_that_is_not_healthy_is_no_success(state: str):
    aws = Aws(
        a_service(a_deployment(running=1, rollout_state="COMPLETED")),
        describe_target_health=(a_target("10.0.0.1", state),),
    )
    world, rollout = a_world(aws), a_rollout(deadline=LATER + timedelta(minutes=5))

    sight = await look_at(world, PLACE, a_plan(target_groups=GROUP), rollout, Memory())

    assert isinstance(judge(sight.look, ours_of(world, rollout)), Progress)
