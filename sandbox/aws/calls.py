"""Every AWS API call the world answered, and the faults it was told to answer with."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

READS = ("Describe", "List", "Get")
CHANGED_BY_BOTS = frozenset({"ecs", "application-autoscaling", "cloudwatch"})
"""Services whose writes are told apart: a query of logs is no read by its name, and no change."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One request: `at` in epoch seconds; `status` is None if the connection was cut instead."""

    at: float
    account: str
    region: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    status: int | None

    @property
    def is_ecs_write(self) -> bool:
        return self.service == "ecs" and self.is_write

    @property
    def is_write(self) -> bool:
        """Whether it changed a service, its scaling or its alarms, or tried to."""
        return self.service in CHANGED_BY_BOTS and not self.operation.startswith(READS)


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` calls of `operation`.

    `operation` is "UpdateService", "ecs:UpdateService", "ecs:*" or "*". The outcome is an error
    `code` with its HTTP `status`, or a connection dropped before or after the effect; with
    neither, only the latency `delay_s` (real seconds), which goes with each of them.
    In `message`, {action} is the action as IAM names it and {account} the caller's account.
    """

    operation: str
    times: int = 1
    code: str | None = None
    message: str = ""
    status: int = 400
    drop: Literal["before", "after"] | None = None
    delay_s: float = 0.0

    def applies_to(self, service: str, operation: str) -> bool:
        return self.operation in {operation, f"{service}:{operation}", f"{service}:*", "*"}


def throttled(operation: str, *, times: int = 1) -> Fault:
    return Fault(operation, times, "ThrottlingException", "Rate exceeded")


def access_denied(operation: str, *, times: int = 1) -> Fault:
    message = (
        "User: arn:aws:sts::{account}:assumed-role/credlink-bot/credlink is not authorized to "
        "perform: {action} because no identity-based policy allows the {action} action"
    )
    return Fault(operation, times, "AccessDeniedException", message)


def server_error(operation: str, *, times: int = 1) -> Fault:
    return Fault(operation, times, "ServerException", "Service Unavailable.", status=500)


def slow(operation: str, delay_s: float, *, times: int = 1) -> Fault:
    return Fault(operation, times, delay_s=delay_s)


def dropped(
    operation: str, *, when: Literal["before", "after"] = "before", times: int = 1
) -> Fault:
    """The connection is cut; with "after" the call had its effect all the same."""
    return Fault(operation, times, drop=when)


class Faults:
    """The switchboard; the first fault that applies is taken, and counted down."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, service: str, operation: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.applies_to(service, operation):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def __iter__(self) -> Iterator[Fault]:
        return iter(tuple(self._faults))
