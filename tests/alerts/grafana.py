"""A world with a Grafana: the sandbox's own, its dashboards read by the real client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import update

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.evidence.panel_index import ReadPanels
from bot.domain.alert import AlertGroup
from bot.domain.evidence.panel import SOURCE
from bot.domain.finding import Phase
from bot.storage.schema.cards import pictures
from bot.world import World
from integrations.grafana.client import GrafanaClient
from sandbox import seeds
from sandbox.grafana import Grafana
from tests.alerts.board import Board
from tests.alerts.builders import a_catalog, an_alert, an_update

PANEL = [source for source in SOURCES if source.name == SOURCE]
NAMED = {"__dashboardUid__": "credlink-prod", "__panelId__": "2"}


def a_catalog_with(grafana: dict[str, Any] | None):
    """The catalogue whose only place is shown on this dashboard."""
    made = a_catalog()
    service = made.services["credlink-api"].model_dump(mode="json", exclude_none=True)
    if grafana is not None:
        service["environments"]["prod"]["grafana"] = grafana
    return a_catalog(services={"credlink-api": service})


@dataclass(frozen=True, slots=True)
class Room:
    """Where alerts are heard of, Grafana stands, and cards are looked at."""

    world: World
    board: Board
    grafana: Grafana

    async def hears(self, *alerts: dict[str, Any], **said: Any) -> AlertGroup:
        """Alertmanager's webhook was worked off; returns the newest group."""
        update = an_update(*(alerts or (an_alert(annotations=NAMED),)), **said)
        await self.board.hears(update, at=self.world.now())
        return (await self.board.groups())[-1]

    async def looks(self, group: AlertGroup, phase: Phase = Phase.ONSET) -> list[str]:
        """The panel is looked for; returns the names of sources that gave nothing."""
        return await ask_all(self.world, PANEL, group.id, phase)

    async def reads_panels(self) -> int:
        """The chore that reads every dashboard is done."""
        return await ReadPanels(self.world)()

    async def shown(self, group: AlertGroup) -> tuple[str, list[dict[str, Any]]]:
        """The card's text and its pictures, once Slack has processed what was uploaded."""
        async with self.world.database.write() as connection:
            numbered = update(pictures).values(file_id=pictures.c.name, usable=True)
            await connection.execute(numbered)
        blocks = (await self.board.card(group)).blocks
        text = await self.board.text(group)
        return text, [dict(block) for block in blocks if block["type"] == "image"]


@asynccontextmanager
async def a_room(world: World, catalog_says: dict[str, Any] | None = None) -> AsyncIterator[Room]:
    """The world with a Grafana in it, and the catalogue's word for the place's dashboard."""
    grafana = Grafana()
    await grafana.start()
    client = GrafanaClient(grafana.url, seeds.GRAFANA_TOKEN, deadline_s=5.0)
    catalog = a_catalog_with(catalog_says)
    with_grafana = replace(world, grafana=client, catalog=catalog)
    yield Room(with_grafana, Board(world.database, catalog), grafana)
    await client.aclose()
    await grafana.stop()
