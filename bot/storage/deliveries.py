"""What deliverers read and write: whose channel it is, what is due in it, what became of it.

A deliverer owns a channel by a lease. Whatever it writes about a card it writes after `hold`, in
the same transaction: one that has lost its lease, because it was frozen or cut off, changes
nothing any more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from bot.domain.card import Kind, Urgency
from bot.storage import budgets
from bot.storage.budgets import Budget
from bot.storage.cards import ensure_channel, want
from bot.storage.database import Connection, database_now, in_seconds
from bot.storage.schema.cards import cards, channels, owed, pictures


@dataclass(frozen=True, slots=True)
class Claim:
    """A channel that `owner` may deliver to for `lease_s` seconds after each `hold`."""

    channel: str
    owner: str
    lease_s: float


class Step(StrEnum):
    """What is to be done for a card next."""

    POST = "post"
    EDIT = "edit"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class Work:
    """One card that owes Slack something now, as it was in one snapshot.

    `attempted_at`: a post began then and how it ended is not known. `now` is the database's.
    """

    step: Step
    card_id: str
    kind: Kind
    subject_id: str
    urgency: Urgency
    wanted: int
    wanted_at: datetime
    refused: int
    reposts: int
    failures: int
    thread_failures: int
    channel_id: str | None
    ts: str | None
    attempted_at: datetime | None
    now: datetime
    correlation_id: str = ""
    """Of the act that last wanted a revision."""
    otherwise: str | None = None
    """Where it stands if the bot cannot post in its channel."""
    thread_ts: str | None = None
    """The message in whose thread it stands; None for one of its own."""

    @property
    def is_urgent(self) -> bool:
        """Whether it may use what is kept of the budgets."""
        return self.urgency is Urgency.OUTCOME


async def is_any_due(
    connection: Connection,
    owner: str,
    updates: Budget,
    *,
    busy: Collection[str],
    ahead_s: float = 0.0,
) -> bool:
    """Whether a claim would find something; cheap enough to ask often."""
    due = _has_due(updates, ahead_s)
    found = select(channels.c.name).where(_claimable(owner, busy), due).limit(1)
    return (await connection.execute(found)).first() is not None


async def claim(
    connection: Connection,
    owner: str,
    updates: Budget,
    *,
    lease_s: float,
    busy: Collection[str],
    at_most: int,
    ahead_s: float = 0.0,
) -> list[Claim]:
    """Take the leases of channels in which something is due, the most urgent first.

    A lease of the same owner counts as free, so that a restarted process goes on at once; `busy`
    names the channels it is at work in now. Owners have different names. A new message of its own
    may go `ahead_s` before its channel's turn.
    """
    due = and_(cards.c.channel == channels.c.name, _due(updates, ahead_s))
    urgency = select(func.min(cards.c.urgency)).where(due).scalar_subquery()
    since = select(func.min(cards.c.wanted_at)).where(due).scalar_subquery()
    ready = (
        select(channels.c.name)
        .where(_claimable(owner, busy), _has_due(updates, ahead_s))
        .order_by(urgency, since)
        .limit(at_most)
        .with_for_update(of=channels, skip_locked=True)
        .cte("ready")
    )
    taken = await connection.execute(
        update(channels)
        .where(channels.c.name.in_(select(ready.c.name)))
        .values(owner=owner, lease_until=in_seconds(lease_s))
        .returning(channels.c.name)
    )
    return [Claim(name, owner, lease_s) for name in taken.scalars()]


async def hold(connection: Connection, claim: Claim) -> bool:
    """Renew the lease; False when it has run out: then nothing may be written or sent."""
    held = (
        update(channels)
        .where(_held(claim))
        .values(lease_until=in_seconds(claim.lease_s))
        .returning(channels.c.name)
    )
    return (await connection.execute(held)).first() is not None


async def release(connection: Connection, claim: Claim) -> None:
    """Give the channel back."""
    await connection.execute(
        update(channels).where(_held(claim)).values(owner=None, lease_until=None)
    )


async def next_work(
    connection: Connection, channel: str, updates: Budget, *, ahead_s: float = 0.0
) -> Work | None:
    """What is due first in this channel; what is as urgent goes message first, then threads."""
    head = _head_due(updates, ahead_s)
    found = await connection.execute(
        select(
            cards,
            head.label("head"),
            _thread_ts().label("thread_ts"),
            database_now().label("now"),
        )
        .join(channels, channels.c.name == cards.c.channel)
        .where(cards.c.channel == channel, owed, or_(head, _thread_due()))
        .order_by(
            cards.c.urgency,
            _storm_first,
            case((head, 0), else_=1),
            cards.c.wanted_at,
            cards.c.id,
        )
        .limit(1)
    )
    row = found.first()
    if row is None:
        return None
    step = Step.ENTRY
    if row.head:
        step = Step.POST if row.ts is None else Step.EDIT
    return Work(
        step=step,
        card_id=row.id,
        kind=Kind(row.kind),
        subject_id=row.subject_id,
        urgency=Urgency(row.urgency),
        wanted=row.wanted,
        wanted_at=row.wanted_at,
        refused=row.refused,
        reposts=row.reposts,
        failures=row.failures,
        thread_failures=row.thread_failures,
        channel_id=row.channel_id,
        ts=row.ts,
        attempted_at=row.attempted_at,
        now=row.now,
        correlation_id=row.correlation_id or "",
        otherwise=row.otherwise,
        thread_ts=row.thread_ts,
    )


async def clock(connection: Connection) -> datetime:
    """The database's time."""
    now: datetime = (await connection.execute(select(database_now()))).scalar_one()
    return now


