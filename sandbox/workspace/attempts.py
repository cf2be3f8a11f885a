"""One thing a person did, tried once on the app, and the person told what came of it."""

from dataclasses import dataclass
from typing import Any

from sandbox import seeds
from sandbox.workspace.parcel import NotAcknowledged
from sandbox.workspace.platform import Platform

FAILURES = {"http_timeout": "operation_timeout"}
"""Slack's word to the person for a failure of delivery; every other one is dispatch_failed."""


class Refused(Exception):
    """The workspace itself refuses what a person tried; `error` is the control API's word."""

    def __init__(self, error: str, detail: str = "") -> None:
        super().__init__(detail or error)
        self.error = error
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the person did: `what` is command, action, view or options."""

    person: str
    what: str
    label: str
    kind: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The app took it; `payload` is what it answered."""

    payload: dict[str, Any]
    acked_ms: float

    def answer(self) -> dict[str, Any]:
        """The control API's answer."""
        return {"ok": True, "acked_ms": self.acked_ms}


async def attempt(platform: Platform, trying: Attempt) -> Acknowledged:
    """Deliver and wait for the acknowledgement.

    Raises:
        Refused: operation_timeout or dispatch_failed; the person has seen a toast.
    """
    pending = platform.store.ids.new("P")

    def tell(state: str) -> None:
        platform.stream.tell({trying.person}, "pending", id=pending, what=trying.what, state=state)

    tell("sent")
    started = platform.timing.now()
    try:
        payload = await platform.deliveries.interact(trying.kind, trying.what, trying.payload)
    except NotAcknowledged as exc:
        tell("failed")
        error = FAILURES.get(exc.reason, "dispatch_failed")
        toast(platform, trying.person, f"{trying.label} failed with the error “{error}”")
        raise Refused(error, exc.reason) from None
    tell("acked")
    return Acknowledged(payload, round((platform.timing.now() - started) * 1000, 3))


def toast(platform: Platform, person: str, text: str) -> None:
    """Show the person a short notice, as Slack does when an app fails."""
    platform.stream.tell({person}, "toast", level="error", text=text)


def signed_by(platform: Platform, person: str) -> dict[str, Any]:
    """The parts every interaction payload has: who, where, which app."""
    user = platform.store.users[person]
    return {
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": seeds.TEAM_ID,
        },
        "api_app_id": seeds.APP_ID,
        "token": "",
        "team": {"id": seeds.TEAM_ID, "domain": seeds.TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }
