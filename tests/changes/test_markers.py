"""After a change: others are told, once, however often it takes; none of them can fail it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.cards.marks import marks_line
from bot.changes.markers import Marks, marks_id
from bot.changes.markers import workflow as workflow_module
from bot.changes.markers.telling import INTERRUPTED, TELL, Tell, Told
from bot.domain.card import Kind, Urgency
from bot.domain.change import ChangeState
from bot.domain.mark import (
    Mark,
    MarkKind,
    MarkPhase,
    MarkState,
    wanted_at_begin,
    wanted_at_end,
)
from bot.engine import Engine, EngineSettings
from bot.storage import cards, changes
from bot.storage import marks as rows
from bot.storage.schema.cards import cards as cards_table
from bot.world import World
from sandbox.aws import invalidations
from sandbox.aws.calls import Fault as AwsFault
from sandbox.aws.calls import access_denied, dropped
from sandbox.aws.server import AwsWorld
from tests.changes.builders import a_change, a_plan, a_rollout
from tests.changes.operator import PACE, Operator, utc_now
from tests.changes.others import Others, connected_to, running_others

K = MarkKind
S = MarkState
DEADLINE_S = 20.0
ALL_DONE = "CDN invalidated · marked in Sentry, Grafana, PagerDuty"


@pytest.fixture
def pace() -> float:
    """Every wait is divided by it; CloudFront itself needs a quarter of a second."""
    return 200.0


@pytest.fixture
async def others(aws: AwsWorld) -> AsyncIterator[Others]:
    async with running_others(aws) as running:
        yield running


@pytest.fixture
async def world(world: World, others: Others, pace: float) -> AsyncIterator[World]:
    async with connected_to(others, world, pace=pace) as connected:
        yield connected


class Afterwards:
    """A change that has ended, or is about to, and what others are told of it."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world = world
        self.marks = Marks(world.database, world.now, world.pace)
        self.marks.use(engine)
        now = utc_now()
        self.change = a_change(
            state=ChangeState.ROLLING_OUT,
            plan=a_plan(),
            rollout=a_rollout(),
            started_at=now - timedelta(minutes=4),
        )

    async def begins(self, *, tells: bool = True) -> None:
        """Its rollout begins, and with `tells` the workflow that says so."""
        async with self.world.database.write() as connection:
            await changes.add(connection, self.change)
            await cards.open_card(
                connection,
                kind=Kind.CHANGE,
                subject_id=self.change.id,
                channel=self.change.channel,
                urgency=Urgency.HOME,
            )
            kinds = wanted_at_begin(self.world.catalog, self.change)
            assert await rows.want(connection, self.change.id, kinds, at=self.world.now())
        if tells:
            self.marks.begin(self.change.id, MarkPhase.BEGIN)

    async def ends(self, state: ChangeState = ChangeState.SUCCEEDED, *, tells: bool = True) -> None:
        """It ends, and with `tells` the workflow that says so begins."""
        now = self.world.now()
        async with self.world.database.write() as connection:
            found = await changes.find(connection, self.change.id)
            if found is None:
                ended = replace(self.change, state=state, finished_at=now)
                await changes.add(connection, ended)
            else:
                moved = await changes.move(
                    connection, found.id, state, of={found.state}, at=now, finished_at=now
                )
                assert moved is not None
                ended = moved
            await rows.want(connection, ended.id, wanted_at_end(self.world.catalog, ended), at=now)
        if tells:
            self.marks.begin(self.change.id, MarkPhase.END)

    async def now(self) -> dict[MarkKind, Mark]:
        async with self.world.database.read() as connection:
            return {mark.kind: mark for mark in await rows.marks_of(connection, self.change.id)}

    async def line(self) -> str:
        return marks_line((await self.now()).values())

    async def until(self, happened: Callable[[dict[MarkKind, Mark]], bool]) -> str:
        """The card's line as it is when this has happened."""
        async with asyncio.timeout(DEADLINE_S):
            while not happened(now := await self.now()):  # noqa: ASYNC110  rows tell nobody
                await asyncio.sleep(0.02)
        return marks_line(now.values())

    async def told(self) -> str:
        """The card's line once nothing is left to tell."""
        return await self.until(lambda now: not any(mark.is_open for mark in now.values()))


@pytest.fixture
async def after(world: World, engine: Engine) -> AsyncIterator[Afterwards]:
    afterwards = Afterwards(world, engine)
    yield afterwards
    await afterwards.marks.settle()


