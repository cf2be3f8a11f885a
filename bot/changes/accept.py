"""A change is asked for: who may, where it is shown, and the row that promises it."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.catalog import Catalog
from bot.changes.audit.entries import asked_entry, denied_entry
from bot.changes.guards.situation import is_fast_lane, situation
from bot.changes.promise import Promises
from bot.domain.asked import Asked
from bot.domain.card import Kind, Urgency
from bot.domain.change import Change, ChangeKind, ChangeRequest, ChangeState
from bot.domain.gate import VERBS, Decision, Obstacle, may_begin
from bot.domain.place import Place, find_place
from bot.errors import Conflict, NotAllowed
from bot.storage import audit, cards, changes
from bot.storage.database import Connection, Database
from bot.storage.deduplication import first_time

DEDUPLICATED_S = 86_400.0
"""How long a repetition of the same request is recognised; Slack repeats for minutes."""
AT_ONCE = frozenset({Obstacle.RIGHTS, Obstacle.LOCK, Obstacle.FREEZE, Obstacle.INCIDENT})
"""What refuses a request before it becomes a proposal."""

log = logging.getLogger(__name__)


class UnderWay(Conflict):
    """A rollback was asked for while a change rolls out: that one is to be aborted."""

    def __init__(self, change: Change) -> None:
        super().__init__(
            f"{change.wanted_name} is rolling out for {change.service} in {change.environment}. "
            "Abort it on its card: that rolls back."
        )
        self.change = change


@dataclass(frozen=True, slots=True)
class AcceptChange:
    """Accepts what somebody asked for, from memory and our own database alone."""

    database: Database
    catalog: Catalog
    promises: Promises
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def __call__(self, request: ChangeRequest, *, asked: Asked) -> Change:
        """Write the change, its card and the key of the request in one transaction.

        The same request again gives the same change.

        Raises:
            NotKnown, UsageError: no such environment or service.
            NotAllowed: the gate says no.
            UnderWay: a rollback was asked for while something rolls out there.
        """
        place = find_place(self.catalog, request.environment, request.service)
        change = self._new(request, place, asked)
        async with self.database.write() as connection:
            refusal = await self._refusal(connection, place, change, asked)
            if refusal is None and await first_time(
                connection, f"change:{asked.key}", keep_s=DEDUPLICATED_S
            ):
                await _refuse_if_it_should_be_aborted(connection, change)
                await write(connection, change)
                await audit.add(connection, asked_entry(change, asked))
        if refusal is not None:
            await self._deny(change, asked, refusal)
            raise NotAllowed(refusal)
        log.info(
            "change_accepted",
            extra={
                "action": "change_accepted",
                "change_id": change.id,
                "kind": change.kind.value,
                "environment": change.environment,
                "service": change.service,
            },
        )
        self.wake()
        self.promises.begin(change.id)
        return change

    async def _refusal(
        self, connection: Connection, place: Place, change: Change, asked: Asked
    ) -> str | None:
        """What stands in the way already now; nothing, where it may at least be proposed.

        What may change while a proposal waits is asked again when it is to begin: approvals, the
        order of environments, a rollout under way.
        """
        now = self.now()
        facts = await situation(
            connection, self.catalog, place, now=now, change=change, digest=None
        )
        decision = may_begin(
            facts,
            asked.by,
            VERBS[change.kind],
            fast_lane=is_fast_lane(change),
            forced=change.forced is not None,
        )
        first = [one for one in decision.reasons if one.obstacle in AT_ONCE]
        if change.is_dry_run:
            first = [one for one in first if one.obstacle is Obstacle.RIGHTS]
        return Decision(tuple(first)).text if first else None

    async def _deny(self, change: Change, asked: Asked, why: str) -> None:
        """Write down that somebody tried, in a transaction of its own."""
        entry = denied_entry(asked, change.kind.value, change.environment, change.service, why)
        async with self.database.write() as connection:
            await audit.add(connection, entry)

    def _new(self, request: ChangeRequest, place: Place, asked: Asked) -> Change:
        now = self.now()
        expires = place.config.deploy.proposal_expires / self.catalog.pace
        return Change(
            id=change_id(asked.key),
            kind=request.kind,
            service=place.service,
            environment=place.environment,
            channel=channel_of(self.catalog, place),
            asked_by=asked.by.id,
            asked_at=now,
            state=ChangeState.PROPOSING,
            state_revision=1,
            changed_at=now,
            version=request.version,
            reason=request.reason,
            strategy=request.strategy,
            is_dry_run=request.is_dry_run,
            asks_first=request.asks_first,
            forced=request.forced,
            correlation_id=asked.correlation_id,
            expires_at=now + expires,
        )


async def _refuse_if_it_should_be_aborted(connection: Connection, change: Change) -> None:
    if change.kind is not ChangeKind.ROLLBACK or change.version is not None:
        return
    under_way = await changes.under_way(connection, change.environment, change.service)
    is_going_back = under_way is not None and under_way.state is ChangeState.ROLLING_BACK
    if under_way is None or is_going_back or under_way.kind is ChangeKind.RESTART:
        return  # aborting a restart leads nowhere else: the way back is shown, and waits for it
    raise UnderWay(under_way)


async def write(connection: Connection, change: Change) -> bool:
    """Write a new change and open its card; False when it stands already."""
    if not await changes.add(connection, change):
        return False
    await cards.open_card(
        connection,
        kind=Kind.CHANGE,
        subject_id=change.id,
        channel=change.channel,
        urgency=Urgency.NEW,
    )
    return True


def change_id(key: str) -> str:
    """The change's id, which is its workflow's too; the same request has the same."""
    return f"change-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def channel_of(catalog: Catalog, place: Place) -> str:
    """Where changes of this place are shown."""
    return place.config.channel or catalog.slack.default_channel
