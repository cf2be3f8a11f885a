"""What a search of logs found, as a card tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bot.domain.logs import Range
from bot.domain.logs.cost import TooMuch
from bot.domain.logs.lines import Line

MOST_LINES = 10
"""On the card; more stand in the thread."""
MOST_BINS = 200
"""About one for each four pixels of a chart."""
MINUTE = timedelta(minutes=1)
STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many lines matched, in bins of `step` that begin at `at`; oldest first."""

    bins: tuple[tuple[datetime, int], ...] = ()
    step: timedelta = MINUTE
    total: int = 0
    scanned: int | None = None
    """Bytes."""
    is_whole: bool = True
    """False when the time was over: these are the counts so far."""
    not_stopped: str = ""
    """Why the query could not be stopped then, if so."""

    @property
    def peak(self) -> tuple[datetime, int] | None:
        """The fullest bin."""
        return max(self.bins, key=lambda one: one[1], default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer. Without lines and without trouble there is no such line in what was searched."""

    range: Range
    group: str
    filter: str = field(default="", repr=False)
    """The pattern as CloudWatch takes it; empty where it may quote a secret."""
    lines: tuple[Line, ...] = ()
    """The newest, newest first."""
    total: int = 0
    """Lines that were read: those here and those of the thread."""
    said: tuple[tuple[str, int], ...] = ()
    """What these say most often, and how often."""
    is_cut: bool = False
    """There are more, older ones."""
    is_searched: bool = True
    """False when the time was over before the beginning of the range."""
    searched_from: datetime | None = None
    """Then: the oldest line that was seen."""
    counts: Counts | None = None
    uncounted: str = ""
    """Why there are no counts, in words."""
    estimate: int | None = None
    """Bytes in the range, before it was searched."""
    refused: TooMuch | None = None
    trouble: str = ""
    """Why there are no lines, and what to do next, in sentences."""

    @property
    def scanned(self) -> int | None:
        """Bytes that were searched, as nearly as is known."""
        if self.counts is not None and self.counts.scanned is not None:
            return self.counts.scanned
        return self.estimate

    @property
    def matched(self) -> tuple[int, bool]:
        """How many lines matched, and whether there may be more."""
        if self.counts is not None and self.counts.is_whole:
            return max(self.counts.total, self.total), False
        known = max(self.counts.total if self.counts is not None else 0, self.total)
        return known, self.is_cut or not self.is_searched or self.counts is not None

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        counts = self.counts
        return {
            "start": self.range.start.isoformat(),
            "end": self.range.end.isoformat(),
            "group": self.group,
            "filter": self.filter,
            "lines": [line.as_json() for line in self.lines],
            "total": self.total,
            "said": [list(one) for one in self.said],
            "is_cut": self.is_cut,
            "is_searched": self.is_searched,
            "searched_from": _written(self.searched_from),
            "counts": None
            if counts is None
            else {
                "bins": [[at.isoformat(), number] for at, number in counts.bins],
                "step_s": counts.step.total_seconds(),
                "total": counts.total,
                "scanned": counts.scanned,
                "is_whole": counts.is_whole,
                "not_stopped": counts.not_stopped,
            },
            "uncounted": self.uncounted,
            "estimate": self.estimate,
            "refused": None if self.refused is None else self.refused.as_json(),
            "trouble": self.trouble,
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """The answer that was kept."""
        counts, refused = found["counts"], found["refused"]
        return cls(
            range=Range(
                datetime.fromisoformat(found["start"]), datetime.fromisoformat(found["end"])
            ),
            group=found["group"],
            filter=found["filter"],
            lines=tuple(Line.of_json(line) for line in found["lines"]),
            total=found["total"],
            said=tuple((said, number) for said, number in found["said"]),
            is_cut=found["is_cut"],
            is_searched=found["is_searched"],
            searched_from=_read(found["searched_from"]),
            counts=None
            if counts is None
            else Counts(
                bins=tuple((datetime.fromisoformat(at), n) for at, n in counts["bins"]),
                step=timedelta(seconds=counts["step_s"]),
                total=counts["total"],
                scanned=counts["scanned"],
                is_whole=counts["is_whole"],
                not_stopped=counts["not_stopped"],
            ),
            uncounted=found["uncounted"],
            estimate=found["estimate"],
            refused=None if refused is None else TooMuch.of_json(refused),
            trouble=found["trouble"],
        )


def binned(
    minutes: Sequence[tuple[datetime, int]], searched: Range, *, is_whole: bool
) -> tuple[tuple[tuple[datetime, int], ...], timedelta]:
    """Counts by minute as at most `MOST_BINS` bins, and how long each is.

    Of a count that is whole, the minutes it leaves out had nothing: they are zero. Of one that
    was stopped nobody knows.
    """
    step = next((one for one in STEPS if searched.length <= one * MOST_BINS), STEPS[-1])
    sums: dict[datetime, int] = {}
    if is_whole:
        at = _begun(searched.start, step)
        while at <= searched.end:
            sums[at] = 0
            at += step
    for at, number in minutes:
        begun = _begun(at, step)
        sums[begun] = sums.get(begun, 0) + number
    return tuple(sorted(sums.items())), step


def _begun(at: datetime, step: timedelta) -> datetime:
    """The beginning of the bin that a moment is in."""
    seconds = step.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _read(at: str | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(at)
