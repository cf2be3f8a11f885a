"""The operations of CloudWatch Logs that search; moto makes and describes the groups."""

from collections.abc import Callable, Mapping

from sandbox.aws import filter_patterns, insights
from sandbox.aws.conditions import LogEvent, Malformed
from sandbox.aws.errors import Refused
from sandbox.aws.logs import ENDED, Logs
from sandbox.aws.model import Json

MOST_EVENTS = 10_000
SCANNED_A_PAGE = 4_000
"""So many are searched for one page, which may then be empty: AWS does so too."""
LONGEST_PATTERN = 1024


def filter_log_events(logs: Logs, request: Json) -> Json:
    """One page; the token names the last event that was searched, and the direction."""
    group, limit = request["logGroupName"], request.get("limit", MOST_EVENTS)
    if not 1 <= limit <= MOST_EVENTS:
        raise _invalid(f"limit must be between 1 and {MOST_EVENTS}")
    start, end = request.get("startTime"), request.get("endTime")
    if start is not None and end is not None and start > end:
        raise _invalid("startTime must not be after endTime")
    events = logs.events(group, start, end)
    newest_first = not request.get("startFromHead", True)
    if "nextToken" in request:
        newest_first, after = _token(request["nextToken"])
        events = [e for e in events if (e.number < after if newest_first else e.number > after)]
    if newest_first:
        events.reverse()
    finds = _predicate(request.get("filterPattern", ""))
    found: list[LogEvent] = []
    searched = 0
    for searched, event in enumerate(events, 1):
        if finds(event):
            found.append(event)
        if len(found) == limit or searched == SCANNED_A_PAGE:
            break
    answer: Json = {"events": [_shown(event) for event in found], "searchedLogStreams": []}
    if searched < len(events):
        direction = "b" if newest_first else "f"
        answer["nextToken"] = f"{direction}/{events[searched - 1].number}"
    return answer


def start_query(logs: Logs, request: Json) -> Json:
    named = [
        key for key in ("logGroupName", "logGroupNames", "logGroupIdentifiers") if key in request
    ]
    if len(named) != 1:
        raise _invalid("Exactly one of logGroupName, logGroupNames, logGroupIdentifiers is needed")
    group = request["logGroupName"] if named == ["logGroupName"] else request[named[0]][0]
    if request["startTime"] > request["endTime"]:
        raise Refused("MalformedQueryException", "end date and time is before the start")
    try:
        query = insights.read(request["queryString"])
    except Malformed as exc:
        raise Refused("MalformedQueryException", str(exc)) from exc
    made = logs.start_query(group, query, request["startTime"], request["endTime"])
    return {"queryId": made.id}


def get_query_results(logs: Logs, request: Json) -> Json:
    query = logs.query(request["queryId"])
    return {
        "queryLanguage": "CWLI",
        "status": query.status,
        "results": query.rows,
        "statistics": query.statistics,
    }


def stop_query(logs: Logs, request: Json) -> Json:
    query = logs.query(request["queryId"])
    if query.status in ENDED:
        raise _invalid(f"Query {query.id} is not running.")
    query.status = "Cancelled"
    return {"success": True}


OPERATIONS: Mapping[str, Callable[[Logs, Json], Json]] = {
    "FilterLogEvents": filter_log_events,
    "StartQuery": start_query,
    "GetQueryResults": get_query_results,
    "StopQuery": stop_query,
}


def _predicate(pattern: str) -> Callable[[LogEvent], bool]:
    if len(pattern) > LONGEST_PATTERN:
        raise _invalid(f"filterPattern must have at most {LONGEST_PATTERN} characters")
    try:
        return filter_patterns.predicate(pattern)
    except Malformed as exc:
        raise _invalid(f"Invalid filter pattern: {exc}") from exc


def _token(written: str) -> tuple[bool, int]:
    direction, _, number = written.partition("/")
    if direction not in {"b", "f"} or not number.isdecimal():
        raise _invalid("The specified nextToken is invalid.")
    return direction == "b", int(number)


def _shown(event: LogEvent) -> Json:
    return {
        "logStreamName": event.stream,
        "timestamp": event.at_ms,
        "ingestionTime": event.at_ms,
        "message": event.message,
        "eventId": event.id,
    }


def _invalid(message: str) -> Refused:
    return Refused("InvalidParameterException", message)
