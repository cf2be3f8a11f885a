"""People at the card with its menu: they open forms, fill them in, and see what came of it."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

from bot.alerts.hear_pagerduty import hear
from bot.alerts.join import JoinIncident
from bot.alerts.notes.write import WriteNote
from bot.alerts.responding.choices import Choices
from bot.alerts.responding.forms import RespondingForms
from bot.cards.answer import Answer
from bot.cards.modal import Loading, Modal, form
from bot.cards.responding import MENU
from bot.domain.alert import AlertGroup
from bot.domain.asked import Actor, Asked, Press, Submission
from bot.domain.audit import Entry
from bot.engine import Engine
from bot.storage import audit
from bot.world import World
from sandbox import seeds
from sandbox.pagerduty import PagerDuty
from sandbox.workspace.blockkit import check_view
from tests.alerts.test_respond import Room, eventually

_keys = itertools.count(1)


class Desk(Room):
    """The room, with the menu behind “…”, and PagerDuty's webhooks where a test lets them in."""

    def __init__(self, world: World, engine: Engine, pagerduty: PagerDuty) -> None:
        super().__init__(world, engine, pagerduty)
        self.forms = RespondingForms(
            respond=self.respond,
            write=WriteNote(self.respond),
            choices=Choices(world.pagerduty, world.now),
            emoji="memo",
        )

    async def opens(
        self, person: seeds.Person, group: AlertGroup, chosen: str, **said: Any
    ) -> Modal:
        """Choose in the menu, and wait for the form."""
        pressed = self.press(person, group, "more", **said)
        press = Press(pressed.asked, f"{MENU}.{chosen}", group.id, pressed.revision)
        opened = await self.forms.actions()[press.action_id](press)
        modal = await opened.ask() if isinstance(opened, Loading) else opened
        assert not check_view(form(modal), lambda _: True)
        return modal

    async def sends(
        self,
        person: seeds.Person,
        modal: Modal,
        values: Mapping[str, str] = {},
        *,
        key: str | None = None,
    ) -> Answer | None:
        """Send a form in as it was filled, over what stands in it already."""
        asked = Asked(
            by=Actor(person.id),
            channel_id="C0ALERTS1",
            key=key or f"sent-{next(_keys)}",
            correlation_id="c",
            at=self.world.now(),
        )
        filled = {**_initial(modal), **values}
        submission = Submission(asked, modal.callback_id, modal.carried, filled)
        later = await self.forms.submissions()[modal.callback_id](submission)
        return await later.ask() if later is not None else None

    async def hears(self) -> None:
        """The bot works off every webhook PagerDuty has sent so far; some were before, too."""
        for event in self.pagerduty.told:
            await self.hears_of(event)

    async def hears_of(self, event: Mapping[str, Any]) -> str:
        """One webhook is worked off; returns why it is put aside."""
        join = JoinIncident(self.world.catalog, self.world.pace)
        async with self.world.database.write() as connection:
            return await hear(connection, join, json.dumps(event).encode(), at=self.world.now())

    async def thread(self) -> list[str]:
        return await self.board.thread(await self.group())

    async def until_told(self, words: str) -> str:
        """The newest entry with these words, once there is one."""

        async def look() -> str | None:
            return next((said for said in reversed(await self.thread()) if words in said), None)

        return str(await eventually(look))

    async def audited(self) -> list[Entry]:
        """Every entry of the audit, oldest first."""
        async with self.world.database.read() as connection:
            links, _ = await audit.newest(connection, audit.Wanted(), at_most=50)
        return [link.entry for link in reversed(links)]


def _initial(modal: Modal) -> dict[str, str]:
    """What a form holds before anybody touches it."""
    found = {}
    for block in modal.blocks:
        element = block.get("element", {})
        chosen = element.get("initial_option") or {}
        found[block.get("block_id", "")] = element.get("initial_value") or chosen.get("value") or ""
    return found


def options_of(modal: Modal) -> list[str]:
    """What the form's first select offers."""
    return [option["text"]["text"] for option in modal.blocks[0]["element"]["options"]]