async def revision(connection: Connection, card_id: str) -> tuple[int, int]:
    """The revision wanted now, and the last one whose blocks Slack refused."""
    found = select(cards.c.wanted, cards.c.refused).where(cards.c.id == card_id)
    row = (await connection.execute(found)).one()
    return row.wanted, row.refused


async def begin_post(
    connection: Connection,
    claim: Claim,
    card_id: str,
    *,
    every_s: float,
    unknown_for_s: float,
    ahead_s: float = 0.0,
) -> bool:
    """Note that a post begins, so that it is looked for if nobody learns how it ended.

    False when the card was folded into a storm's a moment ago, or when the channel has no token
    for it. Until `unknown_for_s` from now the card is not due: Slack may still be at it.
    """
    # Whoever folds cards holds the channel's row, as this transaction does.
    folded = select(cards.c.is_folded).where(cards.c.id == card_id)
    if (await connection.execute(folded)).scalar_one():
        return False
    if not await take_post(connection, claim.channel, every_s=every_s, ahead_s=ahead_s):
        return False
    await connection.execute(
        update(cards)
        .where(cards.c.id == card_id)
        .values(
            attempted_at=func.coalesce(cards.c.attempted_at, database_now()),
            next_at=in_seconds(unknown_for_s),
        )
    )
    return True


async def take_post(
    connection: Connection, channel: str, *, every_s: float, ahead_s: float = 0.0
) -> bool:
    """Take the channel's token for one message, up to `ahead_s` before there is one."""
    is_early = channels.c.post_at > database_now()
    taken = (
        update(channels)
        .where(channels.c.name == channel, channels.c.post_at <= in_seconds(ahead_s))
        .values(post_at=case((is_early, channels.c.post_at + every_s), else_=in_seconds(every_s)))
        .returning(channels.c.name)
    )
    return (await connection.execute(taken)).first() is not None


async def pause_posts(connection: Connection, channel: str, *, for_s: float) -> None:
    """Slack said no: nothing is posted in this channel for so long."""
    await connection.execute(
        update(channels).where(channels.c.name == channel).values(post_at=in_seconds(for_s))
    )


async def shown(
    connection: Connection,
    card_id: str,
    *,
    revision: int,
    channel_id: str,
    ts: str,
    pause_s: float,
) -> None:
    """Slack shows this revision. The next edit waits `pause_s`, unless news came meanwhile.

    A storm's card is urgent until it stands. After that news comes without end, and waits.
    """
    now = database_now()
    more = cards.c.wanted > revision
    is_storm = cards.c.kind == Kind.STORM.value
    hurries = and_(more, cards.c.urgency < int(Urgency.PROGRESS), ~is_storm)
    await connection.execute(
        update(cards)
        .where(cards.c.id == card_id)
        .values(
            shown=revision,
            channel_id=channel_id,
            ts=ts,
            attempted_at=None,
            failures=0,
            last_error=None,
            wanted_at=case((more, now), else_=cards.c.wanted_at),
            urgency=case((is_storm, int(Urgency.PROGRESS)), else_=cards.c.urgency),
            next_at=case((hurries, now), else_=now + pause_s),
        )
    )


async def not_sent(connection: Connection, card_id: str) -> None:
    """The post that began is known to have failed: there is nothing to look for."""
    await connection.execute(update(cards).where(cards.c.id == card_id).values(attempted_at=None))


async def postpone(
    connection: Connection, card_id: str, *, for_s: float, error: str | None = None
) -> None:
    """Try the message again after `for_s`; with an error it counts as a failure."""
    values: dict[str, Any] = {"next_at": in_seconds(for_s)}
    if error is not None:
        values |= {"failures": cards.c.failures + 1, "last_error": error}
    await connection.execute(update(cards).where(cards.c.id == card_id).values(**values))


async def postpone_thread(
    connection: Connection, card_id: str, *, for_s: float, error: str | None = None
) -> None:
    """Try the thread again after `for_s`; with an error it counts as a failure."""
    values: dict[str, Any] = {"thread_next_at": in_seconds(for_s)}
    if error is not None:
        values |= {"thread_failures": cards.c.thread_failures + 1, "last_error": error}
    await connection.execute(update(cards).where(cards.c.id == card_id).values(**values))


