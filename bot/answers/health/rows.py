"""What our own rows know of a place, before anybody outside is asked."""

from dataclasses import replace
from datetime import datetime

from bot.answers.health.addresses import Addresses
from bot.cards.change import headline, outcome
from bot.cards.history import by_whom
from bot.cards.notice import who
from bot.cards.people import mention
from bot.cards.scaling_words import headline as scaling_headline
from bot.cards.text import day_and_time
from bot.cards.text import mention as mention_of
from bot.domain.alert import AlertGroup
from bot.domain.card import Kind
from bot.domain.change import Change
from bot.domain.health.facts import FiringAlert, Held, Known, LastChange, Version
from bot.domain.place import Place
from bot.domain.plan import Observed, revision_name
from bot.domain.scaling.scaling import Scaling
from bot.storage import alerts, cards, changes, incidents, locks, revisions, scalings
from bot.storage.database import Connection


async def known(connection: Connection, place: Place, addresses: Addresses, now: datetime) -> Known:
    """What was seen, what fires as far as we were told, the last change, the lock."""
    key = (place.environment, place.service)
    seen = (await revisions.seen(connection, [key])).get(key)
    under_way = await changes.under_way(connection, *key)
    latest = await changes.latest_started(connection, *key)
    groups = await alerts.open_in(connection, *key)
    return replace(
        _under_way(under_way) or _seen(seen),
        firing=tuple([await _firing(connection, group, addresses) for group in groups]),
        change=await _last(connection, place, under_way or latest, addresses),
        lock=await _lock(connection, place, addresses, now),
    )


def _under_way(change: Change | None) -> Known | None:
    """While a change is under way nobody but its watcher looks: what was seen before is past."""
    if change is None or change.plan is None or change.rollout is None:
        return None
    is_back = change.back is not None
    revision = change.plan.running if is_back else change.plan.wanted
    return Known(
        version=Version(
            name=revision.name,
            digest=revision.digest,
            revision=revision_name((change.back or change.rollout).task_definition),
            since=change.started_at,
        )
    )


def _seen(seen: Observed | None) -> Known:
    if seen is None or not seen.running.image:
        return Known(trouble=seen.trouble if seen is not None else None)
    arn = seen.running.task_definition
    return Known(
        version=Version(
            name=seen.running.name,
            digest=seen.running.digest,
            revision=revision_name(arn) if arn else "",
            since=seen.since,
        ),
        desired=seen.desired,
        running=seen.healthy,
        seen_at=seen.seen_at,
        trouble=seen.trouble,
    )


async def _firing(connection: Connection, group: AlertGroup, addresses: Addresses) -> FiringAlert:
    found = await incidents.of_group(connection, group.id)
    person = found[0].acknowledged_by if found and found[0].is_open else None
    where = await cards.card_channel_and_ts(connection, Kind.ALERT_GROUP, group.id)
    return FiringAlert(
        name=group.name,
        severity=group.severity,
        since=group.started_at,
        acknowledged_by=mention(person) if person is not None else None,
        url=addresses.card(where),
    )


async def _last(
    connection: Connection, place: Place, change: Change | None, addresses: Addresses
) -> LastChange | None:
    """What is under way, or else the newer of the last change and the last scaling."""
    found = await _change(connection, change, addresses)
    if found is not None and found.is_under_way:
        return found
    newest, _ = await scalings.page(connection, [(place.environment, place.service)], newest=1)
    if not newest or newest[0].set_at is None:
        return found
    scaled = await _scaling(connection, newest[0], addresses)
    return scaled if found is None or scaled.at > found.at else found


async def _scaling(connection: Connection, scaling: Scaling, addresses: Addresses) -> LastChange:
    where = await cards.card_channel_and_ts(connection, Kind.SCALING, scaling.id)
    until = f", until {day_and_time(scaling.until)}" if scaling.is_promise and scaling.until else ""
    mark, _, words = scaling_headline(scaling).partition(" ")
    here = f"{scaling.service} in {scaling.environment}"
    return LastChange(
        mark=mark,
        words=words.replace(f"{here}, ", "").replace(f"{here} ", ""),
        by=f"by {mention_of(scaling.asked_by)}{until}",
        at=scaling.changed_at,
        url=addresses.card(where),
    )


async def _change(
    connection: Connection, change: Change | None, addresses: Addresses
) -> LastChange | None:
    if change is None:
        return None
    where = await cards.card_channel_and_ts(connection, Kind.CHANGE, change.id)
    return LastChange(
        mark=headline(change).partition(" ")[0],
        words=outcome(change),
        by=by_whom(change),
        at=_moment(change),
        url=addresses.card(where),
        is_under_way=change.is_under_way,
    )


def _moment(change: Change) -> datetime:
    """Since when it is under way, or when it ended."""
    if change.is_under_way:
        return change.started_at or change.asked_at
    return change.finished_at or change.changed_at


async def _lock(
    connection: Connection, place: Place, addresses: Addresses, now: datetime
) -> Held | None:
    standing = await locks.standing(connection, place.environment, place.service, at=now)
    if not standing:
        return None
    lock = standing[0]
    where = await cards.card_channel_and_ts(connection, Kind.LOCK, lock.id)
    return Held(
        owner=who(lock.owner), reason=lock.reason, until=lock.expires_at, url=addresses.card(where)
    )
