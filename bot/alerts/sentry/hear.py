"""Sentry's webhooks: issues that moved, and alert rules that fired.

A rule that fires about an issue joins the open groups of the same service and environment that
began around then; where there is none, it opens a card. A metric alert is a group of its own.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import metrics
from bot.alerts.group import GroupAlerts
from bot.alerts.normalise import GroupUpdate, dedup_key_of, possible
from bot.alerts.sentry.moving import take_in
from bot.alerts.sentry.telling import (
    RECEIVER,
    fingerprint_of_metric,
    key_of_issue,
    key_of_metric,
    services_of,
    told,
)
from bot.cards.sentry import joined_entry
from bot.domain.alert import Alert, AlertGroup, Severity, Source
from bot.domain.card import Kind
from bot.domain.secrecy import masked
from bot.domain.sentry import SentryIssue, Sighting, Why
from bot.storage import alerts, cards, inbox, issue_acts, sentry
from bot.storage.database import Connection
from integrations.sentry import webhook
from integrations.sentry.webhook import AlertEvent, Hook, MetricAlert

JOINS_AFTER = timedelta(hours=1)
"""How long after its onset a group is still what an issue's alert is about …"""
JOINS_BEFORE = timedelta(minutes=15)
"""… and how long before."""
NAME_CHARACTERS = 90
SEVERITIES = {"fatal": Severity.CRITICAL, "info": Severity.INFO, "debug": Severity.INFO}
"""Every other level is a warning."""
SOONER = timedelta(seconds=50)
"""How much sooner than its turn Sentry is asked: many new issues are no reason to ask all the time.
"""
OPENS = frozenset({"created", "unresolved"})
"""What may bring an issue beside a group that fires; Sentry does not say in which environment."""

log = logging.getLogger(__name__)


async def hear_sentry(
    connection: Connection, group: GroupAlerts, delivery: inbox.Delivery, *, at: datetime
) -> tuple[tuple[str, ...], str]:
    """Take a webhook in; returns the ids of the looks for more that it asks for, and why it is put
    aside: empty where it is understood."""
    hook = webhook.parse(delivery.body)
    hearing = _Hearing(connection, group, delivery.received_at, at)
    if hook.event is not None:
        outcome, looks = await hearing.event(hook.event)
    elif hook.metric is not None:
        outcome, looks = await hearing.metric(hook.metric, hook.action)
    elif hook.issue is not None:
        outcome, looks = await hearing.issue(hook)
    else:
        outcome, looks = "beside" if hook.resource in webhook.BESIDE else "unknown", ()
    metrics.sentry_webhooks.labels(hook.resource, outcome).inc()
    if outcome != "unknown":
        return looks, ""
    kind = f"{hook.resource}.{hook.action}"
    log.warning("unknown_webhook", extra={"action": "unknown_webhook", "kind": kind})
    return (), f"nobody here knows what {kind} means"


