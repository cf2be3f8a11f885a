"""What is said of it elsewhere: alerts, alarms, incidents, who is on call, issues, changes."""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.cards.blocks import cut, escaped
from bot.cards.health.words import LONGEST_NAME, label, listed, unsaid
from bot.cards.links import link
from bot.cards.text import counted, day_and_time, moment, spoken
from bot.domain.health import GRAFANA, Health, Part
from bot.domain.health.facts import AlarmSeen

LONGEST_SILENCE = 160
NONE_TOLD = "none that I was told of"
_LACKS = re.compile(r"lacks ([\w-]+:\w+)")


def alerts_line(health: Health) -> str:
    """What fires and what is silenced, and CloudWatch's alarms."""
    facts = [f"{label(health, Part.ALERTS)} {_alerts(health)}"]
    if health.alerts is not None and health.alerts.silenced:
        facts.append(_silenced(health))
    if Part.ALARMS in health.asked:
        facts.append(f"{label(health, Part.ALARMS)} {_alarms(health)}")
    return " · ".join(facts)


def alerts_in_short(health: Health) -> str:
    """`no alert`, `2 alerts`, leading to Alertmanager."""
    if health.alerts is None and Part.ALERTS in health.asked:
        return f"{label(health, Part.ALERTS)} {unsaid(health, Part.ALERTS)}"
    firing = health.known.firing if health.alerts is None else health.alerts.firing
    none = "no alert" if health.alerts is not None else f"alerts {NONE_TOLD}"
    said = counted(sum(alert.times for alert in firing), "alert") if firing else none
    return link(health.links.get(Part.ALERTS.value, ""), said)


def _alerts(health: Health) -> str:
    if health.alerts is None and Part.ALERTS in health.asked:
        told = _firing(health)
        return f"{unsaid(health, Part.ALERTS)}{f' (told of {told})' if told else ''}"
    if health.alerts is None:  # there is no Alertmanager to ask
        return _firing(health) or NONE_TOLD
    return _firing(health) or "none"


def _firing(health: Health) -> str:
    firing = health.known.firing if health.alerts is None else health.alerts.firing
    said = []
    for alert in firing:
        often = f" ×{alert.times}" if alert.times > 1 else ""
        name = link(alert.url, cut(alert.name, LONGEST_NAME))
        word = f"{name}{often} {alert.severity.word} since {moment(alert.since)}"
        said.append(f"{word} (🟡 {alert.acknowledged_by})" if alert.acknowledged_by else word)
    return listed(said, joined="; ")


def _silenced(health: Health) -> str:
    silenced = health.alerts.silenced if health.alerts is not None else ()
    ends = [one.until for one in silenced if one.until is not None]
    until = f" until {day_and_time(min(ends))}" if ends else ""
    names = listed(
        dict.fromkeys(escaped(cut(one.name, LONGEST_NAME)) for one in silenced),
        joined=", ",
    )
    return f"silenced {len(silenced)}: {names}{until}"


def _alarms(health: Health) -> str:
    alarms = health.alarms
    if alarms is None:
        return unsaid(health, Part.ALARMS)
    parts = [
        *([listed(map(_raised, alarms.raised), joined=", ")] if alarms.raised else []),
        *([f"{alarms.well} OK"] if alarms.well else []),
        *([f"⚪ {_without_data(alarms.silent)}"] if alarms.silent else []),
    ]
    return ", ".join(parts) or "none"


def _raised(alarm: AlarmSeen) -> str:
    since = f" since {day_and_time(alarm.since)}" if alarm.since is not None else ""
    return f"🟠 {escaped(cut(alarm.name, LONGEST_NAME))}{since}"


def _without_data(silent: Sequence[AlarmSeen]) -> str:
    names = listed((escaped(cut(one.name, LONGEST_NAME)) for one in silent), joined=", ")
    return f"{len(silent)} without data ({names})"


def people_line(health: Health) -> str:
    """Open incidents, and who is called."""
    facts = []
    if Part.INCIDENTS in health.asked:
        facts.append(f"{label(health, Part.INCIDENTS)} {_incidents(health)}")
    if Part.ON_CALL in health.asked:
        facts.append(f"{label(health, Part.ON_CALL)} {_on_duty(health)}")
    return " · ".join(facts)


def _incidents(health: Health) -> str:
    if Part.INCIDENTS not in health.answered:
        return unsaid(health, Part.INCIDENTS)
    said = [
        f"{'🔴' if one.is_severe else '🟠'} {link(one.url, one.label)} {escaped(one.status)}: "
        f"{escaped(cut(one.title, LONGEST_NAME))}"
        for one in health.incidents
    ]
    return listed(said, joined=", ") or "none"


def _on_duty(health: Health) -> str:
    if Part.ON_CALL not in health.answered:
        return unsaid(health, Part.ON_CALL)
    said = []
    for one in health.on_duty:
        who = f"<@{one.slack_id}>" if one.slack_id else escaped(one.name)
        said.append(f"{who} until {day_and_time(one.until)}" if one.until else who)
    return listed(said, joined=", ") or "🟠 nobody"


def issues_lines(health: Health) -> list[str]:
    """What Sentry has seen first in the version that runs."""
    if Part.ISSUES not in health.asked:
        return []
    name = label(health, Part.ISSUES)
    if Part.ISSUES not in health.answered:
        return [f"{name} {unsaid(health, Part.ISSUES)}"]
    said = [
        f"{link(one.url, one.short_id)} {escaped(cut(one.title, LONGEST_NAME))} "
        f"({counted(one.events, 'event')}, {counted(one.users, 'user')})"
        for one in health.issues
    ]
    return [f"{name} {listed(said, joined=' · ') or 'none'}"]


def change_and_lock(health: Health, now: datetime) -> list[str]:
    """What was done last and by whom, and whether it is locked."""
    facts = []
    change = health.known.change
    if change is not None:
        words = link(change.url, change.words)
        if change.is_under_way:
            facts.append(f"{change.mark} {words} {change.by} for {spoken(now - change.at)}")
        else:
            facts.append(f"last change {words} {change.by} {spoken(now - change.at)} ago")
    lock = health.known.lock
    if lock is None:
        facts.append("no lock")
    else:
        until = f" until {day_and_time(lock.until)}" if lock.until is not None else ""
        reason = escaped(cut(lock.reason, LONGEST_NAME))
        facts.append(f"🟡 {link(lock.url, 'locked')} by {lock.owner}{until}: “{reason}”")
    return facts


def grafana(health: Health) -> list[str]:
    """The dashboard, where the catalogue names one."""
    address = health.links.get(GRAFANA)
    return [link(address, "Grafana")] if address else []


def spoken_silence(why: str) -> str:
    """Why a source said nothing; of a missing permission only its name."""
    lacks = _LACKS.match(why)
    if lacks:
        return f"refuses: the bot lacks `{escaped(lacks[1])}`"
    if why.startswith("did not answer"):
        return escaped(why)
    return f"did not say: {escaped(cut(why, LONGEST_SILENCE))}"
