"""What the bot says of itself: what was forced, and daily where the audit's chain ends."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards.blocks import Message
from bot.cards.notice import notice
from bot.catalog import Catalog
from bot.domain.audit import Head, read_head
from bot.domain.card import Urgency
from bot.domain.change import Change, ChangeKind
from bot.domain.notice import Form, Line, Notice, code, person, sentence, strong
from bot.storage import audit, notices
from bot.storage.database import Connection, Database

HEAD = "audit-head:"
"""How the ids of the posted heads begin; the UTC day follows."""
BROKEN = "audit-broken:"

log = logging.getLogger(__name__)


async def show_notice(connection: Connection, subject_id: str, now: datetime) -> Message:
    """Render a notice's card; what was said does not change with time."""
    return notice(await notices.get(connection, subject_id))


def forced_notice(change_id: str) -> str:
    """The id of the notice that a change was forced: its thread tells of the review."""
    return f"forced:{change_id}"


async def announce_forced(
    connection: Connection, catalog: Catalog, change: Change, *, at: datetime
) -> bool:
    """Say in the default channel that somebody passed the gate by force; once for a change."""
    what = change.wanted_name
    if change.kind is ChangeKind.ROLLBACK:
        what = f"rollback to {what}"
    elif change.kind is ChangeKind.RESTART:
        what = f"restart of {what}"
    return await announce_force(
        connection,
        catalog,
        subject=change.id,
        what=f"{change.service} {what} → {change.environment}",
        by=change.asked_by,
        why=change.forced or "",
        overridden=change.overridden,
        at=at,
    )


async def announce_force(
    connection: Connection,
    catalog: Catalog,
    *,
    subject: str,
    what: str,
    by: str,
    why: str,
    overridden: Sequence[str],
    at: datetime,
) -> bool:
    """Say that somebody passed the gate by force, once for each `subject`; all of it is plain."""
    passed: list[Line] = [["• overridden: ", sentence(text)] for text in overridden]
    return await notices.announce(
        connection,
        id=forced_notice(subject),
        channel=catalog.slack.default_channel,
        headline=f"🟠 Forced: {what}",
        lines=[
            ["by ", person(by), f" because “{why}”"],
            *passed,
            ["listed for review: ", code(f"{catalog.slack.command} audit forced")],
        ],
        at=at,
        urgency=Urgency.OUTCOME,
    )


@dataclass(frozen=True, slots=True)
class PostHead:
    """Posts the end of the audit's chain once each UTC day, as soon as there is one.

    Slack is the witness: who rewrites the database cannot rewrite the channel. Before it posts, it
    looks for the head it posted last, so that a chain that lost it is announced and not just
    continued.
    """

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def __call__(self) -> None:
        """Several replicas may do this at once: one of them posts."""
        now = self.now()
        today = f"{HEAD}{now:%Y-%m-%d}"
        async with self.database.read() as connection:
            if await notices.find(connection, today) is not None:
                return
        async with self.database.write() as connection:
            end = await audit.head(connection)
            lost = await self._lost(connection)
            if lost is not None:
                await self._announce_lost(connection, lost, now)
            if end is not None:
                await self._post(connection, today, end, now)
        self.wake()

    async def _post(self, connection: Connection, today: str, end: Head, now: datetime) -> None:
        await notices.announce(
            connection,
            id=today,
            channel=self._channel,
            headline=f"The audit has {end.number:,} entries today",
            lines=[
                ["its head: ", code(str(end))],
                [
                    "To prove that all of them still stand, at any later time: ",
                    code(f"credlink audit verify --head {end}"),
                ],
            ],
            at=now,
            urgency=Urgency.PROGRESS,
        )

    async def _lost(self, connection: Connection) -> tuple[Notice, Head] | None:
        """The head posted last, if the chain does not hold it any more."""
        posted = await posted_heads(connection)
        if not posted:
            return None
        said, end = posted[0]
        return None if await audit.holds(connection, end) else (said, end)

    async def _announce_lost(
        self, connection: Connection, lost: tuple[Notice, Head], now: datetime
    ) -> None:
        said, end = lost
        is_new = await notices.announce(
            connection,
            id=f"{BROKEN}{end}",
            channel=self._channel,
            headline="🔴 The audit does not hold what was posted before",
            lines=[
                [f"On {said.at:%Y-%m-%d} its head was ", code(str(end)), ". That entry is gone."],
                [
                    strong("Next:"),
                    " ",
                    code(f"credlink audit verify --head {end}"),
                    " names what was removed or written again; a restored backup explains it too.",
                ],
            ],
            at=now,
            urgency=Urgency.OUTCOME,
        )
        if is_new:
            log.error("audit_broken", extra={"action": "audit_broken", "head": str(end)})

    @property
    def _channel(self) -> str:
        return self.catalog.slack.audit_channel or self.catalog.slack.default_channel


async def posted_heads(connection: Connection) -> tuple[tuple[Notice, Head], ...]:
    """The heads that were posted, newest first, as far as our own rows still say so."""
    found = []
    for said in await notices.latest(connection, HEAD):
        texts = [piece.text for line in said.lines for piece in line if piece.form is Form.CODE]
        try:
            found.append((said, read_head(texts[0])))
        except (IndexError, ValueError):
            continue  # somebody altered the row; the post in Slack stands
    return tuple(found)