@dataclass(frozen=True, slots=True)
class _Hearing:
    """One webhook in its transaction. Its own row counts as what became of it, so that a word is
    as old as when it came."""

    connection: Connection
    group: GroupAlerts
    received_at: datetime
    at: datetime

    async def issue(self, hook: Hook) -> tuple[str, tuple[str, ...]]:
        issue = hook.issue
        if issue is None:
            return "unknown", ()
        services = list(services_of(self.group.catalog, issue.project))
        if not services:
            return "foreign", ()
        known = await sentry.find(self.connection, issue.id)
        if hook.action in OPENS:
            await self._hurry(services)
        if known is None:
            return "beside", ()
        said = told(issue, organization=known.organization, at=self.received_at, by=hook.actor)
        if not hook.actor:
            said = replace(said, moved_by=await self._who_asked(said))
        looks = await take_in(self.connection, self.group.catalog, said, at=self.at)
        return "issue", looks

    async def _who_asked(self, issue: SentryIssue) -> str:
        """Who had it done, where Sentry names only the integration: somebody at a card."""
        asked = (await issue_acts.latest_of(self.connection, [issue.id])).get(issue.id)
        is_ours = asked is not None and asked.tried_at is not None and asked.is_fulfilled_by(issue)
        return asked.name if asked is not None and is_ours else ""

    async def _hurry(self, services: list[str]) -> None:
        """Have Sentry asked now what of it belongs beside the groups that are open there."""
        found = [
            one.id for one in await alerts.every_open(self.connection) if one.service in services
        ]
        await sentry.hurry(self.connection, found, at=self.at, at_most_by=SOONER)

    async def event(self, event: AlertEvent) -> tuple[str, tuple[str, ...]]:
        """One of Sentry's issue alert rules fired."""
        service = self._service(event.project, event.organization)
        await self._keep(event, service)
        own = await alerts.find_open(self.connection, RECEIVER, key_of_issue(event.issue_id))
        joins = [] if own is not None else await self._joins(event, service)
        if joins or own is not None:
            for group in [own] if own is not None else joins:
                await self._join(group, event)
            return "joined", ()
        looks = await self.group(self.connection, self._own(event, service), at=self.at)
        opened = await alerts.find_open(self.connection, RECEIVER, key_of_issue(event.issue_id))
        if opened is not None:
            await sentry.sight(self.connection, opened.id, _sighting(event))
        return "opened", looks

    def _service(self, project: str, organization: str = "") -> str | None:
        """The one service whose errors go there; None where several do, or none."""
        found = list(services_of(self.group.catalog, project, organization))
        return found[0] if len(found) == 1 else None

    async def _keep(self, event: AlertEvent, service: str | None) -> None:
        """Have a row of the issue. What an event does not say changes nothing of a known one."""
        if await sentry.find(self.connection, event.issue_id) is not None:
            return
        config = self.group.catalog.services[service].sentry if service is not None else None
        first = SentryIssue(
            id=event.issue_id,
            organization=event.organization or (config.organization if config else ""),
            project=event.project,
            title=masked(event.title),
            culprit=event.culprit,
            level=event.level,
            url=event.url,
            first_seen_at=possible(event.at),
            last_seen_at=possible(event.at),
            told_at=self.received_at,
        )
        await sentry.tell(self.connection, first)

    async def _joins(self, event: AlertEvent, service: str | None) -> list[AlertGroup]:
        """The open groups of the same place that began around then."""
        if service is None or event.environment is None:
            return []
        found = await alerts.open_in(self.connection, event.environment, service)
        return [
            group
            for group in found
            if group.service == service
            and not group.group_key.startswith(key_of_issue(""))
            and -JOINS_BEFORE <= event.at - group.started_at <= JOINS_AFTER
        ]

    async def _join(self, group: AlertGroup, event: AlertEvent) -> None:
        is_new = await sentry.sight(self.connection, group.id, _sighting(event))
        await sentry.watch(self.connection, group.id, due_at=self.at)
        issue = await sentry.find(self.connection, event.issue_id)
        if is_new and issue is not None:
            await cards.add_entry(
                self.connection,
                Kind.ALERT_GROUP,
                group.id,
                key=f"issue {issue.id} joined",
                message=joined_entry(issue, rule=event.rule),
            )

    def _own(self, event: AlertEvent, service: str | None) -> GroupUpdate:
        alert = Alert(
            fingerprint=f"sentry:{key_of_issue(event.issue_id)}",
            starts_at=possible(event.at),
            labels=self._labels(
                _name(event.title),
                SEVERITIES.get(event.level, Severity.WARNING),
                service,
                event.environment,
                level=event.level,
                release=event.release,
            ),
            annotations={"summary": f"Sentry's alert rule “{event.rule}” fired."},
        )
        return _update(key_of_issue(event.issue_id), alert)

    async def metric(self, alert: MetricAlert, action: str) -> tuple[str, tuple[str, ...]]:
        """A metric alert became critical or a warning, or was resolved."""
        if action not in {"critical", "warning", "resolved"}:
            return "unknown", ()
        key = key_of_metric(alert.rule_id)
        fingerprint = fingerprint_of_metric(alert.rule_id, alert.identifier)
        known = await alerts.find_open(self.connection, RECEIVER, key)
        inside = await alerts.alerts_of(self.connection, known.id) if known is not None else ()
        same = (a.starts_at for a in inside if a.fingerprint == fingerprint)
        begun = next(same, possible(alert.started_at))
        is_over = action == "resolved"
        severity = Severity.CRITICAL if action == "critical" else Severity.WARNING
        if is_over and known is not None:
            severity = known.severity
        services = {self._service(project) for project in alert.projects}
        service = services.pop() if len(services) == 1 else None
        firing = Alert(
            fingerprint=fingerprint,
            starts_at=begun,
            labels=self._labels(_name(alert.rule), severity, service, alert.environment),
            annotations={
                "summary": " · ".join(masked(alert.text).replace("\\n", "\n").splitlines())
            },
            links={"Alert in Sentry": alert.url} if alert.url else {},
        )
        ended = max(begun, possible(alert.closed_at or self.received_at))
        told_of = replace(firing, ends_at=ended) if is_over else firing
        return "metric", await self.group(self.connection, _update(key, told_of), at=self.at)

    def _labels(
        self,
        name: str,
        severity: Severity,
        service: str | None,
        environment: str | None,
        **more: str | None,
    ) -> dict[str, str]:
        """As Alertmanager would label it, so that the catalogue's routes fit it."""
        where = self.group.catalog.alerts
        labels = {
            "alertname": name,
            "severity": severity.word,
            where.service_label: service,
            where.environment_label: environment,
            **more,
        }
        return {key: value for key, value in labels.items() if value}


def _sighting(event: AlertEvent) -> Sighting:
    return Sighting(issue_id=event.issue_id, why=Why.RULE, rule=event.rule)


def _name(text: str) -> str:
    line = " ".join(masked(text).split())
    return line if len(line) <= NAME_CHARACTERS else f"{line[: NAME_CHARACTERS - 1]}…"


def _update(key: str, alert: Alert) -> GroupUpdate:
    return GroupUpdate(
        source=Source.SENTRY,
        receiver=RECEIVER,
        group_key=key,
        dedup_key=dedup_key_of(f"sentry:{key}"),
        truncated=0,
        alerts=(alert,),
    )
