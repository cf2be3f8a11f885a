"""What an alert group is called, how bad it is, and by what it is measured: from what fires."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from bot.alerts.normalise import GroupUpdate
from bot.alerts.promql import NothingToDraw, expression_of, read
from bot.domain.alert import Alert, AlertGroup, Condition, Peak, Source
from bot.domain.unit import read_unit

UNIT_ANNOTATION = "unit"
RULES_READ = 10
"""Different rules of one group whose expressions are looked into."""


def judged(
    group: AlertGroup,
    update: GroupUpdate,
    firing: Sequence[Alert],
    changed: Sequence[Alert],
    *,
    at: datetime,
) -> AlertGroup:
    """The group with the severity, condition and value of what fires.

    A value that was only repeated is older than what Prometheus may have been asked since.
    """
    severity = max(alert.severity for alert in firing)
    loudest = [alert for alert in firing if alert.severity is severity]
    condition, note = update.condition, ""
    if update.source is Source.ALERTMANAGER:
        condition, note, loudest = _condition(loudest, group.condition)
    if condition and group.condition and condition.expression != group.condition.expression:
        # What was measured is of another rule: it says nothing about this one.
        group = replace(group, value=None, normal=None, peak=None)
    group = replace(
        group,
        name=name_of(firing),
        severity=severity,
        condition=condition or group.condition,
        condition_note=note,
        is_blind=all(alert.is_blind for alert in firing),
    )
    values = [alert.value for alert in loudest if alert.value is not None]
    worst = (group.condition or Condition("")).worst(values)
    is_old = group.value is not None and not any(alert in changed for alert in loudest)
    if worst is None or worst == group.value or is_old:
        return group
    measured = group.measured(worst, at)
    if group.peak is None and measured.peak is not None:
        # The first value is the one that made it fire.
        return replace(measured, peak=Peak(worst, min(alert.starts_at for alert in loudest)))
    return measured


def _condition(
    firing: Sequence[Alert], known: Condition | None
) -> tuple[Condition | None, str, list[Alert]]:
    """What these alerts are measured by, why by nothing, and those of them that are.

    Where several rules fire, what one of them gives cannot stand beside what another gives: the
    rule of so far goes on while it fires, otherwise the first that can be read is taken.
    """
    by_rule: dict[str, list[Alert]] = {}
    for alert in firing:
        by_rule.setdefault(alert.source_url, []).append(alert)
    found: dict[str, Condition] = {}
    note = ""
    for source_url, alerts_of_it in islice(by_rule.items(), RULES_READ):
        try:
            condition = read(expression_of(source_url))
        except NothingToDraw as exc:
            note = note or str(exc)
            continue
        unit = read_unit(alerts_of_it[0].annotations.get(UNIT_ANNOTATION, ""))
        found[source_url] = replace(condition, unit=unit or condition.unit)
    if not found:
        name = min(alert.name for alert in firing)
        return None, note, [alert for alert in firing if alert.name == name]
    same = [one for one in found.values() if known and one.expression == known.expression]
    taken = (same or list(found.values()))[0]
    measured = [
        alert
        for source_url, one in found.items()
        if one.expression == taken.expression
        for alert in by_rule[source_url]
    ]
    return taken, "", measured


def name_of(firing: Sequence[Alert]) -> str:
    """The worst alert's name, and how many other ones there are."""
    worst_first = sorted(firing, key=lambda alert: (-alert.severity, alert.name))
    names = list(dict.fromkeys(alert.name for alert in worst_first if alert.name))
    match names:
        case []:
            return "Alert without a name"
        case [name]:
            return name
        case _:
            return f"{names[0]} and {len(names) - 1} more"
