"""What other alerts say of an onset and of what was done before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.suspects.evidence import Deed, Onset

DAY = timedelta(days=1)
ELSEWHERE_WITHIN = timedelta(minutes=15)
EARLIER = timedelta(minutes=1)
"""Alerts of other services that began less before this one are not known to have come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Another alert group of the environment, as far as it matters here."""

    name: str
    service: str | None
    started_at: datetime
    resolved_at: datetime | None = None
    turned_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return min(self.turned_at or self.started_at, self.started_at)

    def fires(self, at: datetime) -> bool:
        return self.resolved_at is None or self.resolved_at > at


def seen_elsewhere(onset: Onset, beside: Sequence[Firing]) -> Onset:
    """The onset with the services where alerts had begun a little earlier."""
    began = onset.rising_since or onset.at
    found = {
        one.service or ""
        for one in beside
        if one.service != onset.service
        and began - ELSEWHERE_WITHIN <= one.at <= began - EARLIER
        and one.fires(onset.at)
    }
    return replace(onset, elsewhere=tuple(sorted(found)))


def seen_beside(deed: Deed, name: str, onset: Onset, beside: Sequence[Firing]) -> Deed:
    """The deed with how often the same alert had fired before it, and what began after it.

    `name` is that of the alert group.
    """
    of_service = [one for one in beside if one.service == onset.service]
    before = [one for one in of_service if one.name == name and one.at < deed.began_at]
    if deed.service == onset.service:
        after = sum(one.name != name and deed.began_at <= one.at <= onset.at for one in of_service)
        deed = replace(deed, alerts_after=after)
    return replace(
        deed,
        firings_before=sum(one.at >= deed.began_at - DAY for one in before),
        was_firing=any(one.fires(deed.began_at) for one in before),
    )
