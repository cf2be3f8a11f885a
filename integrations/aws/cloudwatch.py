"""Amazon CloudWatch: alarms and the metrics behind them; mute rules stand beside it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.aws import reading_cloudwatch as reading
from integrations.aws.client import SYSTEM
from integrations.aws.cloudwatch_models import MetricAlarm, MetricSpec, Point
from integrations.aws.mute_rules import SERVICE, MuteRules
from integrations.errors import Forbidden, Unavailable, told

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
ALARMS_A_CALL = 100
PAGES_AT_MOST = 10
"""No answer is followed further: 1,000 alarms, or some hundred thousand points of a series."""


class CloudWatchClient(MuteRules):
    """CloudWatch in one account and region."""

    async def list_alarms(self, prefix: str = "", *, at_most: int = 500) -> tuple[MetricAlarm, ...]:
        """Return metric and composite alarms whose names begin with `prefix`, by name.

        At most `at_most` of them (up to 1,000): as many as that means there may be more. Alarms
        on logs are no part of it; not every region knows to name them.

        Costs one cloudwatch:DescribeAlarms for a hundred.

        Raises:
            Forbidden: the permission is missing. It takes no prefix: it is for all or none.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        """
        arguments: dict[str, Any] = {
            "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
            "MaxRecords": min(at_most, ALARMS_A_CALL),
        }
        if prefix:
            arguments["AlarmNamePrefix"] = prefix
        found: list[MetricAlarm] = []
        for _ in range(PAGES_AT_MOST):
            reply = await self._session.call(SERVICE, "describe_alarms", **arguments)
            found += map(reading.metric_alarm, reply.get("MetricAlarms", ()))
            found += map(reading.composite_alarm, reply.get("CompositeAlarms", ()))
            token = reply.get("NextToken")
            if not token or len(found) >= at_most:
                break
            arguments["NextToken"] = token
        return tuple(sorted(found[:at_most], key=lambda alarm: alarm.name))

    async def get_alarms(self, names: Sequence[str]) -> tuple[MetricAlarm, ...]:
        """Return the metric and composite alarms of these names, up to 100; others are not there.

        Costs one cloudwatch:DescribeAlarms.

        Raises:
            Forbidden: the permission is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        """
        reply = await self._session.call(
            SERVICE,
            "describe_alarms",
            AlarmNames=list(names),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=ALARMS_A_CALL,
        )
        return (
            *map(reading.metric_alarm, reply.get("MetricAlarms", ())),
            *map(reading.composite_alarm, reply.get("CompositeAlarms", ())),
        )

    async def get_series(
        self, asked: MetricAlarm | MetricSpec, *, start: datetime, end: datetime, period_s: int
    ) -> tuple[Point, ...]:
        """Return the values of a metric, or of what an alarm follows, oldest first.

        `period_s` is a multiple of 60 (1, 5, 10 and 30 for metrics stored that finely); an alarm
        on an expression keeps its own. Periods without data have no point. CloudWatch keeps
        minutes for 15 days, five minutes for 63 and hours for 15 months.

        Costs one cloudwatch:GetMetricData for about a hundred thousand points; it is billed by
        metric.

        Raises:
            ValueError: the alarm follows other alarms: there are no numbers.
            Rejected: CloudWatch does not accept the metric or the range.
            Forbidden: the permission is missing, or the metric is in an account not shared.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
        """
        if isinstance(asked, MetricAlarm) and not asked.has_series:
            raise ValueError(f"the alarm {asked.name} follows no metric")
        queries, wanted = reading.queries(asked, period_s=period_s)
        arguments: dict[str, Any] = {
            "MetricDataQueries": queries,
            "StartTime": start,
            "EndTime": end,
            "ScanBy": "TimestampAscending",
        }
        points: list[Point] = []
        for _ in range(PAGES_AT_MOST):
            reply = await self._session.call(SERVICE, "get_metric_data", **arguments)
            for raw in reply.get("MetricDataResults", ()):
                if raw.get("Id") == wanted:
                    points += _points(raw)
            token = reply.get("NextToken")
            if not token:
                break
            arguments["NextToken"] = token
        return tuple(sorted(points, key=lambda point: point.at))


def _points(raw: dict[str, Any]) -> list[Point]:
    """A query's values; an answer of status 200 may hold a query that failed by itself."""
    status = raw.get("StatusCode", "Complete")
    if status in {"InternalError", "Forbidden"}:
        said = "; ".join(message.get("Value", "") for message in raw.get("Messages", ()))
        kind = Forbidden if status == "Forbidden" else Unavailable
        raise kind(SYSTEM, "get_metric_data", told(said or status))
    pairs = zip(raw.get("Timestamps", ()), raw.get("Values", ()), strict=True)
    return [Point(at.astimezone(UTC), value) for at, value in pairs]
