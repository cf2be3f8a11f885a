"""Grafana alerting's groups: Alertmanager's in Grafana's dialect, with values and links of its own.

A rule that could not be judged comes as an alert of another name (DatasourceNoData,
DatasourceError), whatever the service does meanwhile: it is not known to fail, and never fine.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from bot.alerts.normalise import VALUE_ANNOTATION, GroupUpdate, dedup_key_of, possible, read_value
from bot.domain.alert import SILENCE_LINK, Alert, Source
from bot.domain.secrecy import masked
from integrations.grafana import webhook

MATCHER = "matcher"
DASHBOARD_ANNOTATION, PANEL_ANNOTATION = "__dashboardUid__", "__panelId__"
"""A rule's own annotations, which Grafana keeps to itself and tells as addresses instead."""
LONGEST_ERROR = 160
_DASHBOARD = re.compile(r"/d/([\w-]{1,64})(?:/|$)")
_VERDICTS = {0.0, 1.0}
"""What a threshold expression gives: not what it compares."""


def from_grafana(told: webhook.Notification, *, at: datetime) -> GroupUpdate:
    """`at` is when it was received: a resolved alert without an end ended by then.

    Contact points of several organisations, and Alertmanager's receivers, may share names and
    group keys: the receiver says whose it is.
    """
    silence = _silence_link(told.alerts)
    return GroupUpdate(
        source=Source.GRAFANA,
        receiver=f"grafana/{told.org_id}/{told.receiver}",
        group_key=told.group_key,
        # Grafana's PagerDuty contact point takes the group key's hash, as Alertmanager's does.
        dedup_key=dedup_key_of(told.group_key),
        truncated=told.truncated_alerts,
        alerts=tuple(_alert(alert, silence, at) for alert in told.alerts),
    )


def _alert(told: webhook.Alert, silence: str, at: datetime) -> Alert:
    name = told.labels.get("alertname", "")
    is_blind = told.status == "firing" and _is_blind(told, name)
    rule = told.labels.get(webhook.RULE_NAME_LABEL, "")
    stands_for = name in {webhook.NO_DATA, webhook.ERROR} and rule
    labels = {**told.labels, "alertname": rule} if stands_for else told.labels
    return Alert(
        fingerprint=told.fingerprint,
        starts_at=possible(told.starts_at),
        ends_at=None if told.status == "firing" else told.ends_at or at,
        labels=labels,
        annotations={**_panel(told), **told.annotations},
        value=_value(told),
        links=_links(told, silence),
        note=_note(told, name),
        is_blind=is_blind,
    )


def _is_blind(told: webhook.Alert, name: str) -> bool:
    """Whether the rule could not be judged; one may be set to fire as itself then."""
    reason = told.annotations.get(webhook.REASON_ANNOTATION, "")
    return name in {webhook.NO_DATA, webhook.ERROR} or reason.startswith(("NoData", "Error"))


def _value(told: webhook.Alert) -> float | None:
    """What the rule compares: its annotation says so, or there is but one number that it can be.

    A rule has several queries and expressions, each with a value, and the last is usually the
    verdict, 0 or 1. Where several numbers are left nobody can tell which of them counts.
    """
    said = read_value(told.annotations.get(VALUE_ANNOTATION, ""))
    if said is not None:
        return said
    values = [value for value in told.values.values() if value is not None]
    if len(values) > 1:
        values = [value for value in values if value not in _VERDICTS] or values
    return values[0] if len(set(values)) == 1 else None


def _note(told: webhook.Alert, name: str) -> str:
    """Why it is in its state where that is not its condition, or which values it had."""
    reason = told.annotations.get(webhook.REASON_ANNOTATION, "")
    if told.status == "resolved":
        return _end_note(name, reason)
    if name == webhook.NO_DATA or reason.startswith("NoData"):
        return (
            "Grafana's rule got no data: that is no failure of the service, and no sign that it "
            "is well."
        )
    if name == webhook.ERROR or reason.startswith("Error"):
        error = " ".join(told.annotations.get(webhook.ERROR_ANNOTATION, "").split())
        why = f": {masked(error)[:LONGEST_ERROR]}" if error else ""
        return f"Grafana could not judge its rule{why}: the service may be well, or not."
    if _value(told) is None and told.values:
        return f"Values: {', '.join(_spoken(told.values))}."
    return ""


def _end_note(name: str, reason: str) -> str:
    if reason:
        why = f"Grafana ended it because of {reason[:LONGEST_ERROR]}"
        return f"{why}, not because its condition passed: that is no sign that it is well."
    return "Grafana's rule can be judged again." if name in {webhook.NO_DATA, webhook.ERROR} else ""


def _spoken(values: Mapping[str, float | None]) -> Iterable[str]:
    for letter, value in sorted(values.items()):
        yield f"{letter} {'no data' if value is None else f'{value:g}'}"


def _links(told: webhook.Alert, silence: str) -> dict[str, str]:
    given = {
        "Panel": told.panel_url,
        "Dashboard": told.dashboard_url,
        "Rule": told.generator_url,
        "Picture": told.image_url,
        SILENCE_LINK: silence,
    }
    return {label: address for label, address in given.items() if address}


def _silence_link(alerts: Sequence[webhook.Alert]) -> str:
    """Grafana's own form with the matchers that all alerts of the group share.

    One alert's form would silence that alert alone. Empty where they share too little to be
    silenced together: not even the rule.
    """
    addresses = [alert.silence_url for alert in alerts if alert.silence_url]
    if not addresses:
        return ""
    if len(addresses) == 1:
        return addresses[0]
    try:
        parts = urlsplit(addresses[0])
        every = [parse_qs(urlsplit(address).query).get(MATCHER, []) for address in addresses]
    except ValueError:
        return ""
    shared = [one for one in every[0] if all(one in matchers for matchers in every)]
    if not any(one.startswith(("alertname=", "__alert_rule_uid__=")) for one in shared):
        return ""
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != MATCHER]
    query = urlencode([*kept, *((MATCHER, one) for one in shared)])
    return parts._replace(query=query).geturl()


def _panel(told: webhook.Alert) -> dict[str, str]:
    """The rule's panel as its annotations name it, read from the addresses."""
    try:
        parts = urlsplit(told.panel_url or told.dashboard_url)
        panel = parse_qs(parts.query).get("viewPanel", [""])[0].removeprefix("panel-")
    except ValueError:
        return {}
    found = _DASHBOARD.search(parts.path)
    if found is None:
        return {}
    named = {DASHBOARD_ANNOTATION: found[1]}
    return {**named, PANEL_ANNOTATION: panel} if panel.isdecimal() else named
