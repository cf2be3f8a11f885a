"""Which other systems are told of a change, when, and how far that has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.catalog import Catalog
from bot.domain.change import Change, ChangeKind, ChangeState, Origin
from bot.domain.place import Place, find_place
from bot.errors import BotError

S = ChangeState


class MarkPhase(StrEnum):
    """When others are told: as the rollout begins, and once the change has ended."""

    BEGIN = "begin"
    END = "end"


class MarkKind(StrEnum):
    """What is left in another system. A change has at most one of each."""

    GRAFANA_BEGIN = "grafana_begin"
    """The annotation, from the moment the rollout began."""
    GRAFANA_END = "grafana_end"
    """Its end, which makes it a region; or all of it, where the beginning could not be told."""
    CLOUDFRONT = "cloudfront"
    """The edges forget what they cached."""
    SENTRY = "sentry"
    """The release, and that it was deployed."""
    PAGERDUTY = "pagerduty"
    """A change event."""

    @property
    def phase(self) -> MarkPhase:
        return MarkPhase.BEGIN if self is MarkKind.GRAFANA_BEGIN else MarkPhase.END

    @property
    def system(self) -> str:
        """The other system's name, as people know it."""
        return _SYSTEMS[self]


K = MarkKind
_SYSTEMS = {
    K.GRAFANA_BEGIN: "Grafana",
    K.GRAFANA_END: "Grafana",
    K.CLOUDFRONT: "CloudFront",
    K.SENTRY: "Sentry",
    K.PAGERDUTY: "PagerDuty",
}


class MarkState(StrEnum):
    WANTED = "wanted"
    """Promised: the system is being told, or will be again."""
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The request's answer was lost, and asking again might say it twice."""
    SKIPPED = "skipped"
    """There is nothing to tell it any more, or no way to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing another system is to be told of a change, as its row says."""

    change_id: str
    kind: MarkKind
    asked_at: datetime
    state: MarkState = MarkState.WANTED
    done_at: datetime | None = None
    """When it ended, well or not."""
    reference: str | None = None
    """What the other system calls what was made there."""
    detail: str = ""
    """Why it is not done: the system's own words, of the last attempt."""
    attempts: int = 0
    """Attempts whose outcome is known."""

    @property
    def is_open(self) -> bool:
        return self.state is MarkState.WANTED


CACHES = frozenset({S.SUCCEEDED, S.ROLLED_BACK})
"""After these another version answers than before: a bad one may have been cached as well."""
UNCHANGED = frozenset({S.CANCELLED, S.REFUSED, S.EXPIRED, S.REHEARSED})
"""Ends after which everything is as if nobody had asked."""


def wanted_at_begin(catalog: Catalog, change: Change) -> tuple[MarkKind, ...]:
    """What is told as the change's rollout begins: what the catalogue names for its place.

    A system this process has no way to is passed over when it is to be told.
    """
    place = _place_of(catalog, change)
    if place is None or place.config.grafana is None:
        return ()
    return (K.GRAFANA_BEGIN,)


def wanted_at_end(catalog: Catalog, change: Change) -> tuple[MarkKind, ...]:
    """What is told once the change has ended; nothing for one that never began a rollout.

    After a restart the same answers as before: no edge has to forget anything, and nothing was
    released.
    """
    place = _place_of(catalog, change)
    if place is None or not change.is_final:
        return ()
    service, state = catalog.services[place.service], change.state
    is_new = change.kind is not ChangeKind.RESTART
    release = release_of(change) if is_new and state is S.SUCCEEDED else None
    wanted = {
        K.CLOUDFRONT: is_new and bool(place.config.cloudfront) and state in CACHES,
        K.SENTRY: bool(service.sentry) and release is not None,
        K.GRAFANA_END: bool(place.config.grafana),
        K.PAGERDUTY: bool(service.pagerduty) and state not in UNCHANGED,
    }
    return tuple(kind for kind, is_wanted in wanted.items() if is_wanted)


def _place_of(catalog: Catalog, change: Change) -> Place | None:
    """The change's place, if the bot itself began a rollout there.

    Of a change made outside, whoever made it tells whom they please: nothing is said twice.
    """
    if change.started_at is None or change.is_dry_run or change.origin is not Origin.BOT:
        return None
    try:
        return find_place(catalog, change.environment, change.service)
    except BotError:
        return None


def release_of(change: Change) -> str | None:
    """What runs after the change, as Sentry's release; None where nobody knows the version."""
    planned = change.plan.wanted.version if change.plan is not None else None
    return planned or change.version
