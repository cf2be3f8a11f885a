"""The groups of a storm, as its card, its list and its buttons read them."""

from collections.abc import Sequence

from sqlalchemy import func, select

from bot.domain.alert import AlertGroup, GroupState, Severity, Source
from bot.domain.incident import IncidentStatus
from bot.domain.silence import SilenceState
from bot.domain.storm import PAGE, Left, Member
from bot.domain.storm_act import Noted
from bot.domain.storm_silence import Heard
from bot.storage import alerts
from bot.storage.database import Connection
from bot.storage.schema.alerts import alert_group_incidents, alert_groups, pagerduty_incidents
from bot.storage.schema.alerts import alerts as alert_rows
from bot.storage.schema.silences import silence_groups, silences
from bot.storage.schema.storms import storm_groups

_g, _a = storm_groups.c, alert_groups.c


async def left(connection: Connection, storm_id: str) -> tuple[Left, ...]:
    """The folded groups that fire, that nobody is on, and that are not silenced."""
    rows = await connection.execute(
        select(_a.id, _a.severity, _a.started_at)
        .join(storm_groups, _g.group_id == _a.id)
        .where(
            _g.storm_id == storm_id,
            _g.is_folded,
            _g.noted_by.is_(None),
            _a.is_open,
            _a.state == GroupState.FIRING.value,
        )
    )
    found = [Left(row.id, Severity(row.severity), row.started_at) for row in rows]
    silenced = await _silenced(connection, storm_id)
    return tuple(one for one in found if one.group_id not in silenced)


async def members(connection: Connection, storm_id: str) -> tuple[Member, ...]:
    """Every group of a storm as it is now; two queries, three where something is silenced."""
    firing = (
        select(func.count())
        .where(alert_rows.c.group_id == _a.id, alert_rows.c.ends_at.is_(None))
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(
            _a.id,
            _a.name,
            _a.severity,
            _a.started_at,
            _a.is_open,
            _a.state,
            _g.noted_by,
            _g.is_folded,
            firing.label("alerts"),
        )
        .join(storm_groups, _g.group_id == _a.id)
        .where(_g.storm_id == storm_id)
    )
    silenced = await _silenced(connection, storm_id)
    return tuple(
        Member(
            name=row.name,
            severity=Severity(row.severity),
            started_at=row.started_at,
            is_firing=row.is_open,
            is_held=row.state == GroupState.ACKNOWLEDGED.value or row.noted_by is not None,
            is_silenced=row.id in silenced,
            is_folded=row.is_folded,
            alerts=row.alerts,
        )
        for row in rows
    )


async def _silenced(connection: Connection, storm_id: str) -> frozenset[str]:
    """The groups of a storm all of whose firing alerts are silenced."""
    rows = await connection.execute(
        select(silence_groups.c.group_id, silence_groups.c.alerts)
        .join(storm_groups, _g.group_id == silence_groups.c.group_id)
        .join(silences, silences.c.id == silence_groups.c.silence_id)
        .where(_g.storm_id == storm_id, silences.c.state == SilenceState.LIVE.value)
    )
    covered: dict[str, set[str]] = {}
    for row in rows:
        covered.setdefault(row.group_id, set()).update(row.alerts)
    if not covered:
        return frozenset()
    loud = await connection.execute(
        select(alert_rows.c.group_id, alert_rows.c.fingerprint)
        .join(storm_groups, _g.group_id == alert_rows.c.group_id)
        .where(_g.storm_id == storm_id, alert_rows.c.ends_at.is_(None))
    )
    heard = {row.group_id for row in loud if row.fingerprint not in covered.get(row.group_id, ())}
    return frozenset(covered.keys() - heard)


async def mentions(connection: Connection, storm_id: str) -> tuple[str, ...]:
    """The Slack user groups that the routes of its folded groups mention."""
    rows = await connection.execute(
        select(_a.mention)
        .join(storm_groups, _g.group_id == _a.id)
        .where(_g.storm_id == storm_id, _g.is_folded, _a.mention.is_not(None), _a.is_open)
        .distinct()
        .order_by(_a.mention)
    )
    return tuple(rows.scalars())