async def refuse_blocks(connection: Connection, card_id: str, revision: int) -> None:
    """Slack refused this revision's blocks: it is shown as text."""
    await connection.execute(
        update(cards).where(cards.c.id == card_id).values(refused=revision, next_at=database_now())
    )


async def forget_message(connection: Connection, card_id: str) -> None:
    """Somebody deleted the message: post it anew, and then what stood in its thread."""
    now = database_now()
    await connection.execute(
        update(cards)
        .where(cards.c.id == card_id)
        .values(
            ts=None, attempted_at=None, reposts=cards.c.reposts + 1, next_at=now, thread_next_at=now
        )
    )
    below = await connection.execute(
        update(cards)
        .where(cards.c.under == card_id)
        .values(ts=None, attempted_at=None, next_at=now)
        .returning(cards.c.id)
    )
    lost = sorted([card_id, *below.scalars()])
    await want(connection, lost, urgency=Urgency.PROGRESS)


async def thread_gone(connection: Connection, work: Work, *, error: str) -> None:
    """The message it should stand under was deleted: that one comes back once, and this below it;
    after that this is owed no more."""
    above = select(cards.c.under).where(cards.c.id == work.card_id).scalar_subquery()
    found = await connection.execute(
        select(cards.c.id).where(cards.c.id == above, cards.c.reposts == 0)
    )
    card_id = found.scalar()
    if card_id is not None:
        await forget_message(connection, card_id)
    else:
        await settle(connection, work.card_id, revision=work.wanted, error=error)


async def move(connection: Connection, card_id: str, *, to: str) -> None:
    """The bot cannot post in the card's channel: it stands elsewhere, and is due there now, as are
    those in its thread."""
    await ensure_channel(connection, to)
    await connection.execute(
        update(cards)
        .where(or_(cards.c.id == card_id, cards.c.under == card_id))
        .values(
            channel=to,
            otherwise=None,
            channel_id=None,
            ts=None,
            attempted_at=None,
            next_at=database_now(),
            failures=0,
        )
    )


async def settle(connection: Connection, card_id: str, *, revision: int, error: str) -> None:
    """Owe this revision no more, although Slack does not show it; `error` says why."""
    await connection.execute(
        update(cards).where(cards.c.id == card_id).values(shown=revision, last_error=error)
    )


_storm_first = case((cards.c.kind == Kind.STORM.value, 0), else_=1)
"""Among what is as urgent: a storm's card shows all those that have none."""


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(
        channels.c.name == claim.channel,
        channels.c.owner == claim.owner,
        channels.c.lease_until > database_now(),
    )


def _claimable(owner: str, busy: Collection[str]) -> ColumnElement[bool]:
    free = or_(
        channels.c.lease_until.is_(None),
        channels.c.lease_until <= database_now(),
        channels.c.owner == owner,
    )
    return and_(free, channels.c.name.not_in(sorted(busy)))


def _has_due(updates: Budget, ahead_s: float) -> ColumnElement[bool]:
    return exists().where(cards.c.channel == channels.c.name, _due(updates, ahead_s))


def _due(updates: Budget, ahead_s: float) -> ColumnElement[bool]:
    return and_(owed, or_(_head_due(updates, ahead_s), _thread_due()))


def _head_due(updates: Budget, ahead_s: float) -> ColumnElement[bool]:
    now = database_now()
    may_edit = case(
        (cards.c.urgency == int(Urgency.OUTCOME), budgets.ready_at(updates, urgent=True)),
        else_=budgets.ready_at(updates, urgent=False),
    )
    # What is said in a thread waits for the channel's turn.
    turn = case((cards.c.under.is_(None), channels.c.post_at - ahead_s), else_=channels.c.post_at)
    may_go = case((cards.c.ts.is_(None), turn), else_=may_edit)
    has_place = or_(cards.c.under.is_(None), cards.c.ts.is_not(None), _thread_ts().is_not(None))
    return and_(cards.c.wanted > cards.c.shown, cards.c.next_at <= now, may_go <= now, has_place)


def _thread_ts() -> ScalarSelect[str | None]:
    """Of a card that stands in a thread, the message it stands under; null until that is posted."""
    above = cards.alias("above")
    return select(above.c.ts).where(above.c.id == cards.c.under).correlate(cards).scalar_subquery()


def _thread_due() -> ColumnElement[bool]:
    now = database_now()
    # A picture on its way is no post: it has a budget of its own.
    is_picture = exists().where(
        pictures.c.card_id == cards.c.id, pictures.c.number == cards.c.delivered + 1
    )
    return and_(
        cards.c.entries > cards.c.delivered,
        cards.c.ts.is_not(None),
        cards.c.thread_next_at <= now,
        or_(channels.c.post_at <= now, is_picture),
    )
