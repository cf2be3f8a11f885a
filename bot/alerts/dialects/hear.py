"""Webhooks and events of other senders than Alertmanager, taken in as the same kind of group."""

from datetime import datetime

from bot.alerts.dialects.alarm import TakeAlarm
from bot.alerts.dialects.grafana import from_grafana
from bot.alerts.group import GroupAlerts
from bot.storage.database import Connection
from bot.storage.inbox import Delivery
from integrations.aws import alarm_news, sns
from integrations.grafana import webhook as grafana

SENDERS = frozenset({grafana.SYSTEM, sns.SYSTEM, alarm_news.SYSTEM})
"""The sources of deliveries that are heard here."""


async def hear_dialect(
    connection: Connection, group: GroupAlerts, delivery: Delivery, *, at: datetime
) -> tuple[str, ...]:
    """Take one in; returns the ids of the looks for more that it asks for.

    A topic tells of what somebody has asked it to; EventBridge of every state there is.
    """
    if delivery.source == grafana.SYSTEM:
        update = from_grafana(grafana.parse(delivery.body), at=delivery.received_at)
        return await group(connection, update, at=at)
    take = TakeAlarm(group)
    if delivery.source == sns.SYSTEM:
        news = alarm_news.of_notification(sns.parse(delivery.body).message)
        return await take(connection, news, at=at, is_asked_for=True)
    _, news = alarm_news.of_event(delivery.body)
    return await take(connection, news, at=at)
