"""What fires now: our open groups beside what Alertmanager says, each side's gaps named."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from bot.domain.alert import AlertGroup, GroupState, Severity, Source, read_severity
from bot.domain.incident import PagerDutyIncident
from bot.domain.unit import spoken_value

YOUNG = timedelta(minutes=5)
"""An Alertmanager forgets its alerts when it restarts, and knows again what fires when Prometheus
has sent it again: after a minute and an evaluation at most, as Prometheus comes."""


class Held(StrEnum):
    """What Alertmanager says of a group of ours."""

    ACTIVE = "active"
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    GONE = "gone"
    """It has none of its alerts, and told us of no end yet."""
    UNKNOWN = "unknown"
    """It did not answer, or another system's word counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAlert:
    """An alert as Alertmanager holds it."""

    fingerprint: str
    labels: Mapping[str, str]
    starts_at: datetime
    is_silenced: bool = False
    is_inhibited: bool = False
    receivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Everything Alertmanager held at one moment, and since when it ran."""

    alerts: tuple[HeldAlert, ...]
    up_since: datetime

    def is_young(self, now: datetime, *, pace: float = 1.0) -> bool:
        """Whether it may not know yet again what fires."""
        return now - self.up_since < YOUNG / pace


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringGroup:
    """One open alert group of ours, as far as a line about it tells."""

    id: str
    name: str
    severity: Severity
    service: str | None
    environment: str | None
    since: datetime
    alerts: int
    value: str = ""
    """With its unit; empty where the alert gives none."""
    acknowledged_by: str | None = None
    """The name in PagerDuty, for a mention would call them; empty where nobody can say who."""
    incident: str | None = None
    incident_url: str = ""
    held: Held = Held.UNKNOWN
    url: str = ""
    """Where its card stands; empty until it is posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """What Alertmanager says fires and no open group of ours has."""

    name: str
    severity: Severity
    service: str | None
    environment: str | None
    since: datetime
    alerts: int
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """The answer to what fires now."""

    groups: tuple[FiringGroup, ...] = ()
    untold: tuple[Untold, ...] = ()
    silent: str | None = None
    """Why Alertmanager said nothing; None where it did."""
    young_since: datetime | None = None
    """When it was restarted, where it may not know yet what fires."""
    more: int = 0
    """Groups of ours that are not in `groups`: the least bad ones."""
    hidden: int = 0
    """Groups of places where the asker may not look."""

    def as_json(self) -> dict[str, Any]:
        """What `read_firing` reads."""
        return dict(_FIRING.dump_python(self, mode="json"))


def read_firing(found: Mapping[str, Any]) -> Firing:
    """The answer that was kept."""
    return _FIRING.validate_python(found)


def of_group(
    group: AlertGroup, incidents: Sequence[PagerDutyIncident], *, alerts: int, held: Held, url: str
) -> FiringGroup:
    """A line's worth of a group; of its incidents, open ones first, the first counts."""
    incident = incidents[0] if incidents and incidents[0].is_open else None
    who = incident.acknowledged_by if incident is not None else None
    by = who.name if who is not None else ""
    return FiringGroup(
        id=group.id,
        name=group.name,
        severity=group.severity,
        service=group.service,
        environment=group.environment,
        since=group.started_at,
        alerts=alerts,
        value=_value(group),
        acknowledged_by=by if group.state is GroupState.ACKNOWLEDGED else None,
        incident=incident.label if incident is not None else None,
        incident_url=incident.url if incident is not None else "",
        held=held,
        url=url,
    )


def _value(group: AlertGroup) -> str:
    if group.is_blind:
        return "no data"
    return "" if group.value is None else spoken_value(group.value, group.unit)


def held(group: AlertGroup, firing: Collection[str], holding: Holding | None) -> Held:
    """What Alertmanager says of a group whose alerts of these fingerprints fire.

    The loudest word about any of them counts.
    """
    if holding is None or group.source is not Source.ALERTMANAGER:
        return Held.UNKNOWN
    there = [alert for alert in holding.alerts if alert.fingerprint in firing]
    if not there:
        return Held.GONE
    if all(alert.is_silenced for alert in there):
        return Held.SILENCED
    if all(alert.is_silenced or alert.is_inhibited for alert in there):
        return Held.INHIBITED
    return Held.ACTIVE


def untold(
    holding: Holding, known: Collection[str], *, service_label: str, environment_label: str
) -> tuple[Untold, ...]:
    """What fires, neither silenced nor inhibited, beside the alerts we `know` by fingerprint.

    One for each name, severity and place, the worst first.
    """
    together: dict[tuple[str, Severity, str | None, str | None], list[HeldAlert]]
    together = defaultdict(list)
    for alert in holding.alerts:
        if alert.is_silenced or alert.is_inhibited or alert.fingerprint in known:
            continue
        name = alert.labels.get("alertname", "Alert without a name")
        place = alert.labels.get(service_label), alert.labels.get(environment_label)
        together[name, read_severity(alert.labels), *place].append(alert)
    found = [
        Untold(
            name=name,
            severity=severity,
            service=service,
            environment=environment,
            since=min(alert.starts_at for alert in alerts),
            alerts=len(alerts),
            receivers=tuple(sorted({name for alert in alerts for name in alert.receivers})),
        )
        for (name, severity, service, environment), alerts in together.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.severity, one.since, one.name)))


_FIRING = TypeAdapter(Firing)
