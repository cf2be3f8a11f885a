"""Every alert is whole: what it asks is known, what it says the bot reads, both are tested."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bot.alerts.judged import UNIT_ANNOTATION
from bot.alerts.normalise import VALUE_ANNOTATION
from bot.alerts.promql import NothingToDraw
from bot.alerts.promql import read as read_condition
from bot.domain.alert import Severity
from bot.domain.evidence.panel import DASHBOARD_ANNOTATION, PANEL_ANNOTATION
from bot.domain.promql import NotPromql
from bot.domain.unit import read_unit
from infra.checks.dashboards import Panels, panels_of
from infra.checks.documents import RULES
from infra.checks.metrics import known, mistakes, named, tree_of
from infra.checks.problem import Problem
from infra.checks.rule_files import Expected, Rule, expectations, rules_of

GROUPS = ("api", "infrastructure", "database", "redis", "business")
COMPONENTS = frozenset({*GROUPS, "bot"})
LEAST = 20
ON_CARDS = ("summary", "description", VALUE_ANNOTATION, "runbook_url")
EVERY_CARD_NAMES = ("severity", "component", "service", "env")


def check(root: Path) -> Iterator[Problem]:
    """Needs nothing but the files."""
    rules, metrics = rules_of(root), known(root)
    alerts = [rule for rule in rules if rule.is_alert]
    panels, tests = panels_of(root), tuple(expectations(root))
    yield from _groups(alerts)
    for rule in rules:
        for mistake in mistakes(rule.expression, metrics):
            yield Problem(rule.where, mistake)
    for alert in alerts:
        for what in (*_labels(alert), *_annotations(alert), *_drawn(alert, panels)):
            yield Problem(alert.where, what)
        for what in _tested(alert, tests):
            yield Problem(alert.where, what)


def _groups(alerts: Sequence[Rule]) -> Iterator[Problem]:
    found = {alert.group for alert in alerts}
    if found != set(GROUPS):
        yield Problem(str(RULES), f"the groups of alerts are {', '.join(GROUPS)}, not {found}")
    if len(alerts) < LEAST:
        yield Problem(str(RULES), f"there are {len(alerts)} alerts, and {LEAST} are promised")
    names = [alert.name for alert in alerts]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(str(RULES), f"{name} is there more than once")


def _labels(alert: Rule) -> Iterator[str]:
    severities = {severity.word for severity in Severity}
    if alert.labels.get("severity") not in severities:
        yield f"its severity must be one of {', '.join(sorted(severities))}"
    if alert.labels.get("component") not in COMPONENTS:
        yield f"its component must be one of {', '.join(sorted(COMPONENTS))}"


def _annotations(alert: Rule) -> Iterator[str]:
    for name in (*ON_CARDS, DASHBOARD_ANNOTATION, PANEL_ANNOTATION):
        if not alert.annotations.get(name, "").strip():
            yield f"it has no {name}"
    if alert.annotations.get(VALUE_ANNOTATION) != "{{ $value }}":
        yield "the bot reads the bare value: value must be {{ $value }}"
    if read_unit(alert.annotations.get(UNIT_ANNOTATION, "")) is None:
        yield f"the bot does not know the unit {alert.annotations[UNIT_ANNOTATION]}"
    summary = alert.annotations.get("summary", "")
    for label in ("service", "env"):
        if f"$labels.{label}" not in summary:
            yield f"its summary does not say the {label}"


def _drawn(alert: Rule, panels: Panels) -> Iterator[str]:
    """The bot can draw it, and the panel it names shows what it compares."""
    try:
        read_condition(alert.expression)
    except NothingToDraw as exc:
        yield str(exc)
    said = alert.annotations
    place = (said.get(DASHBOARD_ANNOTATION, ""), said.get(PANEL_ANNOTATION, ""))
    if place not in panels:
        yield f"there is no panel {place[1]} on a dashboard {place[0]}"
        return
    try:
        asked = named(tree_of(alert.expression))
    except NotPromql:
        return  # said already
    if not asked & panels[place]:
        yield f"panel {place[1]} of {place[0]} shows nothing of {', '.join(sorted(asked))}"


def _tested(alert: Rule, tests: Iterable[Expected]) -> Iterator[str]:
    own = [test for test in tests if test.alert == alert.name]
    if not any(test.firing for test in own):
        yield "no unit test sees it fire"
    if all(test.firing for test in own):
        yield "no unit test sees it stay silent"
    for labels in (labels for test in own for labels in test.firing):
        yield from _placed(labels)


def _placed(labels: Mapping[str, str]) -> Iterator[str]:
    for label in EVERY_CARD_NAMES:
        if not labels.get(label):
            yield f"it fires without a {label}: the bot would not know where it belongs"
