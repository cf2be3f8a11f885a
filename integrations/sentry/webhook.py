"""Webhooks of a Sentry integration: proved, then read."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.errors import InvalidSignature, Rejected, told
from integrations.http import NOT_ITS_SHAPE
from integrations.sentry import reading
from integrations.sentry.calls import SYSTEM
from integrations.sentry.models import Issue
from integrations.webhooks import read_json

SIGNATURE_HEADER = "Sentry-Hook-Signature"
TIMESTAMP_HEADER = "Sentry-Hook-Timestamp"
RESOURCE_HEADER = "Sentry-Hook-Resource"
DELIVERY_HEADER = "Request-ID"
FRESH_FOR = timedelta(minutes=15)
"""How far a webhook's own time may be from ours, either way: clocks differ, and queues wait."""
ISSUE, EVENT_ALERT, METRIC_ALERT = "issue", "event_alert", "metric_alert"
BESIDE = ("installation", "comment", "error")
"""Documented resources that tell nothing of where an issue or an alert stands."""
UNKNOWN = "unknown"
_EVENT_URL = re.compile(r"/projects/(?P<organization>[^/]+)/(?P<project>[^/]+)/events/")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """The event with which one of Sentry's issue alert rules fired."""

    rule: str
    issue_id: str
    organization: str
    project: str
    """Slugs; empty where the event's address does not tell."""
    title: str
    culprit: str
    level: str
    environment: str | None
    release: str | None
    url: str
    """Of the issue, for people."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAlert:
    """One of Sentry's metric alerts; the same `rule_id` fires again and again, each time under
    another `identifier`."""

    rule_id: str
    identifier: str
    rule: str
    projects: tuple[str, ...]
    environment: str | None
    title: str
    text: str
    url: str
    started_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One webhook. At most one of `issue`, `event` and `metric` is there, as `resource` says."""

    resource: str
    action: str
    actor: str = ""
    """The name of the person who did it; empty for Sentry itself and for integrations."""
    issue: Issue | None = None
    event: AlertEvent | None = None
    metric: MetricAlert | None = None

    @property
    def subject(self) -> str:
        """What it is about: webhooks about the same must be worked off in order."""
        if self.issue is not None:
            return f"issue:{self.issue.id}"
        if self.event is not None:
            return f"issue:{self.event.issue_id}"
        return f"metric:{self.metric.rule_id}" if self.metric is not None else self.resource


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secrets: Iterable[str],
    *,
    now: datetime,
) -> None:
    """Prove that Sentry sent `body`, and not long ago.

    The signature is the hex HMAC-SHA256 of the raw bytes with the integration's client secret;
    `secrets` are those in force, so that they can be rotated. It covers the body alone: the time
    beside it keeps out what is repeated by accident, not who can write headers.

    Raises:
        InvalidSignature: the signature is missing or wrong, or there is no secret to prove it by.
        Rejected: it is too old, or from the future.

    Source: https://docs.sentry.io/integrations/integration-platform/webhooks/
    """
    given = headers.get(SIGNATURE_HEADER, "").encode(errors="replace")
    if not any(hmac.compare_digest(_signed(body, s), given) for s in filter(None, secrets)):
        raise InvalidSignature(SYSTEM)
    text = headers.get(TIMESTAMP_HEADER, "")
    try:
        age = abs(now.timestamp() - float(text))
    except ValueError:
        raise Rejected(SYSTEM, "webhook", f"no time in {TIMESTAMP_HEADER}") from None
    if not age <= FRESH_FOR.total_seconds():  # NaN is in no order
        minutes = FRESH_FOR // timedelta(minutes=1)
        why = f"its time is more than {minutes} min from ours: one of the clocks is wrong"
        raise Rejected(SYSTEM, "webhook", why)


def _signed(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def parse(body: bytes) -> Hook:
    """Read a webhook by what is in it: the header that names the resource is not signed.

    Raises:
        Rejected: it is none of Sentry's integration platform.
    """
    payload = read_json(SYSTEM, body)
    try:
        return _hook(payload)
    except NOT_ITS_SHAPE as exc:
        why = told(f"not a webhook of Sentry's ({type(exc).__name__}: {exc})")
        raise Rejected(SYSTEM, "webhook", why) from None


def _hook(payload: Mapping[str, Any]) -> Hook:
    data, action = payload["data"], str(payload["action"])
    actor = payload.get("actor") or {}
    by = str(actor.get("name") or "") if actor.get("type") == "user" else ""
    if "metric_alert" in data:
        return Hook(resource=METRIC_ALERT, action=action, actor=by, metric=_metric(data))
    if "event" in data and "triggered_rule" in data:
        return Hook(resource=EVENT_ALERT, action=action, actor=by, event=_event(data))
    if isinstance(data.get("issue"), dict):
        issue = reading.issue(data["issue"])
        return Hook(resource=ISSUE, action=action, actor=by, issue=issue)
    resource = next((name for name in BESIDE if name in data), UNKNOWN)
    return Hook(resource=resource, action=action, actor=by)


def _event(data: Mapping[str, Any]) -> AlertEvent:
    event = data["event"]
    tags = {pair[0]: pair[1] for pair in event.get("tags") or () if len(pair) == 2}
    where = _EVENT_URL.search(event.get("url") or "")
    return AlertEvent(
        rule=str(data["triggered_rule"]),
        issue_id=str(event["issue_id"]),
        organization=where["organization"] if where else "",
        project=where["project"] if where else "",
        title=str(event["title"])[: reading.LONGEST_TEXT],
        culprit=str(event.get("culprit") or "")[: reading.LONGEST_TEXT],
        level=event.get("level") or tags.get("level") or "error",
        environment=event.get("environment") or tags.get("environment"),
        release=event.get("release") or tags.get("sentry:release") or tags.get("release"),
        url=(event.get("web_url") or "").partition("/events/")[0],
        at=reading.moment(event["datetime"]),
    )


def _metric(data: Mapping[str, Any]) -> MetricAlert:
    alert = data["metric_alert"]
    rule = alert["alert_rule"]
    closed = alert.get("date_closed")
    return MetricAlert(
        rule_id=str(rule["id"]),
        identifier=str(alert.get("identifier") or alert["id"]),
        rule=str(rule["name"]),
        projects=tuple(map(str, rule.get("projects") or alert.get("projects") or ())),
        environment=rule.get("environment"),
        title=data.get("description_title") or rule["name"],
        text=str(data.get("description_text") or "")[: reading.LONGEST_TEXT],
        url=data.get("web_url") or "",
        started_at=reading.moment(alert.get("date_started") or alert["date_created"]),
        closed_at=reading.moment(closed) if closed else None,
    )
