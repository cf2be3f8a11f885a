"""Somebody who silences alerts in a real Alertmanager: by command, button and form."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import aiohttp
from sqlalchemy import select

from bot.alerts.silencing.end import KeepSilences
from bot.alerts.silencing.make import MakeSilence
from bot.alerts.silencing.sync import SyncSilences
from bot.answers.silence import GatherSilence, ProposeSilence
from bot.answers.silence_form import SilenceForm
from bot.cards.silence import silence as draw
from bot.catalog import Catalog
from bot.domain.asked import Actor, Press
from bot.domain.question import QuestionKind
from bot.storage.database import Database
from bot.storage.schema.cards import thread_entries
from bot.world import World
from commands import silence
from integrations.alertmanager.client import AlertmanagerClient
from integrations.alertmanager.models import Alert, Silence
from tests.alerts.board import Board
from tests.alerts.builders import a_catalog, an_alert, an_update
from tests.answers.looking import ALICE, Desk, told

NAMES = {"U0ALICE01": "Alice Amber", "U0BOB0001": "Bob Berg"}
WORKSPACE = "https://team.example/"


def catalog() -> Catalog:
    may = {"prod": ["silence"]}
    return a_catalog(people={"deployers": {"group": "S0DEPLOY", "may": may}})


@dataclass
class Scene:
    """`later` moves the bot's clock ahead of Alertmanager's."""

    url: str
    alertmanager: AlertmanagerClient
    database: Database
    later: timedelta = field(default=timedelta())

    def __post_init__(self) -> None:
        self.board = Board(self.database, catalog())
        self.world = World(
            database=self.database,
            catalog=catalog(),
            aws=None,  # type: ignore[arg-type]
            alertmanager=self.alertmanager,
            now=lambda: datetime.now(UTC) + self.later,
        )
        name_of = partial(NAMES.get)
        self.sync = SyncSilences(self.world)
        self.make = MakeSilence(
            world=self.world, sync=self.sync, name_of=name_of, workspace_url=WORKSPACE
        )
        self.keep = KeepSilences(world=self.world, name_of=name_of)
        self.desk = Desk(self.world, QuestionKind.SILENCE, GatherSilence(self.world), draw)
        propose = ProposeSilence(self.world, self.desk.ask)
        self.form = SilenceForm(self.world, propose)
        self.desk.run = partial(silence.run, propose=propose, keep=self.keep, how="Write it so.")

    def through(self, alertmanager: AlertmanagerClient) -> "Scene":
        """The same rows, with another way to Alertmanager."""
        return replace(self, alertmanager=alertmanager)

    async def fires(self, *names: str, hears: bool = True, **labels: str) -> tuple[Alert, ...]:
        """Alerts begin in Alertmanager, and the bot is told of them unless it is not to hear."""
        said = [{**an_alert(alertname=name, **labels)["labels"]} for name in names]
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.url}/api/v2/alerts", json=[{"labels": one} for one in said]
            ) as answer,
        ):
            assert answer.status == 200
        found = [a for a in await self.alertmanager.get_alerts() if a.labels in said]
        if hears:
            await self.hears(*found)
        return tuple(found)

    async def hears(self, *found: Alert) -> None:
        now = datetime.now(UTC)
        spoken = [an_alert(one.fingerprint, starts_at=one.starts_at, **one.labels) for one in found]
        await self.board.hears(an_update(*spoken), at=now)

    async def silences(self) -> list[Silence]:
        """Those in force, as Alertmanager says."""
        found = await self.alertmanager.get_silences()
        return [one for one in found if one.state == "active"]

    async def silenced(self, typed: str, *, by: Actor = ALICE) -> str:
        """Ask for a silence and confirm it; returns what the card says then."""
        await self.desk.types(f"silence {typed}", by=by)
        await self.confirms(by=by)
        return await self.desk.card()

    async def confirms(self, *, by: Actor = ALICE) -> str:
        return await told(await self.make.confirm(await self.press("Silence for 2 h", by=by)))

    async def press(self, label: str, *, by: Actor = ALICE) -> Press:
        return await self.desk.press(label, by=by)

    async def card(self) -> str:
        """The first group's card."""
        (group, *_) = await self.board.groups()
        return await self.board.text(group)

    async def entries(self) -> list[Any]:
        """The messages of every thread."""
        async with self.database.read() as connection:
            found = await connection.execute(select(thread_entries.c.message))
            return [message for message in found.scalars() if message]

    async def pressed(self, label: str, *, by: Actor = ALICE) -> Press:
        """A press of a button of the first group's card."""
        (group, *_) = await self.board.groups()
        return pressed_on((await self.board.card(group)).blocks, label, self, by)


def pressed_on(blocks: Any, label: str, scene: Scene, by: Actor = ALICE) -> Press:
    """A press of the button of this label among these blocks."""
    for block in blocks:
        held = block.get("elements", []) if block["type"] == "actions" else []
        for element in [block.get("accessory"), *held]:
            if element and element["text"]["text"] == label:
                value = json.loads(element["value"])
                asked = scene.desk.asked(by)
                return Press(asked, element["action_id"], value["id"], value["revision"])
    raise AssertionError(f"no button {label}")
