"""CloudWatch Logs Insights: queries that run by themselves, cost by what they scan, and are ended.

A query goes on for up to an hour after whoever asked has gone. So every way out of here but its
own end stops it, also when the asking task is cancelled while the query begins.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.log_models import LogCounts, Minute
from integrations.aws.log_patterns import insights_filter
from integrations.errors import IntegrationError, Rejected, Unavailable

LOOK_AFTER_S, LOOK_AT_MOST_S = 0.25, 2.0
"""Between two looks at a query; each wait is half as long again as the one before."""
STOPS_WITHIN_S, TOLD_WITHIN_S = 10.0, 1.0
"""How long stopping may take, and how long it is waited for by whoever's time is over."""
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
ROWS_A_CALL = 10_000
UNDER_WAY = frozenset({"Scheduled", "Running", "Unknown"})
BIN = "bin(1m)"


class Insights:
    """Insights in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._ending: set[asyncio.Task[str | None]] = set()

    async def count_by_minute(
        self, group: str, pattern: str, *, start: datetime, end: datetime, within_s: float = 15.0
    ) -> LogCounts:
        """Return in which minutes how many lines matched what a person wrote; see `log_patterns`.

        When the time is over, or the task is cancelled, the query is stopped. The range is counted
        in whole seconds, both ends belong to it, and its first and last minute may be part of one.

        Costs one logs:StartQuery, a logs:GetQueryResults about every second, at times a
        logs:StopQuery, and what AWS takes for a scanned GB: see `LogsClient.incoming_bytes`.

        Raises:
            NotFound: there is no such log group.
            Rejected: Insights has no words for the pattern, or refuses the query.
            Forbidden: a permission is missing; it is named.
            RateLimited, Unavailable: worth another try; so is a query that failed.

        Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
        """
        condition = insights_filter(pattern)
        if condition is None:
            words = f"Insights cannot count by {pattern.strip()}; a plain term it can"
            raise Rejected(SYSTEM, "start_query", words)
        counted = f"stats count(*) as events by {BIN}"
        beginning = asyncio.ensure_future(
            self._session.call_once(  # sent again, it would be a second query
                "logs",
                "start_query",
                logGroupName=group,
                startTime=int(start.timestamp()),
                endTime=int(end.timestamp()),
                queryString=f"filter {condition} | {counted}" if condition else counted,
                limit=ROWS_A_CALL,
            )
        )
        latest: dict[str, Any] = {}
        try:
            async with asyncio.timeout(within_s):
                reply = await asyncio.shield(beginning)
                await self._followed(reply["queryId"], latest)
        except TimeoutError:
            stopping = self._stop_apart(beginning)
            return _counts(latest, not_stopped=await _outcome(stopping), is_whole=False)
        except BaseException:
            if latest.get("status", "Running") in UNDER_WAY:
                self._stop_apart(beginning)
            raise
        return _counts(latest)

    async def _followed(self, query: str, latest: dict[str, Any]) -> None:
        """Look until the query has ended; keep in `latest` what it last said."""
        wait_s = LOOK_AFTER_S
        while True:
            latest.update(await self._call("get_query_results", queryId=query))
            status = latest.get("status", "Unknown")
            if status == "Complete":
                return
            if status not in UNDER_WAY:
                raise Unavailable(SYSTEM, "get_query_results", f"the query ended as {status}")
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 1.5, LOOK_AT_MOST_S)

    def _stop_apart(self, beginning: asyncio.Future[Any]) -> asyncio.Task[str | None]:
        """Stop what began in a task of its own, which whoever is cancelled need not wait for."""
        task = asyncio.create_task(self._stop(beginning))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def _stop(self, beginning: asyncio.Future[Any]) -> str | None:
        """Stop a query once it has begun; return why that was not possible, if so."""
        try:
            query = (await beginning)["queryId"]
        except IntegrationError:
            return None  # nothing began, or nobody knows its name
        try:
            async with asyncio.timeout(STOPS_WITHIN_S):
                await self._call("stop_query", queryId=query)
        except Rejected:
            return None  # it had ended by itself
        except IntegrationError as exc:
            return exc.detail
        except TimeoutError:
            return f"no answer within {STOPS_WITHIN_S:g} s"
        return None

    async def _call(self, operation: str, /, **arguments: Any) -> Any:
        return await self._session.call("logs", operation, **arguments)

    async def aclose(self) -> None:
        """Let what is being stopped be stopped; at most for a few seconds."""
        if self._ending:
            await asyncio.wait(self._ending, timeout=STOPS_WITHIN_S)


async def _outcome(stopping: asyncio.Task[str | None]) -> str | None:
    """Why a query was not stopped. Whoever's time is over does not wait for it much longer."""
    await asyncio.wait([stopping], timeout=TOLD_WITHIN_S)
    return stopping.result() if stopping.done() else "AWS has not answered yet"


def _counts(
    raw: dict[str, Any], *, is_whole: bool = True, not_stopped: str | None = None
) -> LogCounts:
    said = raw.get("statistics", {})
    minutes = [_minute(row) for row in raw.get("results", ())]
    return LogCounts(
        minutes=tuple(sorted(minutes, key=lambda minute: minute.at)),
        bytes_scanned=_whole(said.get("bytesScanned")),
        records_scanned=_whole(said.get("recordsScanned")),
        records_matched=_whole(said.get("recordsMatched")),
        is_whole=is_whole,
        not_stopped=not_stopped,
    )


def _minute(row: list[dict[str, str]]) -> Minute:
    fields = {one["field"]: one["value"] for one in row}
    at = datetime.fromisoformat(fields[BIN]).replace(tzinfo=UTC)
    return Minute(at, int(float(fields["events"])))


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)
