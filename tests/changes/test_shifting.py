"""Canary, linear and blue/green: each step is judged before the next, by the bot or a person."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.changes.outcome import lock_id
from bot.changes.shifting import ALL_TRAFFIC
from bot.domain.change import Change, ChangeState, HoldKind
from bot.domain.rollout import Verdict
from bot.domain.shift import Strategy
from bot.storage import locks
from bot.world import World
from sandbox.aws import deployments, traffic
from sandbox.aws.calls import Fault
from sandbox.aws.seeds import PROD
from tests.changes.measured import SLO, Measured, well
from tests.changes.operator import Operator

S = ChangeState
POLICY: dict[str, Any] = {
    "bake": "60s",
    "canary": {"percent": 20, "bake": "60s"},
    "linear": {"step": 50, "bake": "60s"},
    "judge_every": "10s",
    "rollout_timeout": "120s",
    "on_bad": "roll-back",
    "hold_at_most": "10h",
}
"""ECS's minutes pass thirty times faster here than the bot's own."""
CANARY = {"strategy": Strategy.CANARY}


@pytest.fixture
def slo() -> Any:
    return SLO


@pytest.fixture
def policy() -> dict[str, Any]:
    return POLICY


@pytest.fixture
def measured() -> Measured:
    """Both versions are well, until a test says otherwise."""
    told = well()
    for name, value in (("errors", 0.001), ("traffic", 2000.0)):
        for version in ("v1.1.9", "v1.2.0"):
            told.stories[f'{name}{{version="{version}"}}[1s]'] = value
    return told


@pytest.fixture
async def world(world: World, measured: Measured) -> World:
    return replace(world, prometheus=measured)


def continued(prod: Operator) -> list[str]:
    """What ECS was told at its hooks, in order."""
    return [
        call.parameters["action"]
        for call in prod.aws.writes
        if call.operation == "ContinueServiceDeployment"
    ]


def at(change: Change, weight: float) -> bool:
    """Whether the new version has this share of the traffic, in percent."""
    return change.stage is not None and change.stage.weight == weight


def configurations(prod: Operator) -> list[dict[str, Any]]:
    return [
        call.parameters.get("deploymentConfiguration", {})
        for call in prod.aws.writes
        if call.operation == "UpdateService"
    ]


async def test_a_good_canary_takes_a_share_then_the_rest_and_bakes(prod: Operator):
    deployed = await prod.deploys("v1.2.0", **CANARY)
    at_the_step = await prod.until_true(deployed, lambda now: at(now, 20))
    assert "20 % to *v1.2.0*, 80 % to *v1.1.9*" in await prod.card(at_the_step)

    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)
    assert continued(prod) == ["CONTINUE", "CONTINUE"]  # before the share, and before the rest
    (configuration,) = configurations(prod)
    assert configuration["strategy"] == "CANARY"
    assert configuration["canaryConfiguration"] == {
        "canaryPercent": 20.0,
        "canaryBakeTimeInMinutes": 1,
    }
    (hook,) = configuration["lifecycleHooks"]
    assert hook == {
        "targetType": "PAUSE",
        "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
        "timeoutConfiguration": {"timeoutInMinutes": 600, "action": "ROLLBACK"},
    }
    assert prod.versions() == ["v1.2.0"] * 4
    assert ended.stage.weight == ALL_TRAFFIC


async def test_a_bad_canary_is_rolled_back_by_itself_before_the_rest_follows(
    prod: Operator, measured: Measured
):
    measured.stories['errors{version="v1.2.0"}[1s]'] = 0.06

    ended = await prod.ends(await prod.deploys("v1.2.0", **CANARY))

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.REGRESSED)
    assert prod.versions() == ["v1.1.9"] * 4
    assert continued(prod) == ["CONTINUE"]
    assert prod.updates == ["credlink-api:2"]  # ECS only had to be told to return
    assert "6 %" in ended.why


async def test_a_canary_is_held_at_its_step_and_promoted_by_hand(prod: Operator):
    deployed = await prod.deploys("v1.2.0", **CANARY)
    at_the_step = await prod.until_true(deployed, lambda now: at(now, 20))
    await prod.presses("change.hold", at_the_step)
    held = await prod.until_true(
        deployed, lambda now: now.state is S.HELD and now.stage.hook is not None
    )
    assert held.hold.kind is HoldKind.PERSON
    card = await prod.card(held)
    assert "🟡 Held: credlink-api v1.2.0 → prod" in card
    assert "Without a word ECS rolls it back at" in card
    assert "Promote" in card

    await prod.presses("change.promote", held)
    ended = await prod.ends(deployed)

    assert ended.state is S.SUCCEEDED
    assert continued(prod) == ["CONTINUE", "CONTINUE"]


async def test_promoting_before_ecs_waits_goes_on_whatever_is_measured(
    prod: Operator, measured: Measured
):
    measured.stories['errors{version="v1.2.0"}[1s]'] = 0.06
    deployed = await prod.deploys("v1.2.0", **CANARY)
    at_the_step = await prod.until_true(deployed, lambda now: at(now, 20))
    await prod.presses("change.promote", at_the_step)
    assert (await prod.now(deployed)).is_promoted

    whole = await prod.until_true(
        deployed,
        lambda now: now.state is not S.ROLLING_OUT or now.stage.weight == ALL_TRAFFIC,
    )

    assert whole.state in {S.ROLLING_OUT, S.BAKING}
    assert continued(prod) == ["CONTINUE", "CONTINUE"]


@pytest.mark.parametrize("policy", [{**POLICY, "bake": "0s"}])
async def test_without_a_bake_a_shift_is_good_as_soon_as_it_is_done(prod: Operator):
    ended = await prod.ends(await prod.deploys("v1.2.0", **CANARY))

    assert (ended.state, ended.hold) == (S.SUCCEEDED, None)
    assert prod.versions() == ["v1.2.0"] * 4


@pytest.mark.parametrize("policy", [{**POLICY, "hold_at_most": "60m"}])
async def test_a_hold_cannot_outlast_what_ecs_allows_and_fails_safe(prod: Operator):
    deployed = await prod.deploys("v1.2.0", **CANARY)
    at_the_step = await prod.until_true(deployed, lambda now: at(now, 20))
    await prod.presses("change.hold", at_the_step)

    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS)
    assert "hook" in ended.why
    assert prod.versions() == ["v1.1.9"] * 4


async def test_a_canary_that_cannot_be_judged_holds_and_asks(prod: Operator, measured: Measured):
    deployed = await prod.deploys("v1.2.0", **CANARY)
    measured.is_away = True
    held = await prod.until(deployed, S.HELD)

    assert held.hold.kind is HoldKind.INCONCLUSIVE
    assert prod.aws.running(PROD.account, PROD.cluster, "credlink-api")
    assert continued(prod) == ["CONTINUE"]

    await prod.presses("change.abort", held)
    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ABORTED)
    assert prod.versions() == ["v1.1.9"] * 4


async def test_linear_judges_every_step(prod: Operator):
    deployed = await prod.deploys("v1.2.0", strategy=Strategy.LINEAR)
    await prod.until_true(deployed, lambda now: now.stage is not None and now.stage.weight == 50)

    ended = await prod.ends(deployed)

    assert ended.state is S.SUCCEEDED
    assert continued(prod) == ["CONTINUE", "CONTINUE"]
    assert len([key for key in await prod.thread(ended) if key.startswith("step:")]) == 2


async def test_blue_green_moves_all_of_it_at_once_and_bakes(prod: Operator):
    ended = await prod.ends(await prod.deploys("v1.2.0", strategy=Strategy.BLUE_GREEN))

    assert ended.state is S.SUCCEEDED
    assert configurations(prod)[0]["bakeTimeInMinutes"] == 1
    assert continued(prod) == ["CONTINUE"]


async def test_after_a_shift_the_way_back_waits_for_nobody(prod: Operator):
    deployed = await prod.ends(await prod.deploys("v1.2.0", strategy=Strategy.BLUE_GREEN))

    await prod.presses("change.rollback", deployed)
    ended = await prod.ends(await prod.latest())

    assert ended.state is S.SUCCEEDED
    assert prod.versions() == ["v1.1.9"] * 4
    back = configurations(prod)[-1]
    assert (back["strategy"], back["lifecycleHooks"]) == ("BLUE_GREEN", [])
    assert back["bakeTimeInMinutes"] == 0


async def test_a_rolling_deploy_after_a_shift_says_so_to_ecs(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0", strategy=Strategy.BLUE_GREEN))

    ended = await prod.ends(await prod.deploys("v1.2.1", strategy=Strategy.ROLLING))

    assert ended.state is S.SUCCEEDED
    assert configurations(prod)[-1] == {"strategy": "ROLLING", "lifecycleHooks": []}
    assert prod.versions() == ["v1.2.1"] * 4


async def test_a_strategy_the_service_is_not_built_for_is_refused_with_what_is_missing(
    prod: Operator,
):
    described = prod.ecs.describe_services(cluster=PROD.cluster, services=["credlink-api"])
    (balancer,) = described["services"][0]["loadBalancers"]
    balancer.pop("advancedConfiguration")
    await prod.somebody_else_updates(loadBalancers=[balancer])
    await prod.until_ecs_says("SUCCESSFUL")

    ended = await prod.ends(await prod.asks_to_deploy("v1.2.0", **CANARY))

    assert ended.state is S.REFUSED
    assert (
        "it has no alternate target group, production listener rule and infrastructure role"
        in ended.why
    )
    assert "--strategy rolling" in ended.why


async def test_an_abort_in_the_middle_of_a_shift_returns_all_traffic(prod: Operator):
    deployed = await prod.deploys("v1.2.0", **CANARY)
    at_the_step = await prod.until_true(deployed, lambda now: at(now, 20))

    await prod.presses("change.abort", at_the_step)
    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ABORTED)
    assert prod.versions() == ["v1.1.9"] * 4
    assert [call.operation for call in prod.aws.writes][-1] == "StopServiceDeployment"
    async with prod.world.database.read() as connection:  # people were served by it
        assert (await locks.get(connection, lock_id(ended.id))).reason == "v1.2.0 was rolled back"


@pytest.mark.parametrize("strategy", [Strategy.CANARY, Strategy.BLUE_GREEN])
async def test_tasks_that_never_start_end_a_shift_before_any_traffic_moved(
    prod: Operator, strategy: Strategy
):
    """ECS's circuit breaker watches over rolling updates only: it would go on for a day."""
    ended = await prod.ends(await prod.deploys("v1.3.0-crash", strategy=strategy))

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.FAILED)
    assert "ECS would go on trying" in ended.why
    assert "exit code 1" in ended.failure.what
    assert prod.versions() == ["v1.1.9"] * 4


