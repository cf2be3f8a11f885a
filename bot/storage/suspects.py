"""What suspects are ranked from: what was done around an onset, and what people said of suspects.

A verdict marks the card of its alert group, in the transaction that writes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, not_, or_, select, update

from bot.catalog import ANY
from bot.domain.alert import AlertGroup
from bot.domain.card import Kind, Urgency
from bot.domain.change import Change
from bot.domain.freeze import Declared
from bot.domain.lock import Lock
from bot.domain.scaling.scaling import Scaling
from bot.domain.suspects import Deed, Verdict
from bot.domain.suspects.beside import Firing
from bot.storage import cards, changes, freezes, locks, scalings
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import alert_groups
from bot.storage.schema.changes import changes as change_rows
from bot.storage.schema.guards import freezes as freeze_rows
from bot.storage.schema.guards import locks as lock_rows
from bot.storage.schema.scalings import scalings as scaling_rows
from bot.storage.schema.suspects import onset_traffic, onsets, suspect_verdicts

MOST = 50
"""Things done in one environment in the hours looked at, of each kind; the newest count."""
MOST_GROUPS = 300
"""Alert groups beside it that are looked at: in a storm there are thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What is known of the moment a group began: see `bot.domain.suspects.Onset`."""

    turned_at: datetime | None = None
    rising_since: datetime | None = None
    busier: float | None = None
    depends_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """What people said of a version elsewhere."""

    version: str
    alert: str
    is_cause: bool


async def begin(connection: Connection, group_id: str, depends_on: Iterable[str]) -> None:
    """Keep what a group's own service calls as it begins."""
    new = insert_into(connection, onsets).values(group_id=group_id, depends_on=sorted(depends_on))
    await connection.execute(new.on_conflict_do_nothing())


async def keep_before(connection: Connection, group_id: str, before: Before) -> None:
    """Keep what Prometheus says of the time before a group that has begun; its card is marked."""
    await connection.execute(
        update(onsets)
        .where(onsets.c.group_id == group_id)
        .values(turned_at=before.turned_at, rising_since=before.rising_since, busier=before.busier)
    )
    await cards.mark(connection, Kind.ALERT_GROUP, group_id, urgency=Urgency.PROGRESS)


async def before(connection: Connection, group_id: str) -> Before:
    """What is known of the moment a group began; nothing of one from before there were suspects."""
    row = (await connection.execute(select(onsets).where(onsets.c.group_id == group_id))).first()
    if row is None:
        return Before()
    return Before(
        turned_at=row.turned_at,
        rising_since=row.rising_since,
        busier=row.busier,
        depends_on=frozenset(row.depends_on),
    )


async def keep_traffic(
    connection: Connection, group_id: str, change_id: str, weight: float
) -> None:
    """Keep how much traffic a change under way had as a group began. `weight` is percent."""
    await connection.execute(
        insert(onset_traffic).values(group_id=group_id, change_id=change_id, weight=weight)
    )


async def traffic(connection: Connection, group_id: str) -> Mapping[str, float]:
    """Percent of the traffic that changes under way had as the group began, by change."""
    rows = await connection.execute(
        select(onset_traffic).where(onset_traffic.c.group_id == group_id)
    )
    return {row.change_id: row.weight for row in rows}


async def changes_in(
    connection: Connection, environment: str, *, since: datetime, until: datetime | None = None
) -> tuple[Change, ...]:
    """What asked ECS for something in this environment since then, the newest first.

    Of what is long over, what came after it would leave no room: `until` is when it ended.
    """
    rows = await connection.execute(
        select(change_rows.c.id)
        .where(
            change_rows.c.environment == environment,
            change_rows.c.started_at >= since,
            *([change_rows.c.started_at <= until] if until is not None else []),
            not_(change_rows.c.is_dry_run),
        )
        .order_by(change_rows.c.started_at.desc(), change_rows.c.id)
        .limit(MOST)
    )
    return await changes.every(connection, rows.scalars().all())


async def scalings_in(
    connection: Connection, environment: str, *, since: datetime, until: datetime | None = None
) -> tuple[Scaling, ...]:
    """What set a capacity in this environment since then, or set one back, the newest first.

    `until` is as for changes.
    """
    rows = await connection.execute(
        select(scaling_rows.c.id)
        .where(
            scaling_rows.c.environment == environment,
            scaling_rows.c.set_at.is_not(None),
            or_(scaling_rows.c.set_at >= since, scaling_rows.c.returning_at >= since),
            *([scaling_rows.c.set_at <= until] if until is not None else []),
            not_(scaling_rows.c.is_dry_run),
        )
        .order_by(scaling_rows.c.set_at.desc(), scaling_rows.c.id)
        .limit(MOST)
    )
    return tuple([await scalings.get(connection, one) for one in rows.scalars().all()])


