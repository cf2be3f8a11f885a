"""CloudWatch Logs: what was written to log groups, and queries that run over it for a while."""

import bisect
import json
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.aws.conditions import LogEvent
from sandbox.aws.errors import Refused
from sandbox.aws.insights import Query, Row
from sandbox.aws.schedule import Schedule

KEPT_EVENTS = 20_000
"""Of each group; the oldest go first. About an hour and a half of a busy service."""
QUEUED_S, RUNS_S = 0.2, 1.0
"""At pace 1: a query is Scheduled and then Running for so long."""
PAST_EVENTS = 1_000_000
"""Numbers kept free for what was written before the world began."""
KEPT_QUERIES = 200
ENDED = frozenset({"Complete", "Cancelled", "Failed", "Timeout"})

Past = Callable[[], Iterable[tuple[float, str, str]]]
"""Gives moments in epoch seconds, streams and messages."""


@dataclass(slots=True)
class RunningQuery:
    """A query of Insights; its rows are there when it is complete."""

    group: str
    query: Query
    start_s: int
    end_s: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "Scheduled"
    rows: list[Row] = field(default_factory=list)
    statistics: dict[str, float] = field(default_factory=dict)


class Logs:
    """Those of one account and region. Not thread-safe: its owner holds the world's lock.

    Which groups there are, moto knows: `exists` asks it. `runs_s` may be changed: a query that
    takes longer is one that somebody has to stop.
    """

    def __init__(self, schedule: Schedule, *, exists: Callable[[str], bool]) -> None:
        self.queries: dict[str, RunningQuery] = {}
        self.runs_s = RUNS_S
        self._schedule = schedule
        self._exists = exists
        self._events: dict[str, deque[LogEvent]] = {}
        self._pasts: dict[str, Past] = {}
        self._written = PAST_EVENTS

    def write(self, group: str, stream: str, message: str, *, at: float) -> None:
        """Add an event; `at` is in epoch seconds and not before what was written last."""
        self._written += 1
        event = _event(self._written, at, stream, message)
        self._events.setdefault(group, deque(maxlen=KEPT_EVENTS)).append(event)

    def begin(self, group: str, past: Past) -> None:
        """Have a group hold what `past` gives, oldest first: asked for when somebody reads it."""
        self._pasts[group] = past

    def events(self, group: str, start_ms: int | None, end_ms: int | None) -> list[LogEvent]:
        """Those from `start_ms` to `end_ms`, both included, oldest first.

        Raises:
            Refused: there is no such group.
        """
        if not self._exists(group):
            raise Refused("ResourceNotFoundException", "The specified log group does not exist.")
        if group in self._pasts:
            past = enumerate(self._pasts.pop(group)())
            before = (_event(number, *told) for number, told in past)
            since = self._events.get(group, ())
            self._events[group] = deque((*before, *since), maxlen=KEPT_EVENTS)
        written = list(self._events.get(group, ()))
        first = 0 if start_ms is None else bisect.bisect_left(written, start_ms, key=_at)
        last = len(written) if end_ms is None else bisect.bisect_right(written, end_ms, key=_at)
        return written[first:last]

    def start_query(self, group: str, query: Query, start_s: int, end_s: int) -> RunningQuery:
        """Begin a query, which ends by itself.

        Raises:
            Refused: there is no such group.
        """
        self.events(group, start_s * 1000, end_s * 1000)
        made = RunningQuery(group, query, start_s, end_s)
        self.queries[made.id] = made
        while len(self.queries) > KEPT_QUERIES:
            del self.queries[next(iter(self.queries))]
        self._schedule.after(QUEUED_S, self._run, made)
        return made

    def query(self, id_: str) -> RunningQuery:
        """Return a query by its id.

        Raises:
            Refused: there is none.
        """
        if id_ not in self.queries:
            raise Refused("ResourceNotFoundException", f"Query {id_} does not exist.")
        return self.queries[id_]

    def _run(self, running: RunningQuery) -> None:
        if running.status == "Scheduled":
            running.status = "Running"
            self._schedule.after(self.runs_s, self._complete, running)

    def _complete(self, running: RunningQuery) -> None:
        if running.status != "Running":
            return
        scanned = self.events(running.group, running.start_s * 1000, running.end_s * 1000 + 999)
        matched = [event for event in scanned if running.query.finds(event)]
        running.status, running.rows = "Complete", running.query.rows(matched)
        running.statistics = {
            "recordsMatched": float(len(matched)),
            "recordsScanned": float(len(scanned)),
            "bytesScanned": float(sum(event.size_bytes for event in scanned)),
            "logGroupsScanned": 1.0,
        }


def _event(number: int, at: float, stream: str, message: str) -> LogEvent:
    return LogEvent(int(at * 1000), stream, message, number, _fields(message))


def _at(event: LogEvent) -> int:
    return event.at_ms


def _fields(message: str) -> dict[str, Any] | None:
    if not message.startswith("{"):
        return None
    try:
        read = json.loads(message)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None
