"""An alarm's state is taken in: told in several ways, late and out of order, the newest counts."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.alerts.dialects.cloudwatch import GONE, RECEIVER, from_cloudwatch
from bot.alerts.group import GroupAlerts
from bot.storage import alarm_states, alerts
from bot.storage.database import Connection
from integrations.aws.alarm_news import NO_DATA, OK, AlarmNews


@dataclass(frozen=True, slots=True)
class TakeAlarm:
    """Brings an alarm's group to the newest state that CloudWatch told of, in whichever way."""

    group: GroupAlerts

    async def __call__(
        self, connection: Connection, news: AlarmNews, *, at: datetime, is_asked_for: bool = False
    ) -> tuple[str, ...]:
        """Take it in; returns the ids of the looks for more that it asks for.

        The same state told twice, or an older one, changes nothing. An alarm that has no data and
        did not fire opens a card only where somebody asked to be told (`is_asked_for`): those on
        little traffic lose their data all the time.
        """
        known = await alerts.find_open(connection, RECEIVER, news.arn)
        if news.state == NO_DATA and known is None and not is_asked_for:
            return ()
        if not await alarm_states.is_news(connection, news.arn, news.state, since=news.since):
            return ()
        begun = None
        if known is not None:
            inside = await alerts.alerts_of(connection, known.id)
            begun = max((a.starts_at for a in inside if a.is_firing), default=None)
        update = from_cloudwatch(news, self.group.catalog, begun=begun)
        return await self.group(connection, update, at=at)

    async def gone(self, connection: Connection, arn: str, *, at: datetime) -> tuple[str, ...]:
        """Take in that there is no such alarm any more: its group ends, and says so."""
        known = await alerts.find_open(connection, RECEIVER, arn)
        if known is None:
            return ()
        inside = await alerts.alerts_of(connection, known.id)
        news = AlarmNews(arn=arn, name=known.name, state=OK, since=at)
        ended = tuple(replace(a, ends_at=at, note=GONE) for a in inside if a.is_firing)
        update = from_cloudwatch(news, self.group.catalog, begun=None)
        return await self.group(connection, replace(update, alerts=ended), at=at)
