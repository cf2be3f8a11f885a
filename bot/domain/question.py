"""A question somebody asked, and what was found for its answer so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.catalog import Verb


class QuestionKind(StrEnum):
    """What is asked; the verbs that are answered with a card."""

    HEALTH = "health"
    QUERY = "query"
    LOGS = "logs"
    ALARMS = "alarms"
    ONCALL = "oncall"
    ALERTS = "alerts"
    SILENCE = "silence"
    """What a silence would hide: proposed, and confirmed on the same card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, as its row says."""

    id: str
    kind: QuestionKind
    asked_by: str
    asked_at: datetime
    channel: str
    """Where the answer's card stands: where it was asked, or the person's direct messages."""
    words: Mapping[str, Any]
    """What was asked, as JSON: its kind's own reader wrote it and its gatherer reads it."""
    round: int = 1
    """Goes up each time the same question is asked anew; a button of an older one does nothing."""
    found: Mapping[str, Any] | None = None
    """What is known so far, as JSON of its kind's own; None while nothing is."""
    found_at: datetime | None = None
    """When that was found: an ending without news does not make it newer."""
    found_round: int | None = None
    """In which round."""
    is_complete: bool = False
    """Whether no more is being asked: what is missing then did not answer."""
    completed_at: datetime | None = None
    trouble: str | None = None
    """Why it ended before everything was asked, as sentences with what to do next."""
    verb: Verb | None = None
    """The right that it takes to ask, there; whoever asks anew needs it too."""
    environment: str | None = None
    service: str | None = None
