"""*Silence all*: one silence for each alert name of a storm, and what each would hide."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.silence.matchers import Matcher, Operator, hold, written

NAME = "alertname"
MOST = 40
"""Names that one form previews; whoever has more silences these first."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One alert of a storm's groups."""

    group_id: str
    fingerprint: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """One silence: the alerts of this name, in the one place where all of them are in one."""

    name: str
    matchers: tuple[Matcher, ...]
    groups: int
    """Groups of the storm with alerts of this name."""
    now: int | None = None
    """Alerts it would hide now; None where Alertmanager did not say."""
    beside: int = 0
    """Of those, alerts that are of no group of the storm."""
    past: int = 0
    """Alerts of the last days it would have hidden."""
    refused: str = ""
    """Why whoever asks may not silence it; empty where they may."""

    @property
    def mark(self) -> str:
        """Twelve characters that say what it would match."""
        return hashlib.sha256(written(self.matchers).encode()).hexdigest()[:12]


def propose(heard: Iterable[Heard], places: Sequence[str]) -> tuple[Proposed, ...]:
    """One silence for each alert name, those of most groups first.

    `places` are the labels that say where an alert is: one that all alerts of a name share is held
    to, so that the same alert elsewhere stays loud. An alert without a name is in none.
    """
    named: dict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        if one.labels.get(NAME):
            named[one.labels[NAME]].append(one)
    found = [_proposed(name, every, places) for name, every in named.items()]
    return tuple(sorted(found, key=lambda one: (-one.groups, one.name)))


def _proposed(name: str, every: Sequence[Heard], places: Sequence[str]) -> Proposed:
    matchers = [Matcher(NAME, Operator.EQUAL, name)]
    for label in places:
        values = {one.labels.get(label, "") for one in every}
        if len(values) == 1 and (value := values.pop()):
            matchers.append(Matcher(label, Operator.EQUAL, value))
    groups = {one.group_id for one in every}
    return Proposed(name=name, matchers=tuple(matchers), groups=len(groups))


def previewed(
    proposed: Sequence[Proposed],
    storm: Iterable[Heard],
    *,
    now: Iterable[tuple[str, Mapping[str, str]]] | None,
    past: Iterable[Mapping[str, str]],
) -> tuple[Proposed, ...]:
    """The same with what each would hide: of what Alertmanager holds now, as (fingerprint, labels),
    and of what was seen in the last days."""
    ours = {one.fingerprint for one in storm}
    firing: dict[str, list[tuple[str, Mapping[str, str]]]] = defaultdict(list)
    for fingerprint, labels in now or ():
        firing[labels.get(NAME, "")].append((fingerprint, labels))
    seen: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for labels in past:
        seen[labels.get(NAME, "")].append(labels)
    found = []
    for one in proposed:
        hidden = [mark for mark, labels in firing[one.name] if hold(one.matchers, labels)]
        found.append(
            replace(
                one,
                now=None if now is None else len(hidden),
                beside=sum(mark not in ours for mark in hidden),
                past=sum(bool(hold(one.matchers, labels)) for labels in seen[one.name]),
            )
        )
    return tuple(found)
