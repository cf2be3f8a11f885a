"""What fires in a place and what is silenced there, by Alertmanager's own word."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.catalog import Catalog
from bot.domain.alert import Severity, read_severity
from bot.domain.health.facts import Alerts, FiringAlert, Known, SilencedAlert
from bot.domain.place import Place
from integrations.alertmanager.client import AlertmanagerClient
from integrations.alertmanager.models import Alert, Matcher

SUPPRESSED = "suppressed"


def labels(catalog: Catalog, place: Place) -> dict[str, str]:
    """The labels by which the place's alerts are found."""
    return {
        catalog.alerts.environment_label: place.environment,
        catalog.alerts.service_label: place.service,
    }


async def alerts(
    alertmanager: AlertmanagerClient, catalog: Catalog, place: Place, known: Known
) -> dict[str, Any]:
    """The place's alerts; one that names no service is about every service there.

    Costs one call, and one more where something is silenced.

    Raises:
        IntegrationError: Alertmanager did not answer.
    """
    found = await alertmanager.get_alerts(
        matchers=[
            Matcher(catalog.alerts.environment_label, place.environment),
            Matcher(catalog.alerts.service_label, f"{re.escape(place.service)}|", is_regex=True),
        ]
    )
    silenced = [alert for alert in found if alert.silenced_by]
    ends = await _ends(alertmanager) if silenced else {}
    return {
        "alerts": Alerts(
            firing=_firing([a for a in found if a.state != SUPPRESSED], known),
            silenced=tuple(SilencedAlert(_name(a), _until(a, ends)) for a in silenced),
            inhibited=sum(bool(a.inhibited_by) and not a.silenced_by for a in found),
        )
    }


async def _ends(alertmanager: AlertmanagerClient) -> dict[str, datetime]:
    return {
        silence.id: silence.ends_at
        for silence in await alertmanager.get_silences()
        if silence.id is not None
    }


def _until(alert: Alert, ends: Mapping[str, datetime]) -> datetime | None:
    """When the last of its silences ends."""
    return max((ends[one] for one in alert.silenced_by if one in ends), default=None)


def _firing(found: Iterable[Alert], known: Known) -> tuple[FiringAlert, ...]:
    """One for each name and severity, the worst first; our own card of it, where there is one."""
    together: dict[tuple[str, Severity], list[Alert]] = defaultdict(list)
    for alert in found:
        together[_name(alert), read_severity(alert.labels)].append(alert)
    ours = {row.name: row for row in known.firing}
    firing = [
        _one(name, severity, alerts, ours.get(name))
        for (name, severity), alerts in together.items()
    ]
    return tuple(sorted(firing, key=lambda one: (-one.severity, one.since)))


def _one(
    name: str, severity: Severity, found: Sequence[Alert], ours: FiringAlert | None
) -> FiringAlert:
    return FiringAlert(
        name=name,
        severity=severity,
        since=min(alert.starts_at for alert in found),
        times=len(found),
        acknowledged_by=ours.acknowledged_by if ours is not None else None,
        url=ours.url if ours is not None and ours.url else found[0].generator_url,
    )


def _name(alert: Alert) -> str:
    return alert.labels.get("alertname", "an alert without a name")
