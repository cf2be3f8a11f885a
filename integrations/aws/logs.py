"""Amazon CloudWatch Logs: which log groups there are, and what stands in them."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.cloudwatch import CloudWatchClient
from integrations.aws.cloudwatch_models import MetricSpec
from integrations.aws.insights import Insights
from integrations.aws.log_models import LogLine, LogLines
from integrations.aws.log_patterns import filter_pattern
from integrations.aws.side_models import LogGroup
from integrations.errors import NotFound

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
EVENTS_A_CALL = 10_000
PAGES_AT_MOST = 500
"""AWS may answer page after page with nothing in it."""


class LogsClient(Insights):
    """CloudWatch Logs in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        super().__init__(session)
        self._metrics = CloudWatchClient(session)

    async def describe_log_group(self, name: str) -> LogGroup:
        """Return the log group of exactly this name.

        AWS looks for a prefix and sorts what it finds, so the name itself is on the first page.

        Costs one logs:DescribeLogGroups.

        Raises:
            NotFound: there is no such log group.
            Rejected: the name is not one CloudWatch Logs would accept.
            Forbidden: logs:DescribeLogGroups is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
        """
        reply = await self._call("describe_log_groups", logGroupNamePrefix=name)
        for raw in reply.get("logGroups", ()):
            if raw.get("logGroupName") == name:
                return LogGroup(
                    name=name,
                    arn=raw.get("logGroupArn") or raw.get("arn", ""),
                    retention_days=raw.get("retentionInDays"),
                )
        raise NotFound(SYSTEM, "describe_log_groups", f"there is no log group {name}")

    async def filter_events(
        self,
        group: str,
        pattern: str,
        *,
        start: datetime,
        end: datetime,
        at_most: int = 100,
        within_s: float = 10.0,
        oldest_first: bool = False,
    ) -> LogLines:
        """Return the newest lines that match what a person wrote, or the oldest; `log_patterns`.

        Pages are asked for until there are enough, the range is searched, or the time is over:
        then what came so far is returned, and not whole. Both ends of the range belong to it.

        Costs one logs:FilterLogEvents for every page, of which AWS makes many where little
        matches. Searching is not billed.

        Raises:
            NotFound: there is no such log group.
            Rejected: the pattern is none, and CloudWatch says why.
            Forbidden: logs:FilterLogEvents is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
        """
        arguments: dict[str, Any] = {
            "logGroupName": group,
            "startTime": _milliseconds(start),
            "endTime": _milliseconds(end),
            # Without a beginning at the end, the newest of a busy hour would come last.
            "startFromHead": oldest_first,
        }
        if wanted := filter_pattern(pattern):
            arguments["filterPattern"] = wanted
        found: list[LogLine] = []
        is_whole = False
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                is_whole = await self._filtered(arguments, found, at_most=at_most)
        found.sort(key=lambda line: line.at)
        kept = found[:at_most] if oldest_first else found[-at_most:]
        return LogLines(lines=tuple(kept), is_cut=len(found) > at_most, is_whole=is_whole)

    async def incoming_bytes(self, group: str, *, start: datetime, end: datetime) -> int | None:
        """Return how many bytes were written to a group: what Insights would scan, and bill.

        None where CloudWatch has no numbers: the group is new, or not there. The last minutes may
        be missing.

        Costs one cloudwatch:GetMetricData.

        Raises:
            Forbidden: the permission is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
        """
        period_s = _period_s(end - start)
        begun = start.timestamp() // period_s * period_s
        points = await self._metrics.get_series(
            MetricSpec(
                namespace="AWS/Logs",
                metric="IncomingBytes",
                dimensions={"LogGroupName": group},
                statistic="Sum",
            ),
            start=datetime.fromtimestamp(begun, UTC),
            end=end,
            period_s=period_s,
        )
        return round(sum(point.value for point in points)) if points else None

    async def _filtered(
        self, arguments: dict[str, Any], found: list[LogLine], *, at_most: int
    ) -> bool:
        """Add what pages tell to `found`; say whether that is all, or one more than enough."""
        for _ in range(PAGES_AT_MOST):
            missing = at_most + 1 - len(found)
            reply = await self._call(
                "filter_log_events", **arguments, limit=min(missing, EVENTS_A_CALL)
            )
            found += map(_line, reply.get("events", ()))
            token = reply.get("nextToken")
            if not token or len(found) > at_most:
                return True
            arguments["nextToken"] = token
        return False


def _line(raw: dict[str, Any]) -> LogLine:
    return LogLine(
        at=datetime.fromtimestamp(raw["timestamp"] / 1000, UTC),
        stream=raw.get("logStreamName", ""),
        message=raw.get("message", ""),
        id=raw.get("eventId", ""),
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _period_s(length: timedelta) -> int:
    """Seconds of the finest period that CloudWatch still has, in a few hundred points."""
    if length <= timedelta(hours=6):
        return 60
    return 300 if length <= timedelta(days=3) else 3600
