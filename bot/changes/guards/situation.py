"""How things stand in a place now: one snapshot of the rows, for the gate to decide by."""

from datetime import datetime

from bot.catalog import Catalog
from bot.domain import freeze
from bot.domain.alert import AlertGroup
from bot.domain.change import Change, ChangeKind
from bot.domain.incident import PagerDutyIncident
from bot.domain.place import Place
from bot.domain.plan import Plan
from bot.domain.situation import Severe, Situation
from bot.domain.verification import SCAN, Check, blocking
from bot.storage import approvals, changes, freezes, locks, revisions
from bot.storage.database import Connection
from bot.storage.situation import troubles


async def situation(
    connection: Connection,
    catalog: Catalog,
    place: Place,
    *,
    now: datetime,
    change: Change | None,
    digest: str | None,
) -> Situation:
    """Read everything the gate decides by, for `change` or for any that somebody might begin.

    `digest` is the image that would run, None while nobody knows. Approvals count for the plan as
    the change holds it: whoever has made a newer one hands in the change with that.
    """
    where = (place.environment, place.service)
    policy = place.config.deploy
    declared = await freezes.ahead(connection, *where, at=now)
    standing = [one.frozen for one in declared if one.stands(now)]
    coming = (one.frozen for one in declared if not one.stands(now))
    under_way = await changes.under_way(connection, *where)
    plan = change.plan if change is not None else None
    return Situation(
        environment=place.environment,
        service=place.service,
        now=now,
        people=catalog.people,
        required=policy.approvals,
        asked_by=change.asked_by if change is not None else None,
        binding=plan.binding if plan is not None else None,
        approvals=await approvals.of_change(connection, change.id) if change is not None else (),
        locks=await locks.standing(connection, *where, at=now),
        freezes=(*standing, *freeze.standing(policy.freeze, now)),
        next_freeze=freeze.earlier(next(coming, None), freeze.next_of(policy.freeze, now)),
        severe=await _severe(connection, catalog, place),
        after=policy.after,
        is_good_there=await _is_good(connection, policy.after, place.service, digest),
        under_way=_another(under_way, change),
        scanned=_scanned(plan),
    )


def is_fast_lane(change: Change) -> bool:
    """Whether it goes back: a rollback finds only what proved itself, or ran until the last deploy
    where nothing has yet."""
    return change.kind is ChangeKind.ROLLBACK


def _another(under_way: Change | None, change: Change | None) -> Change | None:
    is_same = under_way is not None and change is not None and under_way.id == change.id
    return None if is_same else under_way


def _scanned(plan: Plan | None) -> Check | None:
    found = blocking(plan.checks) if plan is not None else ()
    return next((check for check in found if check.name == SCAN), None)


async def _is_good(
    connection: Connection, environment: str | None, service: str, digest: str | None
) -> bool | None:
    """Whether this image proved itself there; None while nobody knows which image it is."""
    if environment is None or digest is None:
        return None
    good = await revisions.good(connection, environment, service)
    return any(revision.digest == digest for revision in good)


async def _severe(connection: Connection, catalog: Catalog, place: Place) -> tuple[Severe, ...]:
    known_as = catalog.services[place.service].pagerduty
    found = await troubles(
        connection,
        place.environment,
        place.service,
        pagerduty_service=known_as.service if known_as is not None else None,
    )
    return (*map(_of_incident, found.incidents), *map(_of_group, found.groups))


def _of_incident(incident: PagerDutyIncident) -> Severe:
    how = incident.priority or f"{incident.urgency} urgency"
    return Severe(
        words=f"PagerDuty's incident {incident.label} ({how}) is open: {incident.title},",
        since=incident.created_at,
        link=incident.url or None,
    )


def _of_group(group: AlertGroup) -> Severe:
    return Severe(words=f"{group.name} (critical) is firing", since=group.started_at)
