"""After the rollout: the evidence is measured, and undoes, keeps, or asks."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.changes import bake
from bot.changes.outcome import lock_id
from bot.domain.change import Change, ChangeState, HoldKind
from bot.domain.judgement import Judged
from bot.domain.rollout import Verdict
from bot.domain.shift import Strategy
from bot.storage import audit, locks, revisions
from bot.storage.audit import Wanted
from bot.storage.schema.cards import pictures
from bot.world import World
from sandbox.aws import tasks as simulated_tasks
from sandbox.aws.images import Behaviour
from sandbox.aws.seeds import PROD
from tests.changes.measured import SLO, Measured, well
from tests.changes.operator import Operator, utc_now

S = ChangeState
BAKES: dict[str, Any] = {"bake": "80s", "judge_every": "15s"}
"""Four seconds of these tests' time, and four windows of a second."""
BY_ITSELF = {**BAKES, "on_bad": "roll-back"}


@pytest.fixture
def slo() -> Any:
    return SLO


@pytest.fixture
def measured() -> Measured:
    """What Prometheus says: all is well, until a test says otherwise."""
    return well()


@pytest.fixture
async def world(world: World, measured: Measured) -> World:
    return replace(world, prometheus=measured)


def since_deploy(before: float, after: float):
    """Worth `before` until now and `after` from now on: the test calls it when it deploys."""
    now = utc_now()
    return lambda at: before if at <= now else after


async def pictures_of(prod: Operator) -> int:
    async with prod.world.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(pictures))).scalar_one()


async def is_good(prod: Operator, change: Change) -> bool:
    async with prod.world.database.read() as connection:
        good = await revisions.good(connection, "prod", "credlink-api")
    return change.rollout is not None and change.rollout.task_definition in {
        one.task_definition for one in good
    }


@pytest.mark.parametrize("policy", [BAKES])
async def test_a_good_version_bakes_and_only_then_counts_as_good(prod: Operator):
    deployed = await prod.deploys("v1.2.0")
    baking = await prod.until(deployed, S.BAKING)
    assert not await is_good(prod, baking)
    assert "🔵 Baking: credlink-api v1.2.0 → prod" in await prod.card(baking)

    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)
    assert ended.finished_at >= ended.bake_until
    assert ended.judgement.judged is Judged.GOOD
    assert await is_good(prod, ended)
    card = await prod.card(ended)
    assert "errors 0.1 % (before 0.1 %) ✓" in card
    assert "bake" in card
    assert await pictures_of(prod) == 1


@pytest.mark.parametrize("policy", [BY_ITSELF])
async def test_a_bad_version_is_rolled_back_by_itself_says_why_and_locks_the_door(
    prod: Operator, measured: Measured
):
    measured.stories["errors"] = since_deploy(0.001, 0.05)
    ended = await prod.ends(await prod.deploys("v1.2.0"))

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.REGRESSED)
    assert ended.judgement.judged is Judged.BAD
    assert prod.versions() == ["v1.1.9"] * 4
    assert not await is_good(prod, ended)
    card = await prod.card(ended)
    assert "🔴 Rolled back: credlink-api v1.2.0 → prod, back on v1.1.9" in card
    assert "errors" in ended.why
    assert "5 %" in ended.why
    assert "v1.2.0 was rolled back" in card
    assert "Clear lock" in card
    async with prod.world.database.read() as connection:
        lock = await locks.get(connection, lock_id(ended.id))
    assert lock.reason == "v1.2.0 was rolled back"
    assert await pictures_of(prod) == 1
    assert "regressed" in await prod.thread(ended)


@pytest.mark.parametrize("policy", [BAKES])
async def test_where_the_policy_is_to_ask_a_bad_version_is_held_and_asked_about(
    prod: Operator, measured: Measured
):
    measured.stories["errors"] = since_deploy(0.001, 0.05)
    held = await prod.until(await prod.deploys("v1.2.0"), S.HELD)

    assert held.hold.kind is HoldKind.BAD
    assert prod.versions() == ["v1.2.0"] * 4
    card = await prod.card(held)
    assert "🔴 Held: credlink-api v1.2.0 → prod" in card
    assert all(button in card for button in ("Keep", "Roll back"))
    assert "<@U0ALICE01>" in (await prod.thread(held))[f"held:{held.state_revision}"]

    await prod.presses("change.abort", held)
    ended = await prod.ends(held)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ABORTED)
    assert prod.versions() == ["v1.1.9"] * 4
    assert "🔴 Rolled back: credlink-api v1.2.0 → prod, back on v1.1.9" in await prod.card(ended)