@pytest.mark.parametrize("policy", [{**POLICY, "rollout_timeout": "60s", "on_bad": "ask"}])
async def test_a_shift_whose_tasks_are_never_ready_is_too_slow_and_undone(prod: Operator):
    prod.aws.push_image("v1.5.0-stuck")
    ended = await prod.ends(await prod.deploys("v1.5.0-stuck", **CANARY))

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.TOO_SLOW)
    assert prod.versions() == ["v1.1.9"] * 4


async def test_a_button_drawn_for_one_step_does_not_take_the_next(
    prod: Operator, measured: Measured
):
    deployed = await prod.deploys("v1.2.0", strategy=Strategy.LINEAR)
    first = await prod.until_true(deployed, lambda now: at(now, 50))
    await prod.until_true(deployed, lambda now: at(now, ALL_TRAFFIC))

    answer = await prod.presses("change.promote", first)

    assert "has changed since that button was drawn" in answer.text
    assert not (await prod.now(deployed)).is_promoted


async def test_a_hold_that_became_steady_is_no_longer_promoted(prod: Operator):
    deployed = await prod.deploys("v1.2.0", strategy=Strategy.BLUE_GREEN)
    await prod.until_true(deployed, lambda _: continued(prod) == ["CONTINUE"])
    await prod.presses("change.hold", await prod.now(deployed))
    held = await prod.until(deployed, S.HELD)
    steady = await prod.until_true(deployed, lambda now: now.steady_at is not None)

    answer = await prod.presses("change.promote", held)
    refused = await prod.presses("change.promote", steady)

    for said in (answer, refused):
        assert "has changed since that button was drawn" in said.text
    await prod.presses("change.keep", steady)
    assert (await prod.ends(deployed)).state is S.SUCCEEDED


