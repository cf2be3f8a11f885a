"""What runs where since when, for the one person who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import Block, context, escaped, section
from bot.cards.change import outcome
from bot.cards.history import by_whom
from bot.cards.text import counted, day_and_time, moment, short_digest, spoken
from bot.domain.change import Change
from bot.domain.plan import Observed
from bot.domain.rollout import RolloutState

IN_PROGRESS, FAILED = RolloutState.IN_PROGRESS, RolloutState.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceStatus:
    """One place: what was seen there, what was done last by whomever, what is under way."""

    service: str
    environment: str
    seen: Observed | None = None
    under_way: Change | None = None
    latest: Change | None = None


def status(places: Sequence[PlaceStatus], *, now: datetime) -> Answer:
    """The answer to `/credlink status`."""
    blocks: list[Block] = []
    for place in places:
        blocks.append(section(_place(place)))
        if small := _small_print(place, now):
            blocks.append(context(small))
    return Answer("\n".join(place_line(place) for place in places), tuple(blocks))


def _place(place: PlaceStatus) -> str:
    lines = [place_line(place)]
    if place.under_way is not None:
        lines.append(_under_way(place.under_way))
    return "\n".join(lines)


def place_line(place: PlaceStatus) -> str:
    """State, place and version in one line, without anything that ages by itself."""
    name = f"*{escaped(place.environment)}*  {escaped(place.service)}"
    seen = place.seen
    if seen is None or not seen.running.image:
        plan = place.under_way.plan if place.under_way is not None else None
        if plan is not None:  # begun before anybody could look
            return f"🔵 {name}  *{escaped(plan.running.name)}* before this began"
        return f"⚪ {name}  not known yet"
    version = f"*{escaped(seen.running.name)}*"
    if seen.rollout == IN_PROGRESS:
        version = f"on its way to {version}"
    elif seen.since is not None:
        version += f" since {day_and_time(seen.since)}"
    tasks = f"{seen.healthy} of {counted(seen.desired, 'task')} running"
    return f"{_mark(place, seen)} {name}  {version} · {tasks}"


def _mark(place: PlaceStatus, seen: Observed) -> str:
    if place.under_way is not None or seen.rollout == IN_PROGRESS:
        return "🔵"
    if seen.trouble is not None or seen.desired == 0:
        return "⚪"
    return "🟢" if seen.healthy >= seen.desired and seen.rollout != FAILED else "🔴"


def _under_way(change: Change) -> str:
    facts = [escaped(outcome(change))]
    progress = change.progress
    if progress is not None:
        facts.append(f"{progress.healthy} of {counted(progress.desired, 'new task')}")
    by = by_whom(change)
    facts.append(f"{by} since {moment(change.started_at)}" if change.started_at else by)
    return " · ".join(facts)


def _small_print(place: PlaceStatus, now: datetime) -> str:
    facts = []
    seen = place.seen
    if seen is not None and seen.running.digest:
        facts.append(f"`{short_digest(seen.running.digest)}`")
    latest = place.latest
    if latest is not None and place.under_way is None:
        ended = day_and_time(latest.finished_at or latest.changed_at)
        facts.append(f"last: {escaped(outcome(latest))} {by_whom(latest)}, {ended}")
    if seen is not None:
        facts.append(_seen_when(place, seen, now))
        if seen.trouble is not None:
            facts.append(f"⚪ AWS has not answered since ({escaped(seen.trouble)})")
    return " · ".join(facts)


def _seen_when(place: PlaceStatus, seen: Observed, now: datetime) -> str:
    """How old it is. While a change is under way only its watcher looks, and tells of that."""
    began = place.under_way.started_at if place.under_way is not None else None
    if began is not None and seen.seen_at < began:
        return "seen before this began"
    return f"seen {spoken(now - seen.seen_at)} ago"
