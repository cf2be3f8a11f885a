"""What runs: its version, its tasks by zone, its targets, the bounds it scales within."""

import re
from collections.abc import Mapping
from datetime import datetime

from bot.cards.blocks import escaped
from bot.cards.health.words import label, listed, unsaid
from bot.cards.links import link
from bot.cards.text import counted, day_and_time, short_digest, spoken
from bot.domain.health import Health, Part
from bot.domain.health.facts import Tasks
from bot.domain.health.overall import Grade

_ZONE = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d([a-z])")


def version_line(health: Health) -> list[str]:
    """Since when it runs, and what exactly."""
    version = health.version
    if version is None:
        return ["*version* not known"] if health.is_complete else []
    facts = [f"*since* {day_and_time(version.since)}"] if version.since is not None else []
    if version.digest:
        facts.append(f"`{short_digest(version.digest)}`")
    if version.revision and version.revision != version.name:
        facts.append(escaped(version.revision))
    return [" · ".join(facts)]


def tasks_line(health: Health, now: datetime) -> str:
    """Tasks by zone, targets with reasons, bounds."""
    facts = [f"{label(health, Part.TASKS)} {_tasks(health, now)}"]
    if Part.TARGETS in health.asked and (targets := _targets(health)):
        facts.append(f"{label(health, Part.TARGETS)} {targets}")
    if Part.SCALING in health.asked:
        facts.append(f"{label(health, Part.SCALING)} {_scaling(health)}")
    return " · ".join(facts)


def tasks_in_short(health: Health) -> str:
    """`4 of 4 tasks`, leading to ECS."""
    tasks, known = health.tasks, health.known
    if tasks is not None:
        said = f"{tasks.running} of {counted(tasks.desired, 'task')}"
    elif known.seen_at is None or health.is_unknown(Part.TASKS):
        return f"{label(health, Part.TASKS)} {unsaid(health, Part.TASKS)}"
    else:
        said = f"{known.running} of {counted(known.desired, 'task')}"
    return link(health.links.get(Part.TASKS.value, ""), said)


def _tasks(health: Health, now: datetime) -> str:
    tasks = health.tasks
    if tasks is None:
        known = health.known
        if known.version is None or known.seen_at is None:
            return unsaid(health, Part.TASKS)
        seen = f"{known.running} of {known.desired} seen {spoken(now - known.seen_at)} ago"
        return f"{unsaid(health, Part.TASKS)} ({seen})"
    mark = "" if tasks.running >= tasks.desired else f"{_mark_of(tasks)} "
    said = f"{mark}{tasks.running} of {tasks.desired}"
    more = [_zones(health.zones)] if health.zones else []
    if tasks.pending:
        more.append(f"{tasks.pending} pending")
    if tasks.older:
        more.append(f"{tasks.older} of the version before")
    return f"{said} ({', '.join(more)})" if more else said


def _mark_of(tasks: Tasks) -> str:
    if tasks.is_moving:
        return Grade.CHANGING.mark
    return (Grade.BAD if tasks.running * 2 <= tasks.desired else Grade.WARNING).mark


def _zones(zones: Mapping[str, int]) -> str:
    """`zones a2 b1 c1`; zones that are no letters of one region in full."""
    letters = {zone: found[1] for zone in zones if (found := _ZONE.fullmatch(zone))}
    regions = {zone[:-1] for zone in letters}
    if len(letters) < len(zones) or len(regions) > 1:
        return "zones " + " ".join(f"{escaped(z)}: {n}" for z, n in sorted(zones.items()))
    return "zones " + " ".join(f"{letters[zone]}{n}" for zone, n in sorted(zones.items()))


_TARGET_WORDS = (
    ("healthy", "healthy"),
    ("unhealthy", "unhealthy"),
    ("unhealthy.draining", "unhealthy and draining"),
    ("initial", "starting"),
    ("draining", "draining"),
    ("unused", "unused"),
    ("unavailable", "not checked"),
)


def _targets(health: Health) -> str:
    """Nothing where the service has no target group."""
    targets = health.targets
    if targets is None:
        return unsaid(health, Part.TARGETS) if Part.TARGETS not in health.answered else ""
    known = [
        f"{targets.count(state)} {word}" for state, word in _TARGET_WORDS if targets.count(state)
    ]
    others = [
        f"{number} {escaped(state)}"
        for state, number in targets.states.items()
        if state not in dict(_TARGET_WORDS)
    ]
    said = ", ".join([*known, *others]) or "none registered"
    mark = f"{Grade.WARNING.mark} " if targets.troubles else ""
    why = listed([escaped(t) for t in targets.troubles], joined="; ")
    return f"{mark}{said}" + (f": {why}" if why else "")


def _scaling(health: Health) -> str:
    if Part.SCALING not in health.answered:
        return unsaid(health, Part.SCALING)
    scaling = health.scaling
    if scaling is None:
        return "none, the count is fixed"
    bounds = f"{scaling.minimum}–{scaling.maximum}"
    return f"{bounds} 🟡 suspended" if scaling.is_suspended else bounds
