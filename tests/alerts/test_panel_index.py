"""Grafana's dashboards are read in the background, within bounds, and forgotten when old."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.evidence import panel_index
from bot.alerts.evidence.panel_index import TRUE_FOR, ReadPanels
from bot.world import World
from integrations.errors import Unavailable
from integrations.grafana.models import Dashboard, Found, Panel
from sandbox.grafana.dashboards import BOARDS
from sandbox.standin import Fault
from tests.alerts.grafana import Room, a_room
from tests.alerts.series import Prometheus


@pytest.fixture
async def room(world: World) -> AsyncIterator[Room]:
    async with a_room(world) as made:
        yield made


async def test_every_dashboard_is_read_with_the_library_read_once(room: Room, monkeypatch):
    monkeypatch.setattr(panel_index, "PAGE", 2)

    assert await room.reads_panels() == len(BOARDS)

    assert room.world.panels.keys() == BOARDS.keys()
    seen = {one.panel: one for one in room.world.panels["credlink-all"]}
    assert seen.keys() == {2, 3}
    assert "node_filesystem_avail_bytes" in next(iter(seen[3].drawn)).metrics
    assert [call.arguments["page"] for call in room.grafana.calls_of("search")] == ["1", "2", "3"]
    assert len(room.grafana.calls_of("get_library_panel")) == 1


async def test_a_dashboard_that_cannot_be_read_costs_itself_and_no_other(room: Room):
    room.grafana.faults.append(Fault("get_dashboard", status=500))
    assert await room.reads_panels() == len(BOARDS) - 1
    assert await room.reads_panels() == len(BOARDS)

    room.grafana.faults.append(Fault("get_library_panel", status=404))
    assert await room.reads_panels() == len(BOARDS)
    assert [one.panel for one in room.world.panels["credlink-all"]] == [2]


async def test_what_grafana_no_longer_lists_is_forgotten_at_once(room: Room):
    await room.reads_panels()
    room.grafana.hidden.add("credlink-eu")
    await room.reads_panels()
    assert "credlink-eu" not in room.world.panels


async def test_what_could_not_be_read_again_is_kept_for_a_while_and_then_forgotten(room: Room):
    clock = [room.world.now()]
    read = ReadPanels(replace(room.world, now=lambda: clock[0]))
    await read()
    room.grafana.faults.append(Fault("*", times=9, status=503))

    clock[0] += TRUE_FOR - timedelta(minutes=1)
    assert await read() == 0
    assert len(room.world.panels) == len(BOARDS)

    clock[0] += timedelta(minutes=2)
    assert await read() == 0
    assert room.world.panels == {}


async def test_recording_rules_are_read_and_kept_while_prometheus_is_away(
    room: Room, prometheus: Prometheus
):
    prometheus.rules = {"job:errors:ratio": "a / b"}
    await room.reads_panels()
    assert room.world.recorded == {"job:errors:ratio": "a / b"}

    prometheus.fails = Unavailable("prometheus", "list_rules", "HTTP 503")
    await room.reads_panels()
    assert room.world.recorded == {"job:errors:ratio": "a / b"}


class Endless:
    """A Grafana with more dashboards than anybody reads; each shows a panel of the library."""

    def __init__(self) -> None:
        self.read = 0
        self.of_library = 0

    async def search_dashboards(self, *, page: int, limit: int) -> tuple[Found, ...]:
        return tuple(Found(f"d{page}-{number}", "D") for number in range(limit))

    async def get_dashboard(self, uid: str) -> Dashboard:
        self.read += 1
        panel = Panel(id=1, title="P", library=f"library-of-{uid}")
        return Dashboard(uid=uid, title="D", slug="d", panels=(panel,))

    async def get_library_panel(self, panel: Panel) -> Panel:
        self.of_library += 1
        return replace(panel, queries=("up",), library=None)


async def test_a_grafana_without_an_end_is_read_as_far_as_the_bounds(world: World):
    endless = Endless()

    read = await ReadPanels(replace(world, grafana=endless))()

    assert read == endless.read == panel_index.MOST_DASHBOARDS
    assert endless.of_library == panel_index.MOST_OF_LIBRARY


async def test_without_a_grafana_nothing_is_read(world: World):
    assert await ReadPanels(world)() == 0