async def locks_in(
    connection: Connection, environment: str, service: str, *, since: datetime
) -> tuple[Lock, ...]:
    """What was locked since then and holds this place, the newest first."""
    rows = await connection.execute(
        select(lock_rows.c.id)
        .where(
            lock_rows.c.environment == environment,
            lock_rows.c.service.in_([service, ANY]),
            lock_rows.c.at >= since,
        )
        .order_by(lock_rows.c.at.desc(), lock_rows.c.id)
        .limit(MOST)
    )
    return tuple([await locks.get(connection, one) for one in rows.scalars().all()])


async def freezes_in(
    connection: Connection, environment: str, service: str, *, since: datetime
) -> tuple[Declared, ...]:
    """What was frozen since then and holds this place, the newest first."""
    rows = await connection.execute(
        select(freeze_rows.c.id)
        .where(
            freeze_rows.c.environment == environment,
            freeze_rows.c.service.in_([service, ANY]),
            freeze_rows.c.begins_at >= since,
            freeze_rows.c.lifted_at.is_(None),
        )
        .order_by(freeze_rows.c.begins_at.desc(), freeze_rows.c.id)
        .limit(MOST)
    )
    return tuple([await freezes.get(connection, one) for one in rows.scalars().all()])


async def firings_beside(
    connection: Connection, group: AlertGroup, *, since: datetime
) -> tuple[Firing, ...]:
    """The other groups of its environment that began since then and not after it, newest first."""
    rows = await connection.execute(
        select(alert_groups, onsets.c.turned_at)
        .outerjoin(onsets, onsets.c.group_id == alert_groups.c.id)
        .where(
            alert_groups.c.environment == group.environment,
            alert_groups.c.started_at >= since,
            alert_groups.c.started_at <= group.started_at,
            alert_groups.c.id != group.id,
        )
        .order_by(alert_groups.c.started_at.desc(), alert_groups.c.id)
        .limit(MOST_GROUPS)
    )
    return tuple(
        Firing(
            name=row.name,
            service=row.service,
            started_at=row.started_at,
            resolved_at=row.resolved_at,
            turned_at=row.turned_at,
        )
        for row in rows
    )


async def followed(connection: Connection, deploy: Deed, version: str, *, within_s: float) -> int:
    """How many alert groups began soon after the same version was deployed earlier, anywhere."""
    earlier = change_rows.alias("earlier")
    started = earlier.c.started_at
    found = await connection.execute(
        select(func.count(alert_groups.c.id.distinct()))
        .select_from(earlier)
        .join(
            alert_groups,
            (alert_groups.c.environment == earlier.c.environment)
            & (alert_groups.c.service == earlier.c.service)
            & (alert_groups.c.started_at >= started)
            & (alert_groups.c.started_at <= started + within_s),
        )
        .where(
            earlier.c.service == deploy.service,
            earlier.c.version == version,
            earlier.c.id != deploy.id,
            started < deploy.began_at,
        )
    )
    return int(found.scalar_one())


async def said_elsewhere(
    connection: Connection, group_id: str, versions: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], tuple[Said, ...]]:
    """What people said of these (service, version) on the cards of other alert groups."""
    wanted = set(versions)
    rows = await connection.execute(
        select(suspect_verdicts)
        .where(
            suspect_verdicts.c.service.in_(sorted({service for service, _ in wanted})),
            suspect_verdicts.c.version.in_(sorted({version for _, version in wanted})),
            suspect_verdicts.c.group_id != group_id,
        )
        .order_by(suspect_verdicts.c.at)
    )
    found: dict[tuple[str, str], tuple[Said, ...]] = {}
    for row in rows:
        key = (row.service, row.version)
        if key in wanted:
            found[key] = (*found.get(key, ()), Said(row.version, row.alert, row.is_cause))
    return found


async def verdicts(connection: Connection, group_id: str) -> Mapping[tuple[str, str], Verdict]:
    """What people said of this group's suspects, by kind of row and its id."""
    rows = await connection.execute(
        select(suspect_verdicts).where(suspect_verdicts.c.group_id == group_id)
    )
    return {
        (row.kind, row.subject_id): Verdict(is_cause=row.is_cause, by=row.by, at=row.at)
        for row in rows
    }


async def say(connection: Connection, group: AlertGroup, deed: Deed, verdict: Verdict) -> None:
    """Keep what a person said of a suspect; the last word counts. The card is marked."""
    new = {"is_cause": verdict.is_cause, "by": verdict.by, "at": verdict.at}
    written = insert_into(connection, suspect_verdicts).values(
        group_id=group.id,
        kind=deed.kind.row,
        subject_id=deed.id,
        environment=deed.environment,
        service=deed.service,
        version=deed.version,
        alert=group.name,
        **new,
    )
    keys = [
        suspect_verdicts.c.group_id,
        suspect_verdicts.c.kind,
        suspect_verdicts.c.subject_id,
    ]
    await connection.execute(written.on_conflict_do_update(index_elements=keys, set_=new))
    await cards.mark(connection, Kind.ALERT_GROUP, group.id, urgency=Urgency.NEW)
