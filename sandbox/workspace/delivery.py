"""Deliveries to the app: events with their redelivery, interactions once, all on record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import seeds
from sandbox.workspace.faults import Mischief
from sandbox.workspace.parcel import EVENT, NotAcknowledged, Parcel, Retry, Transport
from sandbox.workspace.timing import Timing

REDELIVERY_S = (0.0, 60.0, 300.0)
"""When an event that was not taken is sent again: at once, after a minute, after five.

Source: https://docs.slack.dev/apis/events-api#retries
"""
HOLD_S = 1.0
"""How long an event made to arrive out of order waits for another to overtake it."""


@dataclass(slots=True)
class Delivery:
    """What became of one parcel; `acked_ms` is None until the app took it."""

    at: float
    kind: str
    id: str
    acked_ms: float | None = None
    attempts: int = 0
    error: str | None = None
    pending: bool = True


class Deliveries:
    """Everything the workspace sends to the app."""

    def __init__(
        self,
        timing: Timing,
        transport: Transport,
        mischief: Mischief,
        new_id: Callable[[str], str],
    ) -> None:
        self.records: list[Delivery] = []
        self._timing = timing
        self._transport = transport
        self._mischief = mischief
        self._new_id = new_id

    @property
    def pending(self) -> int:
        """How many deliveries are neither taken nor given up."""
        return sum(record.pending for record in self.records)

    async def interact(self, kind: str, label: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Deliver a command, press or submission, once: Slack never repeats these.

        Raises:
            NotAcknowledged: the person is to be shown a failure.
        """
        record = self._record(label, payload.get("trigger_id") or self._new_id("I"))
        try:
            return await self._attempt(record, Parcel(kind, record.id, payload), None)
        except NotAcknowledged as exc:
            record.error = exc.reason
            raise
        finally:
            record.pending = False

    def publish(self, event: dict[str, Any]) -> None:
        """Send an event on its way; redelivery and giving up happen by themselves."""
        event_id = self._new_id("Ev")
        payload = {
            "token": "",
            "team_id": seeds.TEAM_ID,
            "context_team_id": seeds.TEAM_ID,
            "api_app_id": seeds.APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": int(self._timing.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": seeds.TEAM_ID,
                    "user_id": seeds.BOT_USER_ID,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": event_id,
        }
        parcel = Parcel(EVENT, event_id, payload)
        held = self._mischief.take("out_of_order")
        self._timing.spawn(self._deliver(self._record(event["type"], event_id), parcel, held))
        if self._mischief.take("duplicate_event"):
            again = self._record(event["type"], event_id)
            self._timing.spawn(self._deliver(again, parcel, False))

    async def _deliver(self, record: Delivery, parcel: Parcel, held: bool) -> None:
        if held:
            await self._timing.wait(HOLD_S)
        retry: Retry | None = None
        for number in range(len(REDELIVERY_S) + 1):
            try:
                await self._attempt(record, parcel, retry)
            except NotAcknowledged as exc:
                record.error = exc.reason
                if not exc.retry or number == len(REDELIVERY_S):
                    break
                await self._timing.wait(REDELIVERY_S[number])
                retry = Retry(number + 1, exc.reason)
            else:
                record.error = None
                break
        record.pending = False

    async def _attempt(
        self, record: Delivery, parcel: Parcel, retry: Retry | None
    ) -> dict[str, Any]:
        record.attempts += 1
        started = self._timing.now()
        answer = await self._transport.send(parcel, retry)
        record.acked_ms = round((self._timing.now() - started) * 1000, 3)
        return answer

    def _record(self, kind: str, delivery_id: str) -> Delivery:
        record = Delivery(self._timing.now(), kind, delivery_id)
        self.records.append(record)
        return record