@pytest.mark.parametrize("policy", [BY_ITSELF])
@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"errors": float("nan")}, "no data"),
        ({"traffic": 0.1}, "needed"),
    ],
)
async def test_what_cannot_be_judged_is_held_and_never_passed_or_undone(
    prod: Operator, measured: Measured, told: dict[str, float], why: str
):
    deployed = await prod.deploys("v1.2.0")
    await prod.until(deployed, S.BAKING)
    measured.stories.update(told)
    held = await prod.until(deployed, S.HELD)

    assert held.hold.kind is HoldKind.INCONCLUSIVE
    assert why in held.hold.why
    assert prod.versions() == ["v1.2.0"] * 4
    assert not await is_good(prod, held)
    assert "⚪ Held: credlink-api v1.2.0 → prod" in await prod.card(held)

    await prod.presses("change.keep", held)
    kept = await prod.ends(held)

    assert (kept.state, kept.kept_by) == (S.SUCCEEDED, "U0ALICE01")
    assert await is_good(prod, kept)
    assert "kept by <@U0ALICE01>" in await prod.card(kept)


@pytest.mark.parametrize("policy", [BAKES])
async def test_a_prometheus_that_does_not_answer_is_named_and_holds(
    prod: Operator, measured: Measured
):
    measured.is_away = True

    held = await prod.until(await prod.deploys("v1.2.0"), S.HELD)

    assert held.hold.kind is HoldKind.INCONCLUSIVE
    assert "Prometheus did not give it" in await prod.card(held)


@pytest.mark.parametrize("policy", [BAKES])
async def test_a_held_version_can_be_measured_for_longer(prod: Operator, measured: Measured):
    measured.is_away = True
    held = await prod.until(await prod.deploys("v1.2.0"), S.HELD)

    measured.is_away = False
    await prod.presses("change.wait", held)
    ended = await prod.ends(held)

    assert ended.state is S.SUCCEEDED
    assert ended.kept_by is None
    assert await is_good(prod, ended)


@pytest.mark.parametrize("policy", [BAKES])
async def test_what_a_person_holds_waits_for_a_person(prod: Operator):
    baking = await prod.until(await prod.deploys("v1.2.0"), S.BAKING)
    await prod.presses("change.hold", baking)
    held = await prod.until(baking, S.HELD)
    assert "Held by <@U0ALICE01>" in await prod.card(held)

    later = await prod.until_true(held, lambda now: utc_now() > held.bake_until)
    assert later.state is S.HELD

    await prod.presses("change.keep", later)
    assert (await prod.ends(later)).state is S.SUCCEEDED


@pytest.mark.parametrize(
    "policy", [{**BY_ITSELF, "slo": {**SLO, "errors": {**SLO["errors"], "decides": False}}}]
)
async def test_a_query_that_only_watches_undoes_nothing(prod: Operator, measured: Measured):
    measured.stories["errors"] = since_deploy(0.001, 0.05)

    ended = await prod.ends(await prod.deploys("v1.2.0"))

    assert ended.state is S.SUCCEEDED
    (errors,) = [one for one in ended.judgement.findings if one.name == "errors"]
    assert (errors.judged, errors.decides) == (Judged.BAD, False)
    assert "measured, not deciding" in await prod.card(ended)


@pytest.mark.parametrize("policy", [{"bake": "0s", "slo": {}, "hold_at_most": "10h"}])
async def test_what_a_person_holds_is_not_called_good_over_their_head(prod: Operator):
    shifted = await prod.ends(await prod.deploys("v1.2.0", strategy=Strategy.BLUE_GREEN))
    assert shifted.state is S.SUCCEEDED
    proposed = await prod.until(await prod.asks_to_roll_back(), S.PROPOSED)
    await prod.presses("change.confirm", proposed)
    going = await prod.until_true(proposed, lambda now: now.stage is not None)
    await prod.presses("change.hold", going)
    held = await prod.until_true(proposed, lambda now: now.steady_at is not None)

    assert (held.state, held.hold.by) == (S.HELD, "U0ALICE01")
    assert "Measure" not in await prod.card(held)  # there is no bake to have more of

    await prod.presses("change.keep", held)
    assert (await prod.ends(held)).state is S.SUCCEEDED


@pytest.mark.parametrize("policy", [{**BAKES, "slo": {}}])
async def test_without_queries_only_the_targets_are_watched_and_that_is_said(prod: Operator):
    ended = await prod.ends(await prod.deploys("v1.2.0"))

    assert ended.state is S.SUCCEEDED
    assert "no SLO" in ended.judgement.why
    assert "targets 4 of 4 ✓" in await prod.card(ended)


@pytest.mark.parametrize("policy", [{**BY_ITSELF, "bake": "160s"}])
async def test_a_version_whose_tasks_die_while_it_bakes_is_rolled_back(prod: Operator):
    deployed = await prod.deploys("v1.2.0")
    await prod.until(deployed, S.BAKING)

    async def one_target_fails() -> None:
        account = prod.world.catalog.services["credlink-api"].environments["prod"].account
        ecs = prod.aws.ecs(account, "us-east-1")
        with prod.aws.lock:
            for service in ecs.services.values():
                for task in service.tasks:
                    for target in task.targets:
                        target.state = "unhealthy"

    await one_target_fails()
    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.REGRESSED)
    assert "tasks are well" in ended.why


