"""Silences: what Alertmanager tells nobody of for a while, who said so, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.silence.matchers import Matcher, Operator, written

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=7)
EXTENDED_BY = timedelta(hours=1)
"""What *Extend* adds."""
_MARKER = "credlink:"


class SilenceState(StrEnum):
    """Where a silence stands."""

    ASKED = "asked"
    """Promised here; Alertmanager does not have it yet, as far as is known."""
    LIVE = "live"
    ENDED = "ended"
    FAILED = "failed"
    """Alertmanager did not take it: nothing is silenced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One silence, as its row says."""

    id: str
    """Of the answer's card it was proposed on; Alertmanager's own for one made elsewhere."""
    alertmanager_id: str | None = None
    """None until Alertmanager has it."""
    is_ours: bool
    state: SilenceState
    state_revision: int = 1
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    """A name, as Alertmanager has it."""
    by: str | None = None
    """Slack's id of who made it here."""
    reason: str = ""
    ended_by: str | None = None
    """Slack's id of who ended it here; None where time or somebody elsewhere did."""
    why: str = ""
    """Why Alertmanager does not have it, in a sentence."""
    warned_of: datetime | None = None
    """The end that was warned of; another one is warned of again."""

    @property
    def is_open(self) -> bool:
        return self.state in {SilenceState.ASKED, SilenceState.LIVE}

    @property
    def subject(self) -> str:
        """What it silences, in short: the alert's name, or all its matchers."""
        name = next((one for one in self.matchers if one.name == "alertname"), None)
        is_one = name is not None and name.operator is Operator.EQUAL
        return name.value if name is not None and is_one else written(self.matchers)

    def is_about(self, place: Mapping[str, str]) -> bool:
        """Whether it may hide alerts with these labels; what it says of others does not count."""
        said = [one for one in self.matchers if one.name in place]
        return all(one.holds(place[one.name]) is not False for one in said)


@dataclass(frozen=True, slots=True)
class Covering:
    """A silence of an alert group, and the fingerprints of the group's alerts that it covers."""

    silence: Silence
    alerts: frozenset[str]


def marker(silence_id: str) -> str:
    """What the comment of a silence made here holds, so that it is found again after a crash."""
    return f"{_MARKER}{silence_id}"


def marked(comment: str) -> str | None:
    """The id of the silence of ours whose comment this is, if it is one."""
    words = [word for word in comment.split() if word.startswith(_MARKER)]
    return words[-1].removeprefix(_MARKER) if words else None
