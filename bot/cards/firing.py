"""What fires now, the worst first: an answer's card. Nobody is called by being named on it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.cards.answer_card import AnswerView, ending
from bot.cards.blocks import Block, Message, cut, escaped, header, message, section
from bot.cards.links import link
from bot.cards.text import counted, day_and_time, moment, spoken
from bot.domain.alert import Severity
from bot.domain.firing import Firing, FiringGroup, Held, read_firing
from bot.domain.place import listed

MOST_GROUPS, MOST_UNTOLD = 20, 10
NAME_CHARACTERS = 80
_MARKS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.INFO: "⚪"}
_HELD = {
    Held.SILENCED: "silenced in Alertmanager",
    Held.INHIBITED: "held back in Alertmanager by another alert",
    Held.GONE: "⚪ Alertmanager does not have it now; it has sent no end",
}


def firing(view: AnswerView) -> Message:
    """The answer to `alerts`, whatever is known so far."""
    question = view.question
    found = Firing() if question.found is None else read_firing(question.found)
    first = headline(found, view)
    if question.found is None:
        return message(escaped(first), [header(first), *ending(view)])
    blocks = [header(first), *_groups(found, view), *_untold(found, view), *_missing(found, view)]
    return message(escaped(first), [*blocks, *ending(view, *_facts(found))])


def headline(found: Firing, view: AnswerView) -> str:
    """How many fire and how bad they are; that nothing does is Alertmanager's word alone."""
    question = view.question
    where = _where(question.words)
    number = len(found.groups) + found.more + len(found.untold)
    if number:
        severities = [group.severity for group in found.groups]
        severity = max([*severities, *(one.severity for one in found.untold)])
        verb = "fires" if number == 1 else "fire"
        worst = severity.word if number == 1 else f"the worst {severity.word}"
        return f"{_MARKS[severity]} {counted(number, 'alert')} {verb}{where}, {worst}"
    if not question.is_complete:
        return f"🔵 Looking what fires{where}"
    if question.found is None or found.silent is not None:
        return f"⚪ Not known what fires{where}"
    if found.young_since is not None:
        return f"⚪ Nothing fires{where} that Alertmanager knows of yet"
    if found.hidden:
        return f"⚪ Nothing fires{where} where you may look"
    return f"🟢 Nothing fires{where}"


def _where(words: Mapping[str, Any]) -> str:
    service, environment = words["service"], words["environment"]
    said = [f" of {service}" if service else "", f" in {environment}" if environment else ""]
    return "".join(said)


def _groups(found: Firing, view: AnswerView) -> Iterator[Block]:
    for group in found.groups[:MOST_GROUPS]:
        yield section(_group(group, view.now))
    left = found.groups[MOST_GROUPS:]
    more = len(left) + found.more
    if more:
        critical = sum(group.severity is Severity.CRITICAL for group in left)
        known = f", {critical} of them critical" if critical else ""
        yield section(f"and {counted(more, 'more alert')}{known}: name an environment or a service")


def _group(group: FiringGroup, now: datetime) -> str:
    """What and where, how bad and since when, who is on it."""
    where = _place(group.service, group.environment)
    name = link(group.url, cut(group.name, NAME_CHARACTERS))
    mark = _MARKS[group.severity] if group.acknowledged_by is None else "🟡"
    lines = [f"{mark} *{name}*{where} · {group.severity.word}"]
    facts = [f"*{escaped(group.value)}*" if group.value else "", _since(group.since, now)]
    if group.alerts > 1:
        facts.append(counted(group.alerts, "alert"))
    facts.append(_who(group))
    lines.append(" · ".join(filter(None, facts)))
    if group.held in _HELD:
        lines.append(_HELD[group.held])
    return "\n".join(lines)


def _who(group: FiringGroup) -> str:
    incident = ""
    if group.incident is not None:
        incident = f"PagerDuty {link(group.incident_url, group.incident)}"
    if group.acknowledged_by is None:
        return f"{incident}, nobody is on it" if incident else "nobody is paged"
    who = escaped(group.acknowledged_by) or "somebody"
    return f"{who} is on it{f' ({incident})' if incident else ''}"


def _untold(found: Firing, view: AnswerView) -> Iterator[Block]:
    """What has no card: it never reached us, or goes to somebody else."""
    if not found.untold:
        return
    lines = ["*Alertmanager has these too, and has not told me of them*"]
    for one in found.untold[:MOST_UNTOLD]:
        facts = [f"{_MARKS[one.severity]} {escaped(cut(one.name, NAME_CHARACTERS))}"]
        facts[0] += _place(one.service, one.environment)
        facts += [one.severity.word, _since(one.since, view.now)]
        if one.alerts > 1:
            facts.append(counted(one.alerts, "alert"))
        if one.receivers:
            facts.append(f"goes to {escaped(cut(listed(one.receivers), 100))}")
        lines.append(" · ".join(facts))
    if len(found.untold) > MOST_UNTOLD:
        lines.append(f"and {len(found.untold) - MOST_UNTOLD} more")
    yield section("\n".join(lines))


def _missing(found: Firing, view: AnswerView) -> Iterator[Block]:
    """What was not said, so that a short list is never taken for a whole one."""
    if found.silent is not None:
        why = escaped(cut(found.silent, 200))
        yield section(
            f"⚪ Alertmanager did not say what fires ({why}): this is what it told me before. "
            "More may fire, and some of it may have ended."
        )
    elif found.young_since is not None:
        ago = spoken(view.now - found.young_since)
        yield section(
            f"⚪ Alertmanager was started {ago} ago and knows again what fires when Prometheus has "
            "sent it: ask once more in a few minutes."
        )


def _facts(found: Firing) -> Sequence[str]:
    return [f"{found.hidden} more where you may not look"] if found.hidden else []


def _place(service: str | None, environment: str | None) -> str:
    if service and environment:
        return f" · {escaped(service)} in {escaped(environment)}"
    only = service or environment
    return f" · {escaped(only)}" if only else ""


def _since(at: datetime, now: datetime) -> str:
    when = moment if now - at < timedelta(hours=12) else day_and_time
    return f"since {when(at)} ({spoken(now - at)})"
