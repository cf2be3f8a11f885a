"""What a card is: the one message that shows a row, and how soon it must be true."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a card's subject is; each kind has one function that renders it."""

    CHANGE = "change"
    ALERT_GROUP = "alert_group"
    ANSWER = "answer"
    SYSTEM = "system"
    LOCK = "lock"
    FREEZE = "freeze"
    SCALING = "scaling"
    RUNBOOK = "runbook"
    """A runbook's steps, in the thread of an alert group; its subject is the group."""
    HOME = "home"
    """A person's App Home; its subject is the person."""
    STORM = "storm"
    """Alert groups that came faster than their channel can show them."""
    NUDGE = "nudge"
    """The question to a lock's owner whether it is still needed; each time it is asked is one."""


class Urgency(IntEnum):
    """Who goes first where Slack's limits make cards wait; the lower number goes first.

    OUTCOME is for outcomes and new critical alerts: a part of Slack's budget is kept for it.
    """

    OUTCOME = 0
    NEW = 1
    PROGRESS = 2
    HOME = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card's message stands in Slack: what permalinks are made of."""

    channel_id: str
    ts: str
