"""Events for EventBridge, sent over the wire and never from inside a step.

A step of the simulator must neither wait nor raise for something that only follows from it:
whoever happens to look at that moment would get the error. So steps put events here, and one
thread (or, in process, whoever looked, after the answer is made) sends them.
"""

import json
import queue
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sandbox.aws.model import Json

MAX_ENTRIES = 10
"""PutEvents takes so many at once.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""


class EventsClient(Protocol):
    """boto3's client of EventBridge, as far as it is used."""

    def put_events(self, *, Entries: list[Json]) -> Any: ...  # noqa: N803  boto3's own name


class ClientFor(Protocol):
    """Gives the client for an account and region."""

    def __call__(self, account: str, region: str) -> EventsClient: ...


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, where and when (epoch seconds)."""

    account: str
    region: str
    detail_type: str
    resource: str
    detail: Json
    at: float
    source: str = "aws.ecs"


class Outbox:
    """Keeps events until they are sent; counts those that were and those that could not be."""

    def __init__(self, client_for: ClientFor) -> None:
        self._client_for = client_for
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.sent = 0
        self.failed = 0
        self.last_error: Exception | None = None

    def put(self, event: Event) -> None:
        self._queue.put(event)

    def start(self) -> None:
        """Send from a thread of its own, until `stop`."""
        self._thread = threading.Thread(target=self._run, name="aws-outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send what is left, then end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=5.0)
            self._thread = None

    def flush(self) -> None:
        """Send everything now, in the caller's thread, if no thread of its own does."""
        if self._thread is None:
            self._send(self._waiting())

    def clear(self) -> None:
        """Throw away what waits: news of a past that nobody was there to hear."""
        self._waiting()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            waiting = self._waiting()
            self._send([first, *(event for event in waiting if event is not None)])
            if None in waiting:
                return

    def _waiting(self) -> list[Event | None]:
        waiting: list[Event | None] = []
        try:
            while True:
                waiting.append(self._queue.get_nowait())
        except queue.Empty:
            return waiting

    def _send(self, events: list[Event | None] | list[Event]) -> None:
        by_place: dict[tuple[str, str], list[Json]] = defaultdict(list)
        for event in events:
            if event is not None:
                by_place[event.account, event.region].append(_entry(event))
        for (account, region), entries in by_place.items():
            for first in range(0, len(entries), MAX_ENTRIES):
                batch = entries[first : first + MAX_ENTRIES]
                try:
                    self._client_for(account, region).put_events(Entries=batch)
                    self.sent += len(batch)
                except Exception as error:  # noqa: BLE001  counted; it must reach no step and no reader
                    self.failed += len(batch)
                    self.last_error = error


def _entry(event: Event) -> Json:
    return {
        "Source": event.source,
        "Time": datetime.fromtimestamp(event.at, UTC),
        "DetailType": event.detail_type,
        "Resources": [event.resource],
        "Detail": json.dumps(_dated(event.detail)),
    }


def _dated(value: Any, key: str = "") -> Any:
    """EventBridge writes moments as ISO 8601 where the API has epoch seconds."""
    if isinstance(value, dict):
        return {k: _dated(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_dated(item) for item in value]
    if key.endswith("At") and isinstance(value, float):
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")
    return value
