"""Each alert group is marked once in Grafana as it begins; its end closes the mark."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.annotating import SOURCE, SweepMarks
from bot.alerts.enrich import SOURCES, ask_all
from bot.domain.alert import AlertGroup
from bot.domain.finding import Phase
from bot.domain.mark import MarkState
from bot.engine import Engine
from bot.storage import annotations
from bot.world import World
from integrations.grafana.client import GrafanaClient
from sandbox import seeds
from sandbox.grafana.annotations import Annotation
from sandbox.standin import Fault
from tests.alerts.builders import an_alert
from tests.alerts.engines import running
from tests.alerts.grafana import NAMED, Room, a_room

MARK = [source for source in SOURCES if source.name == SOURCE]
DEADLINE_S = 15.0
FAST = 2000.0
"""So many times faster than life: ten minutes between attempts are a third of a second."""


@dataclass(frozen=True, slots=True)
class Marking:
    """A room with an engine whose waits are short."""

    room: Room
    engine: Engine

    async def promises(self, group: AlertGroup, phase: Phase = Phase.ONSET) -> None:
        """The look of this phase is taken, and what it promises is begun by the sweep."""
        assert await ask_all(self.room.world, MARK, group.id, phase) == []
        await self.sweeps()

    async def sweeps(self) -> int:
        return await SweepMarks(self.room.world, self.engine)()

    async def state(self, group: AlertGroup, phase: Phase = Phase.ONSET) -> MarkState | None:
        async with self.room.world.database.read() as connection:
            found = await annotations.of_group(connection, group.id, phase)
        return found.state if found is not None else None

    async def until(self, holds: Callable[[], Awaitable[Any]]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not await holds():  # noqa: ASYNC110  rows tell nobody when they change
                await asyncio.sleep(0.01)

    async def ended(self, group: AlertGroup, phase: Phase = Phase.ONSET) -> MarkState | None:
        """The mark's state once it is settled."""

        async def settled() -> bool:
            return await self.state(group, phase) is not MarkState.WANTED

        await self.until(settled)
        return await self.state(group, phase)

    @property
    def marks(self) -> list[Annotation]:
        return list(self.room.grafana.annotations.values())

    async def is_over(self, group: AlertGroup) -> AlertGroup:
        """All alerts of the group have ended."""
        at = self.room.world.now()
        over = an_alert(
            annotations=NAMED, starts_at=group.started_at, status="resolved", ends_at=at
        )
        return await self.room.hears(over)


@pytest.fixture
async def marking(world: World, tmp_path) -> AsyncIterator[Marking]:
    async with (
        a_room(replace(world, pace=FAST)) as room,
        running(room.world, tmp_path) as engine,
    ):
        yield Marking(room, engine)


async def test_a_group_is_marked_once_as_it_begins_and_closed_when_it_is_over(marking: Marking):
    group = await marking.room.hears()
    await marking.promises(group)
    await marking.promises(group)

    assert await marking.ended(group) is MarkState.DONE
    [mark] = marking.marks
    assert mark.text == "🔴 HighErrorRatio: credlink-api in prod · critical"
    assert mark.time == mark.time_end == round(group.started_at.timestamp() * 1000)
    assert mark.dashboard_uid == "credlink-prod"
    assert mark.tags == (
        "credlink",
        "alert",
        "HighErrorRatio",
        "credlink-api",
        "prod",
        f"credlink-alert:{group.id}",
    )

    group = await marking.is_over(group)
    await marking.promises(group, Phase.END)

    assert await marking.ended(group, Phase.END) is MarkState.DONE
    [mark] = marking.marks
    assert mark.text.startswith("🟢 Resolved: HighErrorRatio, credlink-api in prod · lasted")
    assert mark.time_end == round(group.resolved_at.timestamp() * 1000)
    assert await marking.sweeps() == 0
    assert "marked" not in await marking.room.board.text(group)


async def test_what_an_attempt_made_whose_answer_was_lost_is_found_and_not_made_again(
    marking: Marking,
):
    marking.room.grafana.faults.append(Fault("create_annotation", drop="after"))
    group = await marking.room.hears()
    await marking.promises(group)

    assert await marking.ended(group) is MarkState.DONE
    assert len(marking.marks) == 1
    assert len(marking.room.grafana.calls_of("create_annotation")) <= 1
    assert marking.room.grafana.calls_of("list_annotations")