async def test_an_annotation_begins_with_the_rollout_and_ends_with_the_change(
    after: Afterwards, others: Others
):
    await after.begins()
    assert await after.told() == "marked in Grafana"
    [begun] = others.annotations
    assert "Rolling out" in begun.text
    assert begun.time == begun.time_end
    assert begun.dashboard_uid == "credlink-prod"

    await after.ends(ChangeState.FAILED)
    await after.told()

    [ended] = others.annotations
    assert ended.id == begun.id
    assert "Failed" in ended.text
    assert ended.time_end > ended.time == begun.time


async def test_what_is_told_depends_on_how_it_ended(after: Afterwards, others: Others):
    await after.begins()
    await after.ends(ChangeState.FAILED)

    assert await after.told() == "marked in Grafana, PagerDuty"
    assert "Failed: credlink-api v1.2.0 → prod" in others.events[0]
    assert others.deploys == []
    assert others.invalidations == []


@pytest.mark.parametrize(
    ("operation", "system"),
    [
        ("create_annotation", "Grafana"),
        ("list_annotations", "Grafana"),
        ("create_release", "Sentry"),
        ("create_deploy", "Sentry"),
        ("enqueue_change", "PagerDuty"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_system_that_is_away_is_told_when_it_is_back(
    after: Afterwards, others: Others, operation: str, system: str, status: int
):
    others.fail(operation, times=1000, status=status)
    await after.ends()
    line = await after.until(
        lambda now: any(mark.is_open and mark.attempts >= 2 for mark in now.values())
    )
    assert f"{system} not told yet (" in line

    others.mend()

    assert await after.told() == ALL_DONE
    assert len(others.annotations) == len(others.deploys) == len(others.events) == 1


async def test_a_system_nobody_answers_for_is_told_when_it_is_back(
    after: Afterwards, others: Others
):
    port = int(others.pagerduty.url.rsplit(":", 1)[1])
    await others.pagerduty.stop()
    await after.ends()
    await after.until(lambda now: now[K.PAGERDUTY].attempts >= 2)

    await others.pagerduty.start(port)

    assert await after.told() == ALL_DONE
    assert len(others.events) == 1


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ("create_annotation", "⚠ Grafana: HTTP 403: not for you"),
        ("create_deploy", "⚠ Sentry: HTTP 403: not for you"),
        ("enqueue_change", "⚠ PagerDuty: HTTP 403: not for you"),
    ],
)
async def test_a_refusal_is_shown_in_its_words_and_the_deploy_has_still_succeeded(
    after: Afterwards, others: Others, operation: str, says: str
):
    others.fail(operation, times=1000, status=403, body='{"message": "not for you"}')
    await after.ends()

    line = await after.told()

    assert line.endswith(says)
    assert line.startswith("CDN invalidated · marked in ")
    async with after.world.database.read() as connection:
        assert (await changes.get(connection, after.change.id)).state is ChangeState.SUCCEEDED
    assert sum(call.status == 403 for standin in (others.grafana, others.sentry, others.pagerduty)
               for call in standin.calls) == 1  # fmt: skip


async def test_what_does_not_come_back_is_given_up(after: Afterwards, others: Others):
    others.fail("create_release", times=1000, status=503, body="away")
    await after.ends()

    line = await after.told()

    assert line == "CDN invalidated · marked in Grafana, PagerDuty · ⚠ Sentry: HTTP 503: away"
    assert len(others.sentry.calls) == 6


@pytest.mark.parametrize(
    ("operation", "system"), [("create_deploy", "Sentry"), ("enqueue_change", "PagerDuty")]
)
@pytest.mark.parametrize("how", [{"drop": "after"}, {"delay_s": 2.5}, {"status": 504}])
async def test_what_cannot_be_looked_for_is_not_sent_twice_when_its_answer_is_lost(
    after: Afterwards, others: Others, operation: str, system: str, how: dict[str, Any]
):
    others.fail(operation, **how)
    await after.ends()

    line = await after.told()

    assert f"⚠ unknown whether {system} has it (" in line
    calls = [*others.sentry.calls, *others.pagerduty.calls]
    assert len([call for call in calls if call.operation == operation]) <= 1


async def test_an_annotation_whose_answer_was_lost_is_found_and_not_doubled(
    after: Afterwards, others: Others
):
    others.fail("create_annotation", drop="after")
    await after.begins()
    assert await after.told() == "marked in Grafana"
    assert len(others.annotations) == 1

    await after.ends()

    assert await after.told() == ALL_DONE
    [annotation] = others.annotations
    assert annotation.time_end > annotation.time


async def test_an_end_takes_over_a_beginning_that_could_not_be_told(
    after: Afterwards, others: Others
):
    others.fail("create_annotation", "list_annotations", times=1000, status=503)
    await after.begins()
    await after.until(lambda now: now[K.GRAFANA_BEGIN].attempts >= 1)
    await after.ends()
    await after.until(lambda now: now[K.GRAFANA_BEGIN].state is S.SKIPPED)

    others.mend()

    assert await after.told() == ALL_DONE
    [annotation] = others.annotations
    assert annotation.time_end > annotation.time


async def test_an_annotation_somebody_removed_is_made_again_as_a_whole(
    after: Afterwards, others: Others
):
    await after.begins()
    await after.told()
    others.grafana.annotations.clear()

    await after.ends()

    assert await after.told() == ALL_DONE
    [annotation] = others.annotations
    assert annotation.time_end > annotation.time


async def test_an_invalidation_is_awaited_until_it_is_completed(
    after: Afterwards, others: Others, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(invalidations, "TAKES_S", 30.0)
    await after.ends()
    line = await after.until(lambda now: now[K.CLOUDFRONT].reference is not None)
    assert "CDN invalidation in progress" in line
    assert others.invalidations == ["InProgress"]

    assert await after.told() == ALL_DONE
    assert others.invalidations == ["Completed"]


async def test_looking_for_its_completion_goes_on_while_aws_is_away(
    after: Afterwards, others: Others
):
    others.aws.faults.add(AwsFault("GetInvalidation", 5, "ServiceUnavailable", "", 503))
    await after.ends()

    assert await after.told() == ALL_DONE


@pytest.mark.parametrize("pace", [1500.0])
async def test_an_invalidation_that_does_not_complete_has_an_end(
    after: Afterwards, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(invalidations, "TAKES_S", 1e6)
    await after.ends()

    assert "⚠ CDN not invalidated: not completed within 30 min" in await after.told()


async def test_too_many_invalidations_in_progress_are_waited_for(after: Afterwards, others: Others):
    too_many = "TooManyInvalidationsInProgress"
    others.aws.faults.add(AwsFault("CreateInvalidation", times=1000, code=too_many))
    await after.ends()
    line = await after.until(lambda now: now[K.CLOUDFRONT].attempts >= 2)
    assert "CDN to be invalidated (rate limited)" in line

    others.mend()

    assert await after.told() == ALL_DONE
    assert others.invalidations == ["Completed"]


async def test_an_invalidation_whose_answer_was_lost_is_the_same_one(
    after: Afterwards, others: Others
):
    others.aws.faults.add(dropped("CreateInvalidation", when="after"))
    await after.ends()

    assert await after.told() == ALL_DONE
    assert len(others.invalidations) == 1


async def test_a_missing_permission_is_named(after: Afterwards, others: Others):
    others.aws.faults.add(access_denied("CreateInvalidation"))
    await after.ends()

    assert "⚠ CDN not invalidated: lacks cloudfront:CreateInvalidation" in await after.told()


async def test_a_system_without_a_connection_is_passed_over(
    world: World, engine_of: "EngineOf", others: Others
):
    without = replace(world, sentry=None, change_events={})
    async with engine_of(without) as engine:
        after = Afterwards(world, engine)  # promised when the connections were there
        await after.ends()

        assert await after.told() == "CDN invalidated · marked in Grafana"
        assert (await after.now())[K.SENTRY].state is S.SKIPPED


async def test_a_mistake_of_ours_costs_its_own_mark_and_no_other(
    after: Afterwards, monkeypatch: pytest.MonkeyPatch
):
    async def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(type(after.world.sentry), "create_release", broken)
    await after.ends()

    line = await after.told()
    assert line.startswith("CDN invalidated · marked in Grafana, PagerDuty · ")
    assert line.endswith("⚠ Sentry: the bot made a mistake; it is recorded as change-1")


async def test_every_change_of_a_mark_is_a_revision_of_the_card(after: Afterwards):
    await after.begins(tells=False)

    async def wanted() -> int:
        async with after.world.database.read() as connection:
            return int((await connection.execute(select(cards_table.c.wanted))).scalar_one())

    before = await wanted()
    after.marks.begin(after.change.id, MarkPhase.BEGIN)
    await after.told()

    assert await wanted() == before + 1


async def test_what_was_promised_and_not_begun_is_begun_by_the_sweep(
    after: Afterwards, engine: Engine, others: Others
):
    await after.begins(tells=False)
    await after.ends(tells=False)
    later = Marks(after.world.database, lambda: utc_now() + timedelta(seconds=6), after.world.pace)
    assert await later.sweep() == 0  # the engine is not there yet
    later.use(engine)

    assert await later.sweep() == 2
    assert await later.sweep() == 0

    assert await after.told() == ALL_DONE
    assert len(others.annotations) == 1


async def test_what_was_promised_just_now_is_left_to_whoever_promised_it(
    after: Afterwards, world: World, engine: Engine
):
    await after.ends(tells=False)
    sleepy = Marks(world.database, lambda: utc_now() - timedelta(seconds=6), world.pace)
    sleepy.use(engine)

    assert await sleepy.sweep() == 0
    assert await engine.known([marks_id(after.change.id, MarkPhase.END)]) == frozenset()


# Interrupted


EngineOf = Callable[[World], Any]


@pytest.fixture
def engine_of(tmp_path: Path) -> EngineOf:
    """Engines one after another on one journal, as a process and the one after it."""

    @asynccontextmanager
    async def started(world: World) -> AsyncIterator[Engine]:
        url = f"sqlite:///{tmp_path}/engine.sqlite"
        engine = Engine(EngineSettings(url=url, executor_id="local", signal_poll_s=0.02), world)
        await engine.start()
        before = asyncio.all_tasks()
        try:
            yield engine
        finally:
            await engine.stop()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            parked = left - (before - {asyncio.current_task()})
            for task in parked:  # stopping the engine leaves what still waits
                task.cancel()
            await asyncio.gather(*parked, return_exceptions=True)

    return started


async def test_a_power_cut_between_an_effect_and_its_row_doubles_nothing(
    world: World, engine_of: EngineOf, others: Others, monkeypatch: pytest.MonkeyPatch
):
    done: set[MarkKind] = set()

    def cut_after(kind: MarkKind, tell: Tell) -> Tell:
        async def told(*given: Any) -> Told:
            await tell(*given)
            done.add(kind)
            await asyncio.Event().wait()
            raise AssertionError("the power is gone")

        return told

    async with engine_of(world) as engine:
        after = Afterwards(world, engine)
        with monkeypatch.context() as patched:
            patched.setattr(workflow_module, "TELL", {k: cut_after(k, t) for k, t in TELL.items()})
            await after.ends()
            async with asyncio.timeout(DEADLINE_S):
                while len(done) < len(TELL) - 1:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.02)
            await engine.stop()
    assert await after.line() == "CDN to be invalidated · telling Sentry, Grafana, PagerDuty"

    async with engine_of(world):
        line = await after.told()

    assert line == (
        "CDN invalidated · marked in Grafana"
        f" · ⚠ unknown whether Sentry has it ({INTERRUPTED})"
        f" · ⚠ unknown whether PagerDuty has it ({INTERRUPTED})"
    )
    assert len(others.invalidations) == len(others.annotations) == 1
    assert len(others.deploys) == len(others.events) == 1


# All of it


@pytest.mark.parametrize("pace", [PACE])
async def test_a_deploy_is_told_to_everybody_by_the_steps_that_begin_and_end_it(
    world: World, engine_of: EngineOf, aws: AwsWorld, others: Others
):
    marks = Marks(world.database, world.now, world.pace)
    connected = replace(world, tell_others=marks.begin)
    async with engine_of(connected) as engine:
        marks.use(engine)
        prod = Operator(connected, engine, aws)
        after = Afterwards(connected, engine)

        after.change = change = await prod.ends(await prod.deploys("v1.2.0"))

        assert await after.told() == ALL_DONE
        assert ALL_DONE in await prod.card(change)
        await prod.promises.settle()
        await marks.settle()
    assert change.state is ChangeState.SUCCEEDED
    assert others.invalidations == ["Completed"]
    assert others.deploys == [("v1.2.0", "prod")]
    [event] = others.events
    assert "Deployed: credlink-api v1.2.0 → prod" in event
    [annotation] = others.annotations
    assert change.started_at is not None
    assert change.finished_at is not None
    assert annotation.time == round(change.started_at.timestamp() * 1000)
    assert annotation.time_end == round(change.finished_at.timestamp() * 1000)