async def first_of_each_place(
    connection: Connection, storm_id: str, *, at_most: int
) -> tuple[tuple[str, int], ...]:
    """The places with most groups: the id of the first group that began there, and how many did.

    A group without an environment is nowhere: nothing that was done can be held against it.
    """
    place = (_a.environment, _a.service)
    number = func.row_number().over(partition_by=place, order_by=(_a.started_at, _a.id))
    many = func.count().over(partition_by=place)
    ranked = (
        select(_a.id, number.label("number"), many.label("many"))
        .join(storm_groups, _g.group_id == _a.id)
        .where(_g.storm_id == storm_id, _a.environment.is_not(None))
        .subquery()
    )
    rows = await connection.execute(
        select(ranked.c.id, ranked.c.many)
        .where(ranked.c.number == 1)
        .order_by(ranked.c.many.desc(), ranked.c.id)
        .limit(at_most)
    )
    return tuple((row.id, row.many) for row in rows)


async def page(
    connection: Connection, storm_id: str, number: int
) -> tuple[tuple[AlertGroup, bool], ...]:
    """One page of a storm's groups, the first being 1, each with whether it is folded.

    The order never changes while groups join: what was on an earlier page is on no later one,
    unless something came before it, and nothing is passed over.
    """
    rows = await connection.execute(
        select(_g.group_id, _g.is_folded)
        .join(alert_groups, _a.id == _g.group_id)
        .where(_g.storm_id == storm_id)
        .order_by(_g.severity.desc(), _a.name, _a.started_at, _g.group_id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    return tuple([(await alerts.get(connection, row.group_id), row.is_folded) for row in rows])


async def noted(connection: Connection, group_ids: Sequence[str]) -> dict[str, Noted]:
    """Who took these groups on, where somebody did and they page nobody, by the group's id."""
    rows = await connection.execute(
        select(_g.group_id, _g.noted_by, _g.noted_at).where(
            _g.group_id.in_(group_ids), _g.noted_by.is_not(None)
        )
    )
    return {row.group_id: Noted(row.noted_by, row.noted_at) for row in rows}


async def shown_firing(
    connection: Connection, storm_id: str, revision: int
) -> tuple[AlertGroup, ...]:
    """The groups that a card of this revision showed and that have not ended."""
    rows = await connection.execute(
        select(alert_groups)
        .join(storm_groups, _g.group_id == _a.id)
        .where(_g.storm_id == storm_id, _g.since <= revision, _a.is_open)
        .order_by(_a.severity.desc(), _a.started_at, _a.id)
    )
    return tuple(alerts.read(row) for row in rows)


async def heard(connection: Connection, storm_id: str, revision: int) -> tuple[Heard, ...]:
    """The alerts of the groups that a card of this revision showed and that have not ended.

    Those that have ended within them are among them, so that the same form means the same alerts.
    Only Alertmanager's: what others tell of, its silences do not hide.
    """
    rows = await connection.execute(
        select(alert_rows.c.group_id, alert_rows.c.fingerprint, alert_rows.c.labels)
        .join(alert_groups, _a.id == alert_rows.c.group_id)
        .join(storm_groups, _g.group_id == _a.id)
        .where(_g.storm_id == storm_id, _g.since <= revision, _a.is_open)
        .where(_a.source == Source.ALERTMANAGER.value)
    )
    return tuple(Heard(row.group_id, row.fingerprint, row.labels) for row in rows)


async def count_of_others(connection: Connection, storm_id: str, revision: int) -> int:
    """How many of these groups somebody else than Alertmanager tells of."""
    found = (
        select(func.count())
        .join_from(storm_groups, alert_groups, _g.group_id == _a.id)
        .where(_g.storm_id == storm_id, _g.since <= revision, _a.is_open)
        .where(_a.source != Source.ALERTMANAGER.value)
    )
    return int((await connection.execute(found)).scalar_one())


async def has_triggered_incident(connection: Connection, storm_id: str) -> bool:
    """Whether PagerDuty pages for any group of a storm, and nobody has acknowledged it."""
    found = (
        select(pagerduty_incidents.c.id)
        .join(
            alert_group_incidents, alert_group_incidents.c.incident_id == pagerduty_incidents.c.id
        )
        .join(storm_groups, _g.group_id == alert_group_incidents.c.group_id)
        .where(
            _g.storm_id == storm_id,
            pagerduty_incidents.c.status == IncidentStatus.TRIGGERED.value,
        )
        .limit(1)
    )
    return (await connection.execute(found)).first() is not None


async def count(connection: Connection, storm_id: str) -> int:
    """How many groups a storm has."""
    found = select(func.count()).where(_g.storm_id == storm_id)
    return int((await connection.execute(found)).scalar_one())
