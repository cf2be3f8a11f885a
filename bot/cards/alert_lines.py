"""The lines an alert group's card is made of. Everything from outside is escaped here."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.cards.blocks import cut, escaped
from bot.cards.links import is_address, link
from bot.cards.people import mention
from bot.cards.text import counted, moment, spoken
from bot.domain.alert import (
    SILENCE_LINK,
    Alert,
    AlertGroup,
    GroupState,
    Source,
    common,
    runbook_of,
)
from bot.domain.change import Change, ChangeKind
from bot.domain.incident import IncidentStatus, PagerDutyIncident
from bot.domain.mended import Mended
from bot.domain.unit import spoken_value

ALERTS_ON_CARD = 5
A_MINUTE = timedelta(minutes=1)
LONGEST_PLACE = 50
LABELS_ON_CARD = 12
NOTES_ON_CARD = 3
LONGEST_NOTE = 300
LONGEST_LABEL = 80
"""Characters of one label's value on a card."""
LABELS_SAID_ELSEWHERE = frozenset({"alertname", "severity"})
"""They stand in the first line."""


def place_of(group: AlertGroup) -> str:
    """`credlink-api in prod`, as far as the labels say."""
    said = [" ".join(part.split()) for part in (group.service, group.environment) if part]
    return " in ".join(cut(part, LONGEST_PLACE) for part in said)


def facts_line(group: AlertGroup, alerts: Sequence[Alert]) -> str:
    """The value with what is normal, since when, and how many alerts fire."""
    facts = []
    if group.value is not None and not _is_absence(group):
        facts.append(f"*{spoken_value(group.value, group.unit)}*{_measure(group)}")
    elif compared := _threshold(group):
        facts.append(compared)
    if group.peak is not None and _is_past(group):
        peak = spoken_value(group.peak.value, group.unit)
        facts.append(f"peak {peak} at {moment(group.peak.at)}")
    facts.append(f"since {moment(group.started_at)}")
    firing = sum(alert.is_firing for alert in alerts)
    if firing > 1:
        facts.append(f"{counted(firing, 'alert')} firing")
    return " · ".join(facts)


def _is_absence(group: AlertGroup) -> bool:
    return group.condition is not None and group.condition.is_absence


def _measure(group: AlertGroup) -> str:
    known = [_threshold(group)]
    if group.normal is not None:
        known.append(f"normally {spoken_value(group.normal, group.unit)}")
    said = ", ".join(filter(None, known))
    return f" ({said})" if said else ""


_SPOKEN_OPERATORS = {
    "<": "fires below",
    "<=": "fires at or below",
    "==": "fires at exactly",
    "!=": "fires at anything but",
}


def _threshold(group: AlertGroup) -> str:
    condition = group.condition
    if condition is None or condition.threshold is None:
        return ""
    word = _SPOKEN_OPERATORS.get(condition.operator or "", "threshold")
    return f"{word} {spoken_value(condition.threshold, condition.unit)}"


def _is_past(group: AlertGroup) -> bool:
    """Whether the peak says more than the value beside it."""
    if group.value is None or group.peak is None or _is_absence(group):
        return False
    return spoken_value(group.peak.value, group.unit) != spoken_value(group.value, group.unit)


def on_it_line(incident: PagerDutyIncident) -> str:
    """Who acknowledged, and when."""
    who = incident.acknowledged_by
    line = f"{mention(who) if who else 'Somebody'} is on it"
    at = incident.acknowledged_at
    return f"{line} since {moment(at)}" if at else line


def outcome_line(
    group: AlertGroup, alerts: Sequence[Alert], mended: Mended | None, *, is_measured: bool = True
) -> str:
    """How bad it was; below it what ended it, and how soon somebody was on it."""
    worst, facts = [], []
    fired = len({alert.fingerprint for alert in alerts})
    if group.peak is not None and is_measured and not _is_absence(group):
        peak = f"peak *{spoken_value(group.peak.value, group.unit)}*{_measure(group)}"
        worst.append(f"{peak} at {moment(group.peak.at)}")
    if fired > 1:
        worst.append(f"{counted(fired, 'alert')} fired")
    if group.resolved_at is not None:
        facts.append(f"ended {moment(group.resolved_at)}{_after(group.resolved_at, mended)}")
    if group.acknowledged_at is not None:
        waited = spoken(group.acknowledged_at - group.started_at)
        facts.append(f"acknowledged after {waited}")
    else:
        facts.append("nobody acknowledged it")
    return "\n".join(filter(None, [" · ".join(worst), " · ".join(facts)]))


def _after(ended_at: datetime, mended: Mended | None) -> str:
    if mended is None:
        return ""
    return f", {spoken(ended_at - mended.at)} after {escaped(mended.by)}"


def alert_lines(group: AlertGroup, alerts: Sequence[Alert]) -> list[str]:
    """One line for each alert that fires, the worst first, with what tells it from the others.

    One alert needs no line: the card is about it.
    """
    firing = worst_first(group, [alert for alert in alerts if alert.is_firing])
    if len(firing) < 2:
        return []
    shared = common(alert.labels for alert in firing)
    lines = [alert_line(group, alert, shared) for alert in firing[:ALERTS_ON_CARD]]
    if len(firing) > ALERTS_ON_CARD:
        lines.append(f"and {len(firing) - ALERTS_ON_CARD} more, in the thread")
    return lines


