"""Scalings and capacities, made with only what a test wants to say."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.scaling.capacity import NONE, Bounds, Suspended
from bot.domain.scaling.proposal import Activity, Policy, Proposal, Shown
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.domain.scaling.wish import Wish, WishKind
from bot.domain.verification import Check, Level

NOW = datetime(2026, 11, 27, 14, 2, tzinfo=UTC)


def bounds(low: int, high: int, suspended: Suspended = NONE) -> Bounds:
    return Bounds(minimum=low, maximum=high, suspended=suspended)


def a_proposal(**said: Any) -> Proposal:
    """3–10, where four tasks run, to 5–10."""
    return Proposal(
        shown=Shown(
            capacity=bounds(3, 10),
            desired=4,
            running=4,
            pending=0,
            policies=(
                Policy(name="cpu", words="CPU at 60 %"),
                Policy(name="requests", words="6000 requests per target"),
            ),
            activities=(
                Activity(
                    at=NOW - timedelta(minutes=9),
                    words="Setting desired count to 4, because monitor alarm x in state ALARM",
                ),
            ),
        ),
        **{
            "wanted": bounds(5, 10),
            "checks": (Check(name="1 task more at once", level=Level.OK, text=""),),
            **said,
        },
    )


def a_scaling(**said: Any) -> Scaling:
    """Alice's 5–10 for two hours, set a minute ago."""
    return Scaling(
        **{
            "id": "scaling-1",
            "environment": "prod",
            "service": "credlink-api",
            "channel": "#credlink-prod",
            "asked_by": "U0ALICE01",
            "asked_at": NOW - timedelta(minutes=2),
            "wish": Wish(kind=WishKind.RANGE, minimum=5, maximum=10),
            "state": ScalingState.STANDING,
            "state_revision": 6,
            "changed_at": NOW - timedelta(minutes=1),
            "correlation_id": "c-1",
            "lasts_s": 7200.0,
            "proposal": a_proposal(),
            "number": 1,
            "found": bounds(3, 10),
            "wanted": bounds(5, 10),
            "confirmed_by": "U0ALICE01",
            "set_at": NOW - timedelta(minutes=1),
            "until": NOW + timedelta(minutes=119),
            **said,
        }
    )