@pytest.mark.parametrize("policy", [BAKES])
async def test_somebody_who_deploys_over_a_bake_supersedes_it(prod: Operator):
    deployed = await prod.deploys("v1.2.0")
    await prod.until(deployed, S.BAKING)

    theirs = await prod.somebody_else_deploys("v1.2.1")
    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.SUPERSEDED, Verdict.SUPERSEDED)
    assert theirs in ended.why
    assert not await is_good(prod, ended)


LONG = {**BY_ITSELF, "bake": "400s"}


def tasks_die(prod: Operator, how_many: int, *, then: Behaviour) -> None:
    """So many of the running tasks are out of memory; those that replace them behave like that."""
    prod.aws.images.behaviours["v1.2.0"] = then
    ecs = prod.aws.ecs(PROD.account, "us-east-1")
    with prod.aws.lock:
        for service in ecs.services.values():
            for task in [one for one in service.tasks if one.is_wanted][:how_many]:
                simulated_tasks.exits(ecs, task, 137, "OutOfMemoryError")


def one_target(prod: Operator, state: str) -> None:
    """The load balancer finds one task's target in this state, until it is told otherwise."""
    ecs = prod.aws.ecs(PROD.account, "us-east-1")
    with prod.aws.lock:
        (service,) = ecs.services.values()
        for target in service.tasks[0].targets:
            target.state = state


@pytest.mark.parametrize("policy", [{**LONG, "rollout_timeout": "600s"}])
@pytest.mark.parametrize(
    ("how_many", "then"), [(4, Behaviour.CRASH), (3, Behaviour.STUCK), (1, Behaviour.STUCK)]
)
async def test_tasks_that_die_in_the_bake_and_stay_away_are_never_called_good(
    prod: Operator, how_many: int, then: Behaviour
):
    deployed = await prod.deploys("v1.2.0")
    await prod.until(deployed, S.BAKING)
    tasks_die(prod, how_many, then=then)

    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.REGRESSED)
    assert "4 tasks are well" in ended.why
    assert prod.versions() == ["v1.1.9"] * 4


@pytest.mark.parametrize("policy", [{**LONG, "bake": "160s", "rollout_timeout": "600s"}])
async def test_a_task_that_dies_and_is_replaced_undoes_nothing(prod: Operator):
    deployed = await prod.deploys("v1.2.0")
    await prod.until(deployed, S.BAKING)
    tasks_die(prod, 1, then=Behaviour.HEALTHY)

    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)


@pytest.mark.parametrize("policy", [{**LONG, "bake": "200s", "rollout_timeout": "60s"}])
async def test_in_the_bake_the_rollouts_time_is_over_and_forgotten(prod: Operator):
    deployed = await prod.deploys("v1.2.0")
    baking = await prod.until(deployed, S.BAKING)
    await prod.clock_passes(baking.rollout.deadline)
    one_target(prod, "initial")
    await asyncio.sleep(0.6)
    one_target(prod, "healthy")

    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)


@pytest.mark.parametrize("policy", [BAKES])
async def test_a_hold_that_everybody_forgot_ends_without_counting_as_good(
    prod: Operator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bake, "HELD_LOOK", timedelta(seconds=10))
    monkeypatch.setattr(bake, "HELD_AT_MOST", timedelta(seconds=60))
    deployed = await prod.deploys("v1.2.0")
    await prod.presses("change.hold", await prod.until(deployed, S.BAKING))

    ended = await prod.ends(deployed)

    assert (ended.state, ended.verdict) == (S.UNPROVEN, Verdict.UNDECIDED)
    assert not await is_good(prod, ended)
    card = await prod.card(ended)
    assert "⚪ Undecided: credlink-api v1.2.0 → prod" in card
    assert "*v1.2.0* runs on, and does not count as good." in card


@pytest.mark.parametrize("policy", [BY_ITSELF])
async def test_what_the_bot_does_by_itself_is_in_the_audit(prod: Operator, measured: Measured):
    measured.stories["errors"] = since_deploy(0.001, 0.05)
    ended = await prod.ends(await prod.deploys("v1.2.0"))

    async with prod.world.database.read() as connection:
        links, _ = await audit.newest(connection, Wanted(), at_most=10)
    done = [(one.entry.act, one.entry.actor, one.entry.outcome) for one in reversed(links)]
    assert done == [
        ("deploy", "U0ALICE01", "accepted"),
        ("confirm", "U0ALICE01", "done"),
        ("lock", "bot", "done"),
        ("deploy", "U0ALICE01", "rolled_back"),
    ]
    assert ended.verdict is Verdict.REGRESSED
