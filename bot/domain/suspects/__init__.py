"""Which of the things that were done is the likely cause of an alert group, and why.

Pure: what is known in, a ranking with its reasons out. The form, and how the weights were found:
docs/decisions/suspects.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.suspects.evidence import LOOK_BACK, Deed, DeedKind, Onset, Verdict
from bot.domain.suspects.reasons import PRIOR, THRESHOLD, Reason, reasons

__all__ = [
    "LOOK_BACK",
    "Deed",
    "DeedKind",
    "Onset",
    "Ranking",
    "Reason",
    "Suspect",
    "Verdict",
    "rank",
]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A deed with its score in log-odds, and the reasons that make it up."""

    deed: Deed
    score: float
    reasons: tuple[Reason, ...]

    @property
    def is_blamed(self) -> bool:
        """Whether a person said that this was it."""
        return self.deed.verdict is not None and self.deed.verdict.is_cause

    @property
    def is_cleared(self) -> bool:
        return self.deed.verdict is not None and not self.deed.verdict.is_cause


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was done before the onset, the likeliest cause first.

    `suspects` are likelier than not; `others` were done too, and do not explain it.
    """

    suspects: tuple[Suspect, ...] = ()
    others: tuple[Suspect, ...] = ()

    @property
    def first(self) -> Suspect | None:
        return self.suspects[0] if self.suspects else None


def rank(onset: Onset, deeds: Iterable[Deed]) -> Ranking:
    """Rank what was done in the hours before the onset; what began after it is never a suspect.

    A person's word beats every weight: what was said to be it is first, what was said not to be it
    is no suspect.
    """
    judged = [_judged(deed, onset) for deed in deeds if _came_before(deed, onset)]
    judged.sort(key=lambda one: (not one.is_blamed, -one.score, one.deed.began_at))
    named = tuple(one for one in judged if _is_suspect(one))
    return Ranking(named, tuple(one for one in judged if one not in named))


def _came_before(deed: Deed, onset: Onset) -> bool:
    return onset.at - LOOK_BACK <= deed.began_at <= onset.at


def _judged(deed: Deed, onset: Onset) -> Suspect:
    found = reasons(deed, onset)
    return Suspect(deed, PRIOR + sum(reason.weight for reason in found), found)


def _is_suspect(one: Suspect) -> bool:
    if one.is_blamed:
        return True
    has_reason = any(reason.speaks_for for reason in one.reasons)
    return has_reason and one.score >= THRESHOLD and not one.is_cleared
