"""CloudWatch asked about an alarm that was told of: its account is one of the catalogue's."""

from bot.domain.place import places
from bot.world import World
from integrations.aws.alarm_news import AlarmNews
from integrations.aws.cloudwatch import CloudWatchClient
from integrations.aws.cloudwatch_models import MetricAlarm

MINUTE_S = 60


def client_of(world: World, region: str, account: str) -> CloudWatchClient | None:
    """CloudWatch there, reached as the first place that is there; None where the bot has none."""
    for place in places(world.catalog):
        if (place.config.region, place.config.account) == (region, account):
            return world.aws.account(region, place.config.role).cloudwatch
    return None


def news_of(alarm: MetricAlarm) -> AlarmNews | None:
    """The state of an alarm as if it had been told; None of one whose age CloudWatch keeps back."""
    if alarm.since is None:
        return None
    return AlarmNews(
        arn=alarm.arn,
        name=alarm.name,
        state=alarm.state,
        since=alarm.since,
        reason=alarm.reason,
        description=alarm.description,
        metric=alarm.metric,
        statistic=alarm.statistic,
        dimensions=alarm.dimensions,
        comparison=alarm.comparison,
        threshold=alarm.threshold,
        unit=alarm.unit,
        rule=alarm.rule or "",
    )


def period_of(alarm: MetricAlarm) -> int:
    """Whole minutes, in seconds: CloudWatch keeps no finer ones of most metrics."""
    return max(MINUTE_S, (alarm.period_s or MINUTE_S) // MINUTE_S * MINUTE_S)
