"""Rollouts that shift traffic: how far one is, at which step it waits, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Strategy(StrEnum):
    """How a new version takes over."""

    ROLLING = "rolling"
    """Task by task; both versions take traffic meanwhile."""
    CANARY = "canary"
    """First a small share of the traffic, then the rest."""
    LINEAR = "linear"
    """The same share of the traffic at a time."""
    BLUE_GREEN = "blue-green"
    """All of the traffic at once, when every new task is ready."""

    @property
    def shifts(self) -> bool:
        """Whether it moves traffic between two target groups."""
        return self is not Strategy.ROLLING


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A place where ECS waits for a word of ours, and what it does without one."""

    id: str
    service_deployment: str
    """ARN."""
    expires_at: datetime | None = None
    timeout_action: str = "ROLLBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How far a rollout that shifts traffic is. `weight` is percent of the production traffic."""

    lifecycle: str
    """ECS's word: PRODUCTION_TRAFFIC_SHIFT and so on."""
    weight: float
    since: datetime
    """When this weight was first seen."""
    hook: Hook | None = None
    """Where it waits now; None while ECS works."""
