"""Proposals that wait for other people's word: which there are, and how things stand for each."""

from datetime import datetime

from bot.catalog import Catalog
from bot.changes.guards.situation import is_fast_lane, situation
from bot.domain import gate
from bot.domain.change import Change, ChangeState
from bot.domain.place import find_place
from bot.domain.situation import Situation
from bot.domain.words import named
from bot.errors import Conflict
from bot.storage import approvals, changes
from bot.storage.database import Connection


async def the_one_waiting(
    connection: Connection,
    catalog: Catalog,
    environment: str,
    service: str | None,
    *,
    at: datetime,
) -> tuple[Change, Situation]:
    """The one proposal that waits for approval there, and how things stand for it.

    Raises:
        NotKnown: there is no such place.
        Conflict: none waits, or several do; the text says which.
    """
    if service is not None or environment not in _environments(catalog):
        find_place(catalog, environment, service)
    found = []
    for change_id in await approvals.waiting(connection, environment, service):
        change = await changes.get(connection, change_id)
        now = await situation_of(connection, catalog, change, at=at)
        if not is_over(change, at) and needs_approval(change, now):
            found.append((change, now))
    if not found:
        raise Conflict(f"Nothing waits for an approval in {environment}.")
    if len(found) > 1:
        listed = "; ".join(
            f"{change.service} {change.wanted_name}, asked for by {named(change.asked_by)}"
            for change, _ in found
        )
        raise Conflict(
            f"{len(found)} proposals wait in {environment}: {listed}. Name the service, or press "
            "Approve on the card of the one you mean."
        )
    return found[0]


async def situation_of(
    connection: Connection, catalog: Catalog, change: Change, *, at: datetime
) -> Situation:
    """How things stand for this change, by its plan as it is now.

    Raises:
        NotKnown: its place is not in the catalogue any more.
    """
    place = find_place(catalog, change.environment, change.service)
    digest = change.plan.wanted.digest if change.plan is not None else None
    return await situation(connection, catalog, place, now=at, change=change, digest=digest)


def is_as_drawn(change: Change, revision: int) -> bool:
    """Whether it still is the proposal a button was drawn for."""
    return change.state is ChangeState.PROPOSED and change.state_revision == revision


def is_over(change: Change, at: datetime) -> bool:
    """Whether its time to be confirmed or approved is over."""
    return change.expires_at is not None and at >= change.expires_at


def needs_approval(change: Change, now: Situation) -> bool:
    """Whether other people have to say yes before it may begin."""
    return gate.needs_approval(now, gate.VERBS[change.kind]) and not is_fast_lane(change)


def _environments(catalog: Catalog) -> set[str]:
    return {name for service in catalog.services.values() for name in service.environments}
