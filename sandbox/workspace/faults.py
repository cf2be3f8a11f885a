"""The fault switchboard: what may be made to go wrong, by the control API or by a test.

Faults of one Web API method are `sandbox.standin.Fault`; what else can happen is here.
"""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.standin import Fault

DELIVERY_KINDS = (
    "duplicate_event",
    "out_of_order",
    "dead_url",
    "clock_skew",
    "expired_trigger",
)
METHOD_KINDS = ("ratelimited", "error", "http", "drop_before", "drop_after", "latency")


class Mischief:
    """How often each of the faults of delivery is still to happen."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}
        self._skew_s = 0.0

    def arm(self, kind: str, times: int, *, skew_s: float = 0.0) -> None:
        self._times[kind] = times
        if kind == "clock_skew":
            self._skew_s = skew_s

    def take(self, kind: str) -> bool:
        """Whether `kind` happens now; counts it down."""
        left = self._times.get(kind, 0)
        if left > 0:
            self._times[kind] = left - 1
        return left > 0

    def skew_s(self) -> float:
        """What to add to the next signature's timestamp."""
        return self._skew_s if self.take("clock_skew") else 0.0

    def clear(self) -> None:
        self._times.clear()


def method_fault(written: Mapping[str, Any]) -> Fault:
    """Read a fault of one method as the control API writes it.

    Raises:
        ValueError: the kind is unknown or something it needs is missing.
    """
    kind = written.get("kind")
    method = str(written.get("method", "*"))
    times = int(written.get("times", 1))
    delay_s = float(written.get("delay_s", 0.0))
    if kind == "ratelimited":
        return Fault(
            method,
            times,
            status=429,
            body=json.dumps({"ok": False, "error": "ratelimited"}),
            headers={
                "Retry-After": str(int(written.get("retry_after", 1))),
                "Content-Type": "application/json",
            },
            delay_s=delay_s,
        )
    if kind == "error":
        return Fault(
            method,
            times,
            status=200,
            body=json.dumps({"ok": False, "error": str(written["error"])}),
            headers={"Content-Type": "application/json"},
            delay_s=delay_s,
        )
    if kind == "http":
        status = int(written.get("status", 500))
        page = f"<html><body><h1>{status}</h1></body></html>"
        headers = {"Content-Type": "text/html"}
        return Fault(method, times, status=status, body=page, headers=headers, delay_s=delay_s)
    if kind in {"drop_before", "drop_after"}:
        return Fault(method, times, drop=str(kind).removeprefix("drop_"), delay_s=delay_s)
    if kind == "latency":
        return Fault(method, times, delay_s=delay_s)
    raise ValueError(f"there is no fault called {kind!r}")
