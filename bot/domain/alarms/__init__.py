"""CloudWatch's alarms as a card tells them: which fire, which have no data, which are muted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import TypeAdapter

from bot.domain.unit import Unit


class AlarmState(StrEnum):
    """In CloudWatch's words. A state that nobody knows is no data: it is never fine."""

    FIRING = "ALARM"
    NO_DATA = "INSUFFICIENT_DATA"
    OK = "OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A rule by which an alarm does nothing for a while; its state changes as ever."""

    rule: str
    is_ours: bool = False
    starts_at: datetime | None = None
    until: datetime | None = None
    """None of one that comes again and again."""
    by: str | None = None
    """A Slack user id; None where somebody made it elsewhere."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm, and in words what it watches and why it is in its state."""

    name: str
    state: AlarmState
    since: datetime | None = None
    watches: str = ""
    reason: str = ""
    description: str = ""
    unit: Unit = Unit.PLAIN
    threshold: float | None = None
    """In `unit`."""
    is_composite: bool = False
    """It follows other alarms: there is nothing to draw."""
    has_series: bool = False
    mute: Mute | None = None
    acts: bool = True
    """False where somebody switched its actions off, for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The alarms of one service in one environment, by their names' beginning."""

    environment: str
    service: str
    region: str
    prefix: str
    alarms: tuple[Alarm, ...] = ()
    is_cut: bool = False
    """There may be more."""
    silent: str = ""
    """Why AWS did not tell them."""
    mutes_unknown: str = ""
    """Why it is not known which are muted."""
    can_mute: bool = False

    def of(self, *states: AlarmState) -> list[Alarm]:
        """Those in one of these states, the longest in it last."""
        found = [alarm for alarm in self.alarms if alarm.state in states]
        return sorted(found, key=_since, reverse=True)

    def called(self, name: str) -> Alarm | None:
        """The alarm of this name, with the prefix or without it."""
        names = (name, f"{self.prefix}{name}")
        return next(
            (alarm for wanted in names for alarm in self.alarms if alarm.name == wanted), None
        )

    def short(self, name: str) -> str:
        """A name without what all of them begin with."""
        return name.removeprefix(self.prefix) or name


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer. `charted` is the alarm that is drawn or was asked for, of the place
    `charted_in`."""

    places: tuple[Place, ...] = ()
    charted: str | None = None
    charted_in: int = 0
    alt: str = ""
    """What is drawn, in words."""
    uncharted: str = ""
    """Why nothing is drawn where something should be."""

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        written: dict[str, Any] = _FOUND.dump_python(self, mode="json")
        return written

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """The answer that was kept."""
        return _FOUND.validate_python(found, strict=False)  # type: ignore[return-value]

    @property
    def chart(self) -> tuple[Place, Alarm] | None:
        """The alarm that is drawn, or was asked for, and its place."""
        if self.charted is None:
            return None
        place = self.places[self.charted_in]
        alarm = place.called(self.charted)
        return None if alarm is None else (place, alarm)


def to_chart(places: tuple[Place, ...], name: str | None) -> tuple[int, Alarm] | None:
    """The alarm to draw, and of which place it is: the one that is named, else the one that began
    to fire last and is no composite, which has nothing to draw.
    """
    if name is not None:
        named = ((number, place.called(name)) for number, place in enumerate(places))
        return next(((number, alarm) for number, alarm in named if alarm is not None), None)
    firing = [
        (number, alarm)
        for number, place in enumerate(places)
        for alarm in place.of(AlarmState.FIRING)
        if alarm.has_series
    ]
    return max(firing, key=lambda one: _since(one[1]), default=None)


def _since(alarm: Alarm) -> tuple[float, str]:
    return (alarm.since.timestamp() if alarm.since else 0.0, alarm.name)


_FOUND = TypeAdapter(Found)
