"""A runbook's steps, and which of them are done: ticks are a set by step, so none hides another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `text` is Markdown, as the file has it."""

    text: str
    section: str = ""
    """The heading it stands under."""


@dataclass(frozen=True, slots=True)
class Tick:
    """That a step is done. `revision` is that of the runbook from then on."""

    by: str
    name: str
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """The runbook of one alert group, as it stands in its thread."""

    group_id: str
    name: str
    steps: tuple[Step, ...]
    revision: int = 1
    ticks: Mapping[int, Tick] = field(default_factory=dict)
    """By the number of the step, from 0."""

    def may_untick(self, step: int, *, by: str, drawn: int) -> bool:
        """Whether a box ticked off in a view of revision `drawn` takes the tick back.

        One's own tick always; another's only where that view showed it: whoever takes something
        back must have seen it.
        """
        tick = self.ticks.get(step)
        return tick is not None and (tick.by == by or tick.revision <= drawn)