@pytest.mark.parametrize("policy", [{**POLICY, "rollout_timeout": "60s", "on_bad": "ask"}])
async def test_the_time_that_a_person_held_it_is_not_ecss(
    prod: Operator, monkeypatch: pytest.MonkeyPatch
):
    """ECS moves the traffic some time after it was told to: then no hook stands any more."""
    real = traffic.go_on

    def late(ecs: Any, service: Any, record: Any, hook: Any, action: str) -> None:
        real(ecs, service, record, hook, action)
        record.shift.until = ecs.now + 0.6

    monkeypatch.setattr(traffic, "go_on", late)
    deployed = await prod.deploys("v1.2.0", **CANARY)
    await prod.presses("change.hold", await prod.until(deployed, S.ROLLING_OUT))
    held = await prod.until_true(
        deployed, lambda now: now.stage is not None and now.stage.hook is not None
    )
    await prod.clock_passes(held.rollout.began_at + timedelta(seconds=3))  # the rollout's time
    await prod.presses("change.promote", held)

    went_on = await prod.until_true(deployed, lambda now: at(now, 20) or now.is_final)

    assert went_on.state is S.ROLLING_OUT


@pytest.mark.parametrize("policy", [{**POLICY, "hold_at_most": "60m"}])
async def test_a_step_that_ecs_refuses_to_take_is_said_and_not_called_taken(prod: Operator):
    refused = Fault("ContinueServiceDeployment", 10_000, "InvalidParameterException", "no")
    prod.aws.faults.add(refused)
    deployed = await prod.deploys("v1.2.0", **CANARY)

    silent = await prod.until_true(deployed, lambda now: now.silent_since is not None)
    before = len(prod.aws.calls)
    await asyncio.sleep(1)

    assert "no" in silent.silent_why
    assert not [key for key in await prod.thread(deployed) if key.startswith("step:")]
    assert len(prod.aws.calls) - before < 40  # it pauses between its attempts
    prod.aws.faults.clear()
    await prod.until_true(deployed, lambda now: at(now, 20))


async def test_a_way_back_that_ecs_takes_its_time_for_is_not_somebody_elses_deploy(
    prod: Operator, monkeypatch: pytest.MonkeyPatch
):
    """Until ECS has rolled a shift back it goes on to list ours as the primary deployment."""
    real = deployments.roll_back

    def late(ecs: Any, service: Any, reason: str, *, by: str) -> None:
        record = service.primary.record
        record.status = "ROLLBACK_IN_PROGRESS"
        record.rollback = {"reason": reason, "startedAt": ecs.now}
        ecs.schedule.after(60, lambda: real(ecs, service, reason, by=by))

    monkeypatch.setattr(deployments, "roll_back", late)
    deployed = await prod.deploys("v1.2.0", **CANARY)
    await prod.presses("change.abort", await prod.until_true(deployed, lambda now: at(now, 20)))
    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ABORTED)
    assert prod.versions() == ["v1.1.9"] * 4
