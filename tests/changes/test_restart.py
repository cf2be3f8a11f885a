"""New tasks of the same revision: asked for once, watched like a deploy, with no way back."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import select

from bot.changes import start
from bot.changes.outside import SweepOthers
from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.rollout import Verdict
from bot.errors import NotAllowed
from bot.storage import locks, revisions
from bot.storage.schema.audit import audit_entries
from sandbox.aws.calls import Fault, dropped, server_error
from sandbox.aws.images import Behaviour
from sandbox.aws.seeds import PROD
from tests.changes.operator import MALLORY, Operator

S = ChangeState


def tasks(prod: Operator) -> set[str]:
    """The ids of the tasks that serve."""
    running = prod.aws.running(PROD.account, PROD.cluster, "credlink-api")
    return {task.id for task in running if task.healthy}


def primary(prod: Operator) -> dict[str, Any]:
    described = prod.ecs.describe_services(cluster=PROD.cluster, services=["credlink-api"])
    return dict(described["services"][0]["deployments"][0])


def asked_of_ecs(prod: Operator) -> list[dict[str, Any]]:
    """What ECS was asked to change, short of who it was."""
    return [
        {name: value for name, value in call.parameters.items() if name != "cluster"}
        for call in prod.aws.writes
    ]


async def good(prod: Operator) -> list[tuple[str, str]]:
    """The revisions that count as good, and the change that proved each."""
    async with prod.world.database.read() as connection:
        found = await revisions.good(connection, "prod", "credlink-api")
    return [(one.task_definition.rsplit("/", 1)[-1], one.change_id) for one in found]


async def test_a_restart_brings_new_tasks_of_the_same_revision(prod: Operator):
    before, deployment = tasks(prod), primary(prod)
    proposed = await prod.until(await prod.asks_to_restart(reason="leaks"), S.PROPOSED)
    card = await prod.card(proposed)
    assert "🔵 Proposed restart: credlink-api v1.1.9 in prod" in card
    assert "4 new tasks of the same revision credlink-api:1" in card
    assert all(word in card for word in ("Confirm", "Cancel", "leaks"))
    assert prod.aws.writes == []

    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert (ended.state, ended.verdict) == (S.SUCCEEDED, Verdict.SUCCEEDED)
    assert not tasks(prod) & before
    assert prod.versions() == ["v1.1.9"] * 4
    assert prod.revisions() == ["credlink-api:1"]
    assert asked_of_ecs(prod) == [
        {
            "service": "credlink-api",
            "taskDefinition": deployment["taskDefinition"],
            "forceNewDeployment": True,
        }
    ]
    assert ended.rollout.deployment_id == primary(prod)["id"] != deployment["id"]
    card = await prod.card(ended)
    assert "🟢 Restarted: credlink-api v1.1.9 in prod, took" in card
    assert "4 of 4 tasks healthy" in card
    assert "button" not in card


@pytest.mark.parametrize("policy", [{"approvals": 2}])
async def test_nobody_has_to_approve_it_and_all_of_it_is_in_the_audit(prod: Operator):
    ended = await prod.ends(await prod.restarts())

    found = select(audit_entries.c.act, audit_entries.c.outcome).order_by(audit_entries.c.number)
    async with prod.world.database.read() as connection:
        rows = await connection.execute(found.where(audit_entries.c.subject == ended.id))
        assert [tuple(row) for row in rows] == [
            ("restart", "accepted"),
            ("confirm", "done"),
            ("restart", "succeeded"),
        ]


async def test_new_tasks_that_die_leave_the_old_ones_and_the_card_says_which_serve(prod: Operator):
    before = tasks(prod)
    prod.aws.images.behaviours["v1.1.9"] = Behaviour.CRASH

    ended = await prod.ends(await prod.restarts())

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS)
    assert tasks(prod) == before
    assert len(prod.updates) == 1
    card = await prod.card(ended)
    assert "🔴 Failed: restart of credlink-api v1.1.9 in prod" in card
    assert "*v1.1.9* serves on: ECS kept the tasks from before" in card
    assert ended.failure.what in card
    assert "Roll back" not in card
    assert "stopped" in await prod.thread(ended)
    async with prod.world.database.read() as connection:
        assert not await locks.standing(connection, "prod", "credlink-api", at=prod.world.now())


async def test_an_aborted_restart_is_stopped_where_it_runs(prod: Operator):
    before = tasks(prod)
    prod.aws.images.behaviours["v1.1.9"] = Behaviour.STUCK
    rolling = await prod.until(await prod.restarts(), S.ROLLING_OUT)
    card = await prod.card(rolling)
    assert "🔵 Restarting: credlink-api v1.1.9 in prod" in card
    assert "Abort" in card
    assert "roll back" not in card

    await prod.presses("change.abort", rolling)
    ended = await prod.ends(rolling)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ABORTED)
    assert [call.operation for call in prod.aws.writes] == [
        "UpdateService",
        "StopServiceDeployment",
    ]
    assert tasks(prod) == before
    card = await prod.card(ended)
    assert "⚫ Aborted: restart of credlink-api v1.1.9 in prod" in card
    assert "serves on" in card
    assert "Roll back" not in card


async def test_a_pipeline_that_deploys_over_it_supersedes_it(prod: Operator):
    prod.aws.images.behaviours["v1.1.9"] = Behaviour.STUCK
    rolling = await prod.until(await prod.restarts(), S.ROLLING_OUT)

    theirs = await prod.somebody_else_deploys("v1.2.0")
    ended = await prod.ends(rolling)

    assert (ended.state, ended.verdict) == (S.SUPERSEDED, Verdict.SUPERSEDED)
    assert theirs in ended.why


async def test_a_restart_of_somebody_else_over_it_is_not_taken_for_it(prod: Operator):
    prod.aws.images.behaviours["v1.1.9"] = Behaviour.STUCK
    rolling = await prod.until(await prod.restarts(), S.ROLLING_OUT)

    del prod.aws.images.behaviours["v1.1.9"]
    await prod.somebody_else_updates(forceNewDeployment=True)
    ended = await prod.ends(rolling)

    assert (ended.state, ended.verdict) == (S.SUPERSEDED, Verdict.SUPERSEDED)


# When something is lost on the way


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_answer_that_is_lost_restarts_nothing_twice(prod: Operator, when: str):
    stood = primary(prod)["id"]
    prod.aws.faults.add(dropped("UpdateService", when=when))

    ended = await prod.ends(await prod.restarts())

    assert ended.state is S.SUCCEEDED
    assert len(prod.service_deployments()) == 2  # the one that stood there, and ours
    assert ended.rollout.deployment_id == primary(prod)["id"] != stood
    assert await SweepOthers(prod.world, prod.promises)() == 0  # nothing of it is others'


async def test_killed_right_after_ecs_was_asked_it_watches_what_it_began(
    prod: Operator, monkeypatch: pytest.MonkeyPatch
):
    asked = asyncio.Event()

    async def power_cut(*_: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(start, "_rolling_out", power_cut)
        change = await prod.restarts()
        await asyncio.wait_for(asked.wait(), 5)
        await prod.engine.stop()
    began = primary(prod)["id"]

    await prod.engine.start()
    ended = await prod.ends(change)

    assert ended.state is S.SUCCEEDED
    assert len(prod.updates) == 1
    assert ended.rollout.deployment_id == began == primary(prod)["id"]


async def test_what_ecs_undid_while_its_answer_was_lost_is_no_success(prod: Operator):
    """By then the primary deployment has the same task definition again, and is complete."""
    prod.aws.images.behaviours["v1.1.9"] = Behaviour.CRASH
    proposed = await prod.until(await prod.asks_to_restart(), S.PROPOSED)
    prod.aws.faults.add(dropped("UpdateService", when="after"))
    prod.aws.faults.add(Fault("DescribeServices"))  # the look before the update is answered
    prod.aws.faults.add(server_error("DescribeServices", times=10_000))
    await prod.presses("change.confirm", proposed)
    await prod.until_ecs_says("ROLLBACK_SUCCESSFUL")
    prod.aws.faults.clear()

    ended = await prod.ends(proposed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS)
    assert len(prod.updates) == 1


async def test_aborted_while_its_answer_is_lost_it_is_stopped_all_the_same(prod: Operator):
    before = tasks(prod)
    prod.aws.images.behaviours["v1.1.9"] = Behaviour.STUCK
    proposed = await prod.until(await prod.asks_to_restart(), S.PROPOSED)
    prod.aws.faults.add(dropped("UpdateService", when="after"))
    prod.aws.faults.add(Fault("DescribeServices"))
    prod.aws.faults.add(server_error("DescribeServices", times=10_000))
    await prod.presses("change.confirm", proposed)
    starting = await prod.until_true(proposed, lambda now: now.silent_since is not None)
    await prod.presses("change.abort", starting)
    prod.aws.faults.clear()

    ended = await prod.ends(proposed)

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.ABORTED)
    assert tasks(prod) == before
    assert len(prod.updates) == 1


async def not_seen_while(prod: Operator, rolling: Change, happens: Awaitable[None]) -> Change:
    """The bot sees nothing of this, and somebody aborts the restart before it sees again."""
    prod.aws.faults.add(server_error("DescribeServices", times=10_000))
    await prod.until_true(rolling, lambda now: now.silent_since is not None)
    await happens
    await prod.presses("change.abort", await prod.now(rolling))
    prod.aws.faults.clear()
    return await prod.ends(rolling)


async def test_an_abort_that_comes_too_late_says_that_every_task_is_new(prod: Operator):
    rolling = await prod.until(await prod.restarts(), S.ROLLING_OUT)
    before = tasks(prod)

    ended = await not_seen_while(prod, rolling, prod.until_ecs_says("SUCCESSFUL"))

    assert (ended.state, ended.verdict) == (S.UNPROVEN, Verdict.ABORTED)
    assert not tasks(prod) & before
    card = await prod.card(ended)
    assert "⚫ Aborted: restart of credlink-api v1.1.9 in prod" in card
    assert "ECS was done before it could be stopped: every task is new." in card
    assert len(prod.aws.writes) == 1


async def test_an_abort_after_somebody_else_deployed_stops_nothing_of_theirs(prod: Operator):
    prod.aws.images.behaviours["v1.1.9"] = Behaviour.STUCK
    rolling = await prod.until(await prod.restarts(), S.ROLLING_OUT)

    async def they_deploy() -> None:
        await prod.somebody_else_deploys("v1.2.0")

    ended = await not_seen_while(prod, rolling, they_deploy())

    assert (ended.state, ended.verdict) == (S.SUPERSEDED, Verdict.SUPERSEDED)
    assert "StopServiceDeployment" not in {call.operation for call in prod.aws.writes}


# What is refused


async def test_a_dry_run_writes_nothing(prod: Operator):
    ended = await prod.ends(await prod.asks_to_restart(is_dry_run=True))

    assert ended.state is S.REHEARSED
    assert prod.aws.writes == []
    assert "⚪ Dry run, plan: restart of credlink-api v1.1.9 in prod" in await prod.card(ended)


async def test_somebody_without_the_right_is_refused(prod: Operator):
    with pytest.raises(NotAllowed, match="Only `deployers` may restart credlink-api in prod"):
        await prod.asks_to_restart(by=MALLORY)

    assert prod.aws.calls == []


async def test_what_others_roll_out_is_not_restarted(prod: Operator):
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.STUCK
    await prod.somebody_else_deploys("v1.2.0")
    before = len(prod.aws.writes)

    ended = await prod.ends(await prod.asks_to_restart())

    assert ended.state is S.REFUSED
    assert "in the middle of rolling out v1.2.0" in ended.why
    assert len(prod.aws.writes) == before
    assert "⚫ Not possible: restart of credlink-api" in await prod.card(ended)


@pytest.mark.parametrize(
    ("update", "why"),
    [
        ({"forceNewDeployment": True}, "somebody else has had v1.1.9 deployed once more"),
        ({"desiredCount": 0}, "nothing to restart"),
    ],
)
async def test_what_changed_between_the_proposal_and_its_confirmation_voids_it(
    prod: Operator, update: dict[str, Any], why: str
):
    proposed = await prod.until(await prod.asks_to_restart(), S.PROPOSED)
    await prod.somebody_else_updates(**update)
    if "forceNewDeployment" in update:
        await prod.until_ecs_says("SUCCESSFUL")
    before = len(prod.aws.writes)

    await prod.presses("change.confirm", proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.REFUSED
    assert why in ended.why
    assert len(prod.aws.writes) == before


# What it changes for others


async def test_it_proves_once_more_what_had_proved_itself_and_nothing_else(prod: Operator):
    unproved = await prod.ends(await prod.restarts())
    assert unproved.state is S.SUCCEEDED
    assert await good(prod) == []

    deployed = await prod.ends(await prod.deploys("v1.2.0"))
    assert await good(prod) == [("credlink-api:2", deployed.id)]
    again = await prod.ends(await prod.restarts())

    assert await good(prod) == [("credlink-api:2", again.id)]


async def test_after_a_restart_the_deploy_before_it_can_still_be_rolled_back(prod: Operator):
    deployed = await prod.ends(await prod.deploys("v1.2.0"))
    await prod.ends(await prod.restarts())
    assert "Roll back to v1.1.9" in await prod.card(await prod.now(deployed))

    await prod.presses("change.rollback", await prod.now(deployed))
    back = await prod.ends(await prod.latest())

    assert (back.kind, back.state) == (ChangeKind.ROLLBACK, S.SUCCEEDED)
    assert prod.versions() == ["v1.1.9"] * 4


async def test_where_traffic_is_shifted_it_shifts_at_once_and_waits_for_nobody(prod: Operator):
    await prod.ends(await prod.deploys("v1.2.0", strategy="blue-green"))
    before = tasks(prod)

    ended = await prod.ends(await prod.restarts())

    assert ended.state is S.SUCCEEDED
    assert not tasks(prod) & before
    configuration = prod.aws.writes[-1].parameters["deploymentConfiguration"]
    assert configuration["strategy"] == "BLUE_GREEN"
    assert not configuration.get("lifecycleHooks")

    # No breaker of ECS watches over a shift: without a word it would go on trying for a day.
    before = tasks(prod)
    prod.aws.images.behaviours["v1.2.0"] = Behaviour.CRASH
    ended = await prod.ends(await prod.restarts())

    assert (ended.state, ended.verdict) == (S.ROLLED_BACK, Verdict.FAILED)
    assert prod.aws.writes[-1].operation == "StopServiceDeployment"
    assert tasks(prod) == before
    assert "🔴 Failed: restart of credlink-api v1.2.0 in prod" in await prod.card(ended)