def worst_first(group: AlertGroup, alerts: Sequence[Alert]) -> list[Alert]:
    """The alerts by severity, then by value, those without one last."""
    sign = 1 if group.condition is not None and group.condition.is_worse_when_lower else -1

    def place(alert: Alert) -> tuple[int, bool, float]:
        is_none = alert.value is None or math.isnan(alert.value)
        return -alert.severity, is_none, 0.0 if is_none else sign * (alert.value or 0.0)

    return sorted(alerts, key=place)


def alert_line(group: AlertGroup, alert: Alert, shared: Mapping[str, str]) -> str:
    """An alert by the labels it does not share and its value; since when, if not from the start."""
    own = {name: value for name, value in alert.labels.items() if name not in shared}
    facts = [_labels(_unsaid(group, own) or own or alert.labels)]
    if alert.value is not None:
        facts.append(spoken_value(alert.value, group.unit))
    if alert.severity is not group.severity:
        facts.append(alert.severity.word)
    if abs(alert.starts_at - group.started_at) >= A_MINUTE:
        facts.append(f"since {moment(alert.starts_at)}")
    if alert.is_blind:
        facts.append("no data")
    return f"• {' · '.join(facts)}"


def labels_line(group: AlertGroup, alerts: Sequence[Alert]) -> str:
    """The labels all alerts have in common and the first line does not say, on one line."""
    return _labels(_unsaid(group, common(alert.labels for alert in alerts)))


def _unsaid(group: AlertGroup, labels: Mapping[str, str]) -> dict[str, str]:
    said = {group.service, group.environment, ""}
    return {
        name: value
        for name, value in labels.items()
        if name not in LABELS_SAID_ELSEWHERE and value not in said
    }


def _labels(labels: Mapping[str, str]) -> str:
    shown = [
        f"{escaped(cut(name, LONGEST_LABEL))}={escaped(cut(value, LONGEST_LABEL))}"
        for name, value in sorted(labels.items())[:LABELS_ON_CARD]
    ]
    if len(labels) > LABELS_ON_CARD:
        shown.append(f"and {len(labels) - LABELS_ON_CARD} more labels")
    return " · ".join(shown)


def done_by(change: Change) -> str:
    """What the change did, as a plain phrase: `deploy of v1.2.0`."""
    version = change.plan.wanted.name if change.plan else change.version or ""
    if change.kind is ChangeKind.RESTART:
        return f"restart of {version}" if version else "a restart"
    if change.kind is ChangeKind.ROLLBACK:
        return f"rollback to {version}" if version else "a rollback"
    return f"deploy of {version}" if version else "a deploy"


def incident_line(incident: PagerDutyIncident, group: AlertGroup) -> str:
    """PagerDuty's incident, where it stands and with whom."""
    line = f"*PagerDuty*  {link(incident.url, incident.label)} {_standing(incident, group)}"
    fires_on = not group.is_final and group.source is not Source.PAGERDUTY
    if not incident.is_open and fires_on:
        line += "; the alert still fires"
    return line


def _standing(incident: PagerDutyIncident, group: AlertGroup) -> str:
    match incident.status:
        case IncidentStatus.TRIGGERED:
            paged = ", ".join(escaped(name) for name in incident.assignees)
            return f"triggered, paging {paged}" if paged else "triggered"
        case IncidentStatus.ACKNOWLEDGED if group.state is GroupState.ACKNOWLEDGED:
            return "acknowledged"  # by whom stands above
        case IncidentStatus.ACKNOWLEDGED:
            who = incident.acknowledged_by
            at = f" at {moment(incident.acknowledged_at)}" if incident.acknowledged_at else ""
            return f"acknowledged{' by ' + mention(who) if who else ''}{at}"
        case IncidentStatus.RESOLVED:
            who = incident.resolved_by
            return f"resolved{' by ' + mention(who) if who else ''}"


def notes_of(alerts: Sequence[Alert]) -> list[str]:
    """What the sender says beside its alerts: of those that fire, or of the last when none does."""
    firing = [alert for alert in alerts if alert.is_firing]
    said = dict.fromkeys(alert.note for alert in firing or alerts if alert.note)
    return [cut(note, LONGEST_NOTE) for note in said][:NOTES_ON_CARD]


def _shared_links(alerts: Sequence[Alert]) -> dict[str, str]:
    """Pages that are about all of what fires, or fired: one alert's are not the group's."""
    firing = [alert for alert in alerts if alert.is_firing]
    shared = common(alert.links for alert in firing or alerts)
    return {
        label: address
        for label, address in shared.items()
        if is_address(address) and (firing or label != SILENCE_LINK)
    }


def links_line(alerts: Sequence[Alert]) -> str:
    """Where to go on: the runbook, the query where it can be changed, the sender's own pages."""
    found = []
    runbook = runbook_of(alerts)
    if runbook is not None:
        is_link = is_address(runbook)
        found.append(link(runbook, "Runbook") if is_link else f"runbook {escaped(runbook)}")
    if query := query_link(alerts):
        found.append(query)
    found += [link(address, label) for label, address in _shared_links(alerts).items()]
    return " · ".join(found)


def query_link(alerts: Sequence[Alert]) -> str:
    """Where the alert's expression can be looked at and changed; empty where no alert says."""
    source = next((alert.source_url for alert in alerts if is_address(alert.source_url)), None)
    return link(source, "Query") if source is not None else ""
