"""The suspects of an alert group, from the rows as they are: what was done before it, and why.

Costs about a dozen small queries of our own database, one more for each deploy of the same service,
scaling, lock, freeze and silence. Nothing outside is asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.cards.alert_lines import done_by
from bot.cards.blocks import cut
from bot.catalog import ANY
from bot.domain.alert import AlertGroup, common
from bot.domain.change import Change, ChangeKind, ChangeState, Origin
from bot.domain.freeze import Declared
from bot.domain.judgement import Judged
from bot.domain.lock import BOT, Lock
from bot.domain.scaling.capacity import Bounds, Capacity, Count, led
from bot.domain.scaling.scaling import Scaling
from bot.domain.silence import Silence
from bot.domain.silence.matchers import Operator
from bot.domain.suspects import LOOK_BACK, Deed, DeedKind, Onset, Ranking, rank
from bot.domain.suspects.beside import DAY, Firing, seen_beside, seen_elsewhere
from bot.storage import alerts, sentry, silences, suspects
from bot.storage.database import Connection
from bot.storage.suspects import Before

FOLLOWS_WITHIN = timedelta(minutes=30)
"""An alert group that began so soon after a deploy followed it."""
LONGEST_NAME = 60
"""Characters of what a silence is called; its matchers may be many."""
SENTRY_FINDING = "new Sentry issues"
"""What the watch over a rollout calls the issues that began with its version."""


async def suspects_of(connection: Connection, group: AlertGroup) -> Ranking | None:
    """Rank what was done before the group began; None where its labels name no environment."""
    if group.environment is None:
        return None
    said = await suspects.before(connection, group.id)
    since = group.started_at - LOOK_BACK
    if said.turned_at is not None:
        since = min(since, said.turned_at - LOOK_BACK)
    beside = await suspects.firings_beside(connection, group, since=since - DAY)
    onset = _onset(group, said, beside)
    done = await _deeds(connection, group, since=since)
    known = await _with_record(connection, group, done)
    return rank(onset, [seen_beside(deed, group.name, onset, beside) for deed in known])


def _onset(group: AlertGroup, said: Before, beside: Sequence[Firing]) -> Onset:
    onset = Onset(
        fired_at=group.started_at,
        environment=group.environment or "",
        service=group.service or None,
        turned_at=said.turned_at,
        rising_since=said.rising_since,
        busier=said.busier,
        depends_on=said.depends_on,
        ended_at=group.resolved_at,
    )
    return seen_elsewhere(onset, beside)


async def _deeds(connection: Connection, group: AlertGroup, *, since: datetime) -> list[Deed]:
    """What was done in the environment, from every table that says so."""
    environment, service = group.environment or "", group.service or ""
    until = group.resolved_at
    done = await suspects.changes_in(connection, environment, since=since, until=until)
    weights = await suspects.traffic(connection, group.id)
    found = [_of_change(one, done, weights.get(one.id), group.started_at) for one in done]
    found = _with_issues(found, service, await sentry.began_with(connection, group.id))
    for scaling in await suspects.scalings_in(connection, environment, since=since, until=until):
        found += _of_scaling(scaling)
    for lock in await suspects.locks_in(connection, environment, service, since=since):
        found.append(_of_lock(lock))
    for freeze in await suspects.freezes_in(connection, environment, service, since=since):
        found.append(_of_freeze(freeze))
    return found + await _silences(connection, group, since=since)


async def _silences(connection: Connection, group: AlertGroup, *, since: datetime) -> list[Deed]:
    """The silences of its place: no matcher of theirs speaks of another one."""
    begun = await silences.begun_since(connection, since, at_most=suspects.MOST)
    if not begun:
        return []
    shared = common(alert.labels for alert in await alerts.alerts_of(connection, group.id))
    place = {
        name: value for name, value in shared.items() if value in {group.environment, group.service}
    }
    return [_of_silence(one, group) for one in begun if one.is_about(place)]


def _of_change(
    change: Change, beside: Sequence[Change], weight: float | None, onset: datetime
) -> Deed:
    began_at = change.started_at or change.asked_at
    settled_at = change.steady_at or change.finished_at
    if settled_at is not None and settled_at <= onset:
        weight = 100.0
    later = [
        one
        for one in beside
        if one.service == change.service and (one.started_at or one.asked_at) > began_at
    ]
    judgement = change.judgement
    is_good = change.state is ChangeState.SUCCEEDED and judgement is not None
    return Deed(
        kind=DeedKind(change.kind.value),
        id=change.id,
        name=done_by(change),
        environment=change.environment,
        service=change.service,
        began_at=began_at,
        settled_at=settled_at,
        undone_at=_undone_at(change, later),
        by=None if change.origin is Origin.OUTSIDE else change.asked_by,
        version=_version_of(change),
        traffic=weight if change.kind is not ChangeKind.RESTART else None,
        new_issues=_new_issues(change),
        is_judged_bad=judgement is not None and judgement.judged is Judged.BAD,
        judged_good_at=change.finished_at
        if is_good and judgement is not None and judgement.judged is Judged.GOOD
        else None,
        trouble=change.failure.what if change.failure is not None else "",
        replaced_at=_settled(one for one in later if one.kind is ChangeKind.DEPLOY),
    )


def _version_of(change: Change) -> str | None:
    if change.kind is ChangeKind.RESTART:
        return None
    return (change.plan.wanted.version if change.plan else None) or change.version


def _undone_at(change: Change, later: Iterable[Change]) -> datetime | None:
    """When it was gone back from: by its own workflow or ECS, or by a rollback that followed."""
    if change.state is ChangeState.ROLLED_BACK:
        return change.finished_at
    return _settled(
        one for one in later if one.kind is ChangeKind.ROLLBACK and one.undoes in {None, change.id}
    )


def _settled(followers: Iterable[Change]) -> datetime | None:
    """When the first of them was in force."""
    settled = (one.steady_at or one.finished_at for one in followers)
    return min((at for at in settled if at is not None), default=None)


def _new_issues(change: Change) -> int | None:
    """Issues that the watch over its rollout found to have begun with its version."""
    if change.judgement is None:
        return None
    found = (one.after for one in change.judgement.findings if one.name == SENTRY_FINDING)
    issues = next(found, None)
    return None if issues is None else int(issues)


def _with_issues(done: Iterable[Deed], service: str, began_with: Mapping[str, int]) -> list[Deed]:
    """The deploys of the group's service with the issues beside it that each version began: its
    own watch may have ended before there were any."""
    found = []
    for deed in done:
        began = began_with.get(deed.version or "", 0)
        if began and deed.kind is DeedKind.DEPLOY and deed.service == service:
            deed = replace(deed, new_issues=max(deed.new_issues or 0, began))
        found.append(deed)
    return found


def _of_scaling(scaling: Scaling) -> list[Deed]:
    """That it was set, and that it was set back: each takes or gives capacity."""
    if scaling.set_at is None or scaling.found is None or scaling.wanted is None:
        return []
    found = [_scaled(scaling, scaling.id, scaling.found, scaling.wanted, scaling.set_at)]
    if scaling.returning_at is not None:
        back = f"{scaling.id}:back"
        found.append(_scaled(scaling, back, scaling.wanted, scaling.found, scaling.returning_at))
    return found


def _scaled(
    scaling: Scaling, deed_id: str, before: Capacity, after: Capacity, at: datetime
) -> Deed:
    return Deed(
        kind=DeedKind.SCALING,
        id=deed_id,
        name=f"scaling {led(before, after)}",
        environment=scaling.environment,
        service=scaling.service,
        began_at=at,
        by=scaling.asked_by,
        capacity=_share(before, after),
    )


def _share(before: Capacity, after: Capacity) -> float | None:
    """The least capacity it leaves, as a share of the one before; None where nobody can say."""
    if isinstance(before, Count) and isinstance(after, Count):
        pairs = [(before.count, after.count)]
    elif isinstance(before, Bounds) and isinstance(after, Bounds):
        if before.range == after.range:
            return None
        pairs = [(before.minimum, after.minimum), (before.maximum, after.maximum)]
    else:
        return None
    return min((now / was for was, now in pairs if was > 0), default=None)


def _of_lock(lock: Lock) -> Deed:
    return Deed(
        kind=DeedKind.LOCK,
        id=lock.id,
        name="a lock",
        environment=lock.environment,
        service=lock.service,
        began_at=lock.at,
        by=None if lock.owner == BOT else lock.owner,
    )


def _of_freeze(freeze: Declared) -> Deed:
    return Deed(
        kind=DeedKind.FREEZE,
        id=freeze.id,
        name="a freeze",
        environment=freeze.environment,
        service=freeze.service,
        began_at=freeze.begins_at,
        by=freeze.by,
    )


def _of_silence(silence: Silence, group: AlertGroup) -> Deed:
    named = {one.value for one in silence.matchers if one.operator is Operator.EQUAL}
    return Deed(
        kind=DeedKind.SILENCE,
        id=silence.id,
        name=cut(f"a silence of {silence.subject}", LONGEST_NAME),
        environment=group.environment or "",
        service=group.service if group.service in named and group.service else ANY,
        began_at=silence.starts_at,
        by=silence.by,
    )


async def _with_record(
    connection: Connection, group: AlertGroup, done: Sequence[Deed]
) -> list[Deed]:
    """The deeds with what people said of them, and with what their versions did before."""
    here = await suspects.verdicts(connection, group.id)
    versions = {
        (one.service, one.version) for one in done if one.kind is DeedKind.DEPLOY and one.version
    }
    said = await suspects.said_elsewhere(connection, group.id, versions) if versions else {}
    found = []
    for deed in done:
        deed = replace(deed, verdict=here.get((deed.kind.row, deed.id)))
        if deed.kind is DeedKind.DEPLOY and deed.version and deed.service == group.service:
            words = said.get((deed.service, deed.version), ())
            followed = await suspects.followed(
                connection,
                deed,
                deed.version,
                within_s=FOLLOWS_WITHIN.total_seconds(),
            )
            deed = replace(
                deed,
                blamed=sum(one.is_cause for one in words),
                cleared=sum(not one.is_cause and one.alert == group.name for one in words),
                followed_before=followed,
            )
        found.append(deed)
    return found
