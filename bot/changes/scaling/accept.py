"""A scaling is asked for: who may, where it is shown, and the row that promises it."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.catalog import Catalog
from bot.changes.accept import DEDUPLICATED_S, channel_of
from bot.changes.audit.entries import denied_entry
from bot.changes.guards.situation import situation
from bot.changes.scaling.entries import SCALE, asked_entry
from bot.changes.scaling.promise import ScalingPromises
from bot.domain.asked import Asked
from bot.domain.card import Kind, Urgency
from bot.domain.gate import Decision, Obstacle, may_scale
from bot.domain.place import Place, find_place
from bot.domain.scaling.scaling import Scaling, ScalingRequest, ScalingState
from bot.domain.scaling.wish import beyond, check_length
from bot.errors import NotAllowed
from bot.storage import audit, cards, scalings
from bot.storage.database import Connection, Database
from bot.storage.deduplication import first_time

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AcceptScaling:
    """Accepts what somebody asked for, from memory and our own database alone."""

    database: Database
    catalog: Catalog
    promises: ScalingPromises
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def __call__(self, request: ScalingRequest, *, asked: Asked) -> Scaling:
        """Write the scaling, its card and the key of the request in one transaction.

        The same request again gives the same scaling.

        Raises:
            NotKnown, UsageError: no such environment or service, or it would stand for too long.
            NotAllowed: the gate says no.
        """
        place = find_place(self.catalog, request.environment, request.service)
        if request.length is not None:
            check_length(request.length)
        scaling = self._new(request, place, asked)
        async with self.database.write() as connection:
            refusal = await self._refusal(connection, place, scaling, asked)
            if refusal is None and await first_time(
                connection, f"scaling:{asked.key}", keep_s=DEDUPLICATED_S
            ):
                await _write(connection, scaling)
                await audit.add(connection, asked_entry(scaling, asked))
        if refusal is not None:
            await self._deny(scaling, asked, refusal)
            raise NotAllowed(refusal)
        log.info(
            "scaling_accepted",
            extra={
                "action": "scaling_accepted",
                "scaling_id": scaling.id,
                "environment": scaling.environment,
                "service": scaling.service,
            },
        )
        self.wake()
        self.promises.begin(scaling)
        return scaling

    async def _refusal(
        self, connection: Connection, place: Place, scaling: Scaling, asked: Asked
    ) -> str | None:
        """What stands in the way already now; of a rehearsal only the rights do."""
        facts = await situation(
            connection, self.catalog, place, now=self.now(), change=None, digest=None
        )
        decision = may_scale(
            facts,
            asked.by,
            beyond=beyond(scaling.wish, place.config.scale),
            forced=scaling.forced is not None,
        )
        reasons = decision.reasons
        if scaling.is_dry_run:
            reasons = tuple(one for one in reasons if one.obstacle is Obstacle.RIGHTS)
        return Decision(reasons).text if reasons else None

    async def _deny(self, scaling: Scaling, asked: Asked, why: str) -> None:
        """Write down that somebody tried, in a transaction of its own."""
        entry = denied_entry(asked, SCALE, scaling.environment, scaling.service, why)
        async with self.database.write() as connection:
            await audit.add(connection, entry)

    def _new(self, request: ScalingRequest, place: Place, asked: Asked) -> Scaling:
        now = self.now()
        return Scaling(
            id=scaling_id(asked.key),
            environment=place.environment,
            service=place.service,
            channel=channel_of(self.catalog, place),
            asked_by=asked.by.id,
            asked_at=now,
            wish=request.wish,
            state=ScalingState.LOOKING,
            state_revision=1,
            changed_at=now,
            correlation_id=asked.correlation_id,
            lasts_s=request.length.total_seconds() if request.length is not None else None,
            reason=request.reason,
            forced=request.forced,
            is_dry_run=request.is_dry_run,
            expires_at=now + place.config.deploy.proposal_expires / self.catalog.pace,
        )


async def _write(connection: Connection, scaling: Scaling) -> None:
    if not await scalings.add(connection, scaling):
        return
    await cards.open_card(
        connection,
        kind=Kind.SCALING,
        subject_id=scaling.id,
        channel=scaling.channel,
        urgency=Urgency.NEW,
    )


def scaling_id(key: str) -> str:
    """The scaling's id; the same request has the same."""
    return f"scaling-{hashlib.sha256(key.encode()).hexdigest()[:20]}"
