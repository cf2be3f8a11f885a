"""ECS's own events, from the queues EventBridge puts them in: what others do is known at once.

An event is a reason to look and nothing more: what is written down is what ECS answers then. So a
lost event costs time, and one that comes twice, late or out of order costs a call.

CloudWatch's alarms may come through the same queues, or through their own: they are handed on.
"""

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from bot import metrics, reporting
from bot.changes.outside import SweepOthers
from bot.changes.running import account_of
from bot.domain.place import Place, places
from bot.engine import CONTROL, Engine
from bot.storage import changes
from bot.world import World
from integrations.aws import alarm_news
from integrations.aws.side_models import QueuedMessage
from integrations.aws.sqs import SqsClient
from integrations.errors import IntegrationError

SOURCE = "aws.ecs"
NEWS = frozenset({"ECS Deployment State Change", "ECS Hook State Change", "ECS Service Action"})
"""Detail types that are worth a look. Tasks change all the time, and say nothing of who asked."""
WAIT_S = 3
"""How long one question waits for a message. It holds one of AWS's threads meanwhile, and a process
that is told to leave cannot before it is answered."""
PAUSE_S = 0.2
"""Between two questions where none waits."""
LONGEST_BACK_OFF_S = 60.0
DELIVERIES = 20
"""After so many deliveries a message is deleted unheeded: the sweep looks there too."""

log = logging.getLogger(__name__)


class KeepAlarm(Protocol):
    """Keeps an event of an alarm; False when it cannot be read, and is put aside."""

    async def __call__(self, body: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Queue:
    url: str
    sqs: SqsClient
    places: tuple[Place, ...]


@dataclass(slots=True)
class EcsEvents:
    """Listens at every queue the catalogue names, until it is stopped. Every replica may.

    A place is swept as soon as an event tells of it; where a change is under way, its workflow is
    woken to look instead. Does nothing where the catalogue names no queue.
    """

    world: World
    engine: Engine
    sweep: SweepOthers
    keep_alarm: KeepAlarm
    wait_s: int = WAIT_S
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._listen(queue), name=f"ECS events of {queue.url}")
            for queue in self._queues()
        ]

    async def stop(self) -> None:
        """Stop at once: what was not finished is delivered again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def _queues(self) -> list[_Queue]:
        """Each queue once, reached as the first place that names it is."""
        named: dict[str, list[Place]] = {}
        for place in places(self.world.catalog):
            for url in {place.config.events_queue, place.config.alarms_queue} - {None}:
                named.setdefault(str(url), []).append(place)
        return [
            _Queue(url, account_of(self.world, there[0]).sqs, tuple(there))
            for url, there in named.items()
        ]

    async def _listen(self, queue: _Queue) -> None:
        failures = 0
        while True:
            try:
                taken = await self.take(queue)
            except Exception as exc:  # the queue keeps everything; the next round is the remedy
                if failures == 0:
                    log.exception("ecs_events_failed", extra=_extra("ecs_events_failed", queue))
                    if not isinstance(exc, IntegrationError):
                        reporting.report(exc)
                failures += 1
            else:
                if failures:
                    log.info("ecs_events_well", extra=_extra("ecs_events_well", queue))
                failures = 0
                if taken:
                    continue
            await asyncio.sleep(self._pause_s(failures) / self.world.pace)

    def _pause_s(self, failures: int) -> float:
        if failures == 0:
            return PAUSE_S
        return float(min(2 ** min(failures, 10), LONGEST_BACK_OFF_S))

    async def take(self, queue: _Queue) -> int:
        """Take what the queue has and act on it; returns how many messages came.

        Raises:
            IntegrationError: the queue, or ECS, did not answer; what is not deleted comes again.
        """
        messages = await queue.sqs.receive_messages(queue.url, wait_s=self._wait_s())
        told: dict[tuple[str, str], list[QueuedMessage]] = {}
        there: dict[tuple[str, str], Place] = {}
        for message in messages:
            if is_alarm(message.body):
                is_kept = await self.keep_alarm(message.body)
                await self._delete(queue, [message], "alarm" if is_kept else "unreadable")
                continue
            place, outcome = place_of_event(message.body, queue.places)
            if place is None:
                await self._delete(queue, [message], outcome)
                continue
            key = (place.environment, place.service)
            there[key] = place
            told.setdefault(key, []).append(message)
        trouble: IntegrationError | None = None
        for key, about in told.items():
            try:
                await self._look(there[key])
            except IntegrationError as exc:
                trouble = exc
                await self._delete(queue, _worn_out(about), "given_up")
            else:
                await self._delete(queue, about, "taken")
        if trouble is not None:
            raise trouble
        return len(messages)

    def _wait_s(self) -> int:
        """SQS knows whole seconds, and none of them is no wait."""
        return max(round(self.wait_s / self.world.pace), min(self.wait_s, 1))

    async def _look(self, place: Place) -> None:
        async with self.world.database.read() as connection:
            under_way = await changes.under_way(connection, place.environment, place.service)
        if under_way is None:
            await self.sweep.look(place)
        else:
            # A word to a workflow carries nothing: it only looks sooner. One that the engine does
            # not know yet looks when it begins.
            await self.engine.tell(under_way.id, CONTROL, None, key=f"{under_way.id}:{uuid4().hex}")

    async def _delete(self, queue: _Queue, messages: Iterable[QueuedMessage], outcome: str) -> None:
        for message in messages:
            metrics.ecs_events.labels(outcome).inc()
            if outcome in {"unreadable", "given_up"}:
                told = {**_extra("ecs_event_dropped", queue), "message_id": message.id}
                log.warning("ecs_event_dropped", extra={**told, "outcome": outcome})
            await queue.sqs.delete_message(queue.url, message.receipt)


def _worn_out(messages: Sequence[QueuedMessage]) -> list[QueuedMessage]:
    return [message for message in messages if message.deliveries >= DELIVERIES]


def is_alarm(body: str) -> bool:
    """Whether this is news of a CloudWatch alarm's state."""
    try:
        return alarm_news.is_alarm_event(json.loads(body))
    except (ValueError, RecursionError):
        return False


def place_of_event(body: str, there: Sequence[Place]) -> tuple[Place | None, str]:
    """The place an event is about; or None and why it is of no use: unreadable or ignored."""
    try:
        event = json.loads(body)
        if event["source"] != SOURCE or event["detail-type"] not in NEWS:
            return None, "ignored"
        detail = event["detail"]
        found = [_find(arn, detail, there) for arn in event["resources"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, "unreadable"
    return next((place for place in found if place is not None), None), "ignored"


def _find(arn: str, detail: Mapping[str, Any], there: Sequence[Place]) -> Place | None:
    """The place whose service this is: `arn:aws:ecs:<region>:<account>:service/<cluster>/<name>`.

    Services from before 2018 have no cluster in their ARN; the event's detail names it.
    """
    _, _, _, region, account, resource = arn.split(":", 5)
    kind, _, path = resource.partition("/")
    cluster, _, name = path.rpartition("/")
    cluster = cluster or str(detail.get("clusterArn", "")).rpartition("/")[2]
    if kind != "service":
        return None
    for place in there:
        config = place.config
        if (config.region, config.account, config.ecs_service) != (region, account, name):
            continue
        if config.cluster.rpartition("/")[2] == cluster:
            return place
    return None


def _extra(action: str, queue: _Queue) -> dict[str, str]:
    return {"action": action, "queue": queue.url}
