"""What Alertmanager holds now, in our own words."""

import asyncio

from bot.domain.firing import HeldAlert, Holding
from integrations.alertmanager.client import SYSTEM, AlertmanagerClient
from integrations.errors import Unavailable

ALERTMANAGER = "Alertmanager"
NOT_CONNECTED = "the bot has no address of it"


async def held_by(alertmanager: AlertmanagerClient | None) -> Holding:
    """Every alert Alertmanager has, whatever its state. Costs two calls.

    Raises:
        IntegrationError: it did not answer, or is not connected.
    """
    if alertmanager is None:
        raise Unavailable(SYSTEM, "get_alerts", NOT_CONNECTED)
    status, there = await asyncio.gather(alertmanager.get_status(), alertmanager.get_alerts())
    return Holding(
        alerts=tuple(
            HeldAlert(
                fingerprint=alert.fingerprint,
                labels=alert.labels,
                starts_at=alert.starts_at,
                is_silenced=bool(alert.silenced_by),
                is_inhibited=bool(alert.inhibited_by),
                receivers=alert.receivers,
            )
            for alert in there
        ),
        up_since=status.uptime_since,
    )
