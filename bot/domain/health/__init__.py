"""How a place is: what every source said of it, or that it said nothing, at one moment.

Whatever was asked is in `asked`, and once the time is up also in `answered` or, with the reason, in
`silent`: what is in neither is still being waited for. Everything here is plain and goes to the
database as JSON and back. Counts are tasks, times aware and in UTC; words come from outside and are
escaped by the card.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from bot.domain.health.facts import (
    Alarms,
    Alerts,
    Known,
    NewIssue,
    OnDuty,
    OpenIncident,
    Scaling,
    SloSeen,
    Targets,
    Tasks,
    Version,
)


class Part(StrEnum):
    """What is asked of a source of its own."""

    TASKS = "tasks"
    ZONES = "zones"
    TARGETS = "targets"
    SCALING = "scaling"
    SLOS = "SLOs"
    BUDGETS = "error budget"
    ALERTS = "alerts"
    RULES = "alert rules"
    """Whether anybody evaluates them: without, no alert means nothing."""
    ALARMS = "alarms"
    INCIDENTS = "incidents"
    ON_CALL = "on call"
    ISSUES = "new issues"

    @property
    def system(self) -> str:
        """Who answers it, as people call it."""
        return _SYSTEMS[self]


_SYSTEMS: Mapping[Part, str] = {
    Part.TASKS: "ECS",
    Part.ZONES: "ECS",
    Part.TARGETS: "Elastic Load Balancing",
    Part.SCALING: "Application Auto Scaling",
    Part.SLOS: "Prometheus",
    Part.BUDGETS: "Prometheus",
    Part.ALERTS: "Alertmanager",
    Part.RULES: "Prometheus",
    Part.ALARMS: "CloudWatch",
    Part.INCIDENTS: "PagerDuty",
    Part.ON_CALL: "PagerDuty",
    Part.ISSUES: "Sentry",
}
NOT_TO_THE_END = "was not asked to the end"
GRAFANA = "grafana"
"""Not asked, only linked."""
DECIDE = frozenset({Part.TASKS, Part.TARGETS, Part.SLOS, Part.ALERTS, Part.RULES, Part.ALARMS})
"""Without one of these that was asked, nobody can say that the place is well. Who is at work on it,
within which bounds it scales and what Sentry has seen can only make it look worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One place at one moment."""

    service: str
    environment: str
    asked_at: datetime
    known: Known = field(default_factory=Known)
    asked: tuple[Part, ...] = ()
    answered: tuple[Part, ...] = ()
    silent: Mapping[Part, str] = field(default_factory=dict)
    """Why each of these said nothing, as what follows the system's name."""
    tasks: Tasks | None = None
    zones: Mapping[str, int] = field(default_factory=dict)
    """How many tasks run in each availability zone."""
    targets: Targets | None = None
    scaling: Scaling | None = None
    """None once answered: nothing scales it."""
    slos: tuple[SloSeen, ...] = ()
    budgets: Mapping[str, float | None] = field(default_factory=dict)
    """What is left of each error budget by the query's name: 1 for all of it, below zero when it is
    overspent, None without data."""
    measured: Mapping[str, str] = field(default_factory=dict)
    """Of how long a time a budget is told, in words, where less than the whole was measured."""
    alerts: Alerts | None = None
    alarms: Alarms | None = None
    incidents: tuple[OpenIncident, ...] = ()
    on_duty: tuple[OnDuty, ...] = ()
    issues: tuple[NewIssue, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    """Where each part can be looked at, by its word; `grafana` among them."""
    buttons: tuple[Mapping[str, Any], ...] = ()
    """Elements that other cards have too, drawn for the rows as they were."""

    @property
    def is_complete(self) -> bool:
        return not any(map(self.is_awaited, self.asked))

    def is_awaited(self, part: Part) -> bool:
        """Whether it was asked and has neither answered nor run out of time."""
        return part in self.asked and part not in self.answered and part not in self.silent

    def is_unknown(self, part: Part) -> bool:
        """Whether it was asked, and all we know is that we do not know."""
        return part in self.silent

    def ended(self) -> "Health":
        """The same once nobody asks any more: what was awaited has said nothing."""
        awaited = {part: NOT_TO_THE_END for part in self.asked if self.is_awaited(part)}
        return replace(self, silent={**self.silent, **awaited})

    @property
    def version(self) -> Version | None:
        """What runs: as ECS says now, or else as it was seen last."""
        return self.tasks.version if self.tasks is not None else self.known.version


_PLACES = TypeAdapter(tuple[Health, ...])
_KEY = "places"


def written(places: tuple[Health, ...]) -> dict[str, Any]:
    """What is known of these places, as JSON."""
    return {_KEY: _PLACES.dump_python(places, mode="json")}


def read(found: Mapping[str, Any]) -> tuple[Health, ...]:
    """What `written` wrote."""
    return _PLACES.validate_python(found[_KEY])
