"""Ticking the steps of a runbook: one box is one step, whoever was first stays."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.alerts.rights import may_acknowledge
from bot.catalog import Catalog
from bot.domain.asked import Press
from bot.domain.runbooks import Runbook, Tick
from bot.errors import NotAllowed, NotKnown
from bot.storage import alerts, deduplication, runbooks
from bot.storage.database import Connection, Database

KEPT_S = 3600.0
"""Slack repeats a press within minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickStep:
    """What the boxes of a runbook do. `name_of` says what a person is called, by Slack's id."""

    database: Database
    catalog: Catalog
    name_of: Callable[[str], str]
    tell: Callable[[], None]

    async def __call__(self, press: Press) -> None:
        """Keep that a step is done, or that it is not after all. The message says the rest.

        A tick that stands is never taken from whoever made it by a view in which it was not seen.

        Raises:
            NotKnown: there is no such runbook, or no such step in it.
            NotAllowed: they may not acknowledge the group's alerts.
        """
        group_id, _, number = press.subject_id.partition("/")
        key = f"press:{press.action_id}:{press.asked.key}"
        async with self.database.write() as connection:
            runbook = await runbooks.get(connection, group_id, lock=True)
            step = int(number) if number.isdigit() else len(runbook.steps)
            if step >= len(runbook.steps):
                raise NotKnown("There is no such step in this runbook any more.")
            group = await alerts.get(connection, group_id)
            decision = may_acknowledge(self.catalog.people, press.asked.by, group)
            if await deduplication.first_time(connection, key, keep_s=KEPT_S):
                await self._keep(connection, runbook, step, press, is_allowed=decision.allowed)
        self.tell()
        if not decision.allowed:
            raise NotAllowed(decision.text)

    async def _keep(
        self, connection: Connection, runbook: Runbook, step: int, press: Press, *, is_allowed: bool
    ) -> None:
        """Write what the press changes; where that is nothing, the presser's view is an old one
        and is drawn anew."""
        by = press.asked.by.id
        is_done = step in runbook.ticks
        if is_allowed and press.is_ticked and not is_done:
            said = Tick(by, self.name_of(by), press.asked.at, runbook.revision + 1)
            await runbooks.tick(connection, runbook.group_id, step, said)
        elif (
            is_allowed
            and not press.is_ticked
            and runbook.may_untick(step, by=by, drawn=press.revision)
        ):
            await runbooks.untick(connection, runbook.group_id, step)
        else:
            await runbooks.redraw(connection, runbook.group_id)