async def test_a_grafana_that_makes_the_mark_after_nobody_waits_any_more_is_asked_for_one(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    create, asked = GrafanaClient.create_annotation, []

    async def counted(self: GrafanaClient, *args: Any, **said: Any) -> int:
        asked.append(said)
        return await create(self, *args, **said)

    monkeypatch.setattr(GrafanaClient, "create_annotation", counted)
    async with a_room(replace(world, pace=30.0)) as room:
        impatient = GrafanaClient(room.grafana.url, seeds.GRAFANA_TOKEN, deadline_s=0.05)
        here = replace(room, world=replace(room.world, grafana=impatient))
        room.grafana.faults.append(Fault("create_annotation", delay_s=0.2))
        group = await here.hears()
        async with running(here.world, tmp_path) as engine:
            marking = Marking(here, engine)
            await marking.promises(group)
            assert await marking.ended(group) is MarkState.DONE
        await impatient.aclose()

        assert len(marking.marks) == len(asked) == 1


async def test_an_attempt_that_died_before_it_asked_makes_it(marking: Marking):
    group = await marking.room.hears()
    await ask_all(marking.room.world, MARK, group.id, Phase.ONSET)
    async with marking.room.world.database.write() as connection:
        promised = await annotations.of_group(connection, group.id, Phase.ONSET)
        await annotations.attempt(connection, promised, at=marking.room.world.now())
    await marking.sweeps()

    assert await marking.ended(group) is MarkState.DONE
    assert len(marking.marks) == 1
    assert len(marking.room.grafana.calls_of("list_annotations")) == 1


async def test_a_grafana_that_is_away_for_a_while_has_the_mark_once_it_is_back(marking: Marking):
    marking.room.grafana.faults.append(Fault("create_annotation", times=3, status=503))
    group = await marking.room.hears()
    await marking.promises(group)

    assert await marking.ended(group) is MarkState.DONE
    assert len(marking.marks) == 1


async def test_a_grafana_that_stays_away_is_named_on_the_card_and_the_end_makes_all_of_it(
    marking: Marking,
):
    marking.room.grafana.faults.append(
        Fault("create_annotation", times=99, status=503, body="away")
    )
    group = await marking.room.hears()
    await marking.promises(group)

    assert await marking.ended(group) is MarkState.FAILED
    assert "Not marked in Grafana: HTTP 503: away." in await marking.room.board.text(group)

    marking.room.grafana.faults.clear()
    group = await marking.is_over(group)
    await marking.promises(group, Phase.END)
    assert await marking.ended(group, Phase.END) is MarkState.DONE
    [mark] = marking.marks
    assert mark.time_end - mark.time == round(
        (group.resolved_at - group.started_at) / timedelta(milliseconds=1)
    )
    assert "Not marked" not in await marking.room.board.text(group)


async def test_a_beginning_still_being_tried_is_left_to_the_end(marking: Marking):
    group = await marking.room.hears()
    await ask_all(marking.room.world, MARK, group.id, Phase.ONSET)
    group = await marking.is_over(group)
    marking.room.grafana.faults.append(Fault("create_annotation", times=2, status=503))
    await marking.promises(group, Phase.END)

    assert await marking.ended(group, Phase.END) is MarkState.DONE
    assert await marking.ended(group) in {MarkState.SKIPPED, MarkState.DONE}
    assert len(marking.marks) == 1


@pytest.mark.parametrize("named", ["nobody", "credlink-eu"], ids=["gone", "hidden"])
async def test_a_dashboard_that_takes_no_marks_leaves_it_to_the_organisation(
    marking: Marking, named: str
):
    marking.room.grafana.hidden.add("credlink-eu")
    group = await marking.room.hears(an_alert(annotations={"__dashboardUid__": named}))
    await marking.promises(group)

    assert await marking.ended(group) is MarkState.DONE
    assert [mark.dashboard_uid for mark in marking.marks] == [None]


async def test_a_token_that_may_not_mark_is_said_at_once(marking: Marking):
    marking.room.grafana.faults.append(
        Fault("create_annotation", times=9, status=403, body="annotations:create is missing")
    )
    group = await marking.room.hears()
    await marking.promises(group)

    assert await marking.ended(group) is MarkState.FAILED
    text = await marking.room.board.text(group)
    assert "Not marked in Grafana: HTTP 403: annotations:create is missing." in text


async def test_a_mark_removed_by_somebody_is_made_again_whole(marking: Marking):
    group = await marking.room.hears()
    await marking.promises(group)
    await marking.ended(group)
    marking.room.grafana.annotations.clear()

    group = await marking.is_over(group)
    await marking.promises(group, Phase.END)

    assert await marking.ended(group, Phase.END) is MarkState.DONE
    assert [mark.time < mark.time_end for mark in marking.marks] == [True]


async def test_without_a_grafana_nothing_is_promised(world: World, marking: Marking):
    group = await marking.room.hears()
    assert await ask_all(world, MARK, group.id, Phase.ONSET) == []
    assert await marking.state(group) is None


async def test_a_bot_that_dies_after_grafana_made_the_mark_finds_it_when_it_is_back(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = asyncio.Event()
    create = GrafanaClient.create_annotation

    async def dies_before_it_is_written_down(self: GrafanaClient, *args: Any, **said: Any) -> int:
        await create(self, *args, **said)
        asked.set()
        return await asyncio.Future()

    async with a_room(replace(world, pace=FAST)) as room:
        group = await room.hears()
        monkeypatch.setattr(GrafanaClient, "create_annotation", dies_before_it_is_written_down)
        async with running(room.world, tmp_path) as engine:
            await Marking(room, engine).promises(group)
            async with asyncio.timeout(DEADLINE_S):
                await asked.wait()
        monkeypatch.undo()

        async with running(room.world, tmp_path) as engine:
            back = Marking(room, engine)
            await back.sweeps()
            assert await back.ended(group) is MarkState.DONE

        assert len(back.marks) == 1
        assert len(room.grafana.calls_of("create_annotation")) == 1
