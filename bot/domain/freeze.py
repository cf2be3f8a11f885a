"""Freezes: periods without changes, recurring ones of the catalogue and declared ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.catalog import ANY, Freeze

LONGEST = timedelta(days=90)
"""A freeze somebody declares; what is to last longer belongs into the catalogue."""
_JOINED_AT_MOST = 400
"""Windows that follow each other without a gap are one freeze; so many of them, or so long, is as
good as for ever."""
_FOR_EVER = timedelta(days=366)
_CLOCKS_CHANGE_BY = timedelta(hours=3)
"""More than any zone's clocks are ever turned by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """One period without changes: of the catalogue (`by` is None), or declared by somebody."""

    begins_at: datetime
    ends_at: datetime
    reason: str
    by: str | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it refuses changes now; its end is the first moment it does not."""
        return self.begins_at <= now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A freeze that somebody declared, as its row says; `service` is `*` for all of them."""

    id: str
    environment: str
    service: str
    begins_at: datetime
    ends_at: datetime
    reason: str
    by: str
    at: datetime
    lifted_at: datetime | None = None
    lifted_by: str | None = None

    @property
    def frozen(self) -> Frozen:
        return Frozen(
            begins_at=self.begins_at, ends_at=self.ends_at, reason=self.reason, by=self.by
        )

    def stands(self, now: datetime) -> bool:
        return self.lifted_at is None and self.frozen.stands(now)

    def is_over(self, now: datetime) -> bool:
        """Whether it refuses nothing any more, now or later."""
        return self.lifted_at is not None or self.ends_at <= now

    def covers(self, environment: str, service: str) -> bool:
        """Whether it is about this place."""
        return self.environment == environment and self.service in {service, ANY}


def standing(recurring: Iterable[Freeze], now: datetime) -> tuple[Frozen, ...]:
    """The catalogue's windows that are open now, each with the end of the whole freeze."""
    found = (_last(window, now) for window in recurring)
    return tuple(frozen for frozen in found if frozen is not None and frozen.stands(now))


def next_of(recurring: Iterable[Freeze], now: datetime) -> Frozen | None:
    """The window of the catalogue that opens next; one that stands already is not next."""
    coming = [frozen for window in recurring if (frozen := _next(window, now)) is not None]
    return min(coming, key=lambda frozen: frozen.begins_at, default=None)


def earlier(one: Frozen | None, other: Frozen | None) -> Frozen | None:
    """Whichever begins first."""
    both = [frozen for frozen in (one, other) if frozen is not None]
    return min(both, key=lambda frozen: frozen.begins_at, default=None)


def _last(window: Freeze, now: datetime) -> Frozen | None:
    """The window that opened last, at `now` at the latest.

    Iterating backwards finds it at once however long ago it was, and of windows longer than their
    period it is the one that ends last. It begins somewhat later than now, since in the hour that
    comes twice a year CronSim does not know which of the two it is.
    """
    later = (now + _CLOCKS_CHANGE_BY).astimezone(ZoneInfo(window.zone))
    for begins in CronSim(window.cron, later, reverse=True):
        if begins.astimezone(UTC) <= now:
            return _joined(window, begins)
    return None


def _next(window: Freeze, now: datetime) -> Frozen | None:
    last = _last(window, now)
    after = last.ends_at if last is not None and last.stands(now) else now
    earlier_than_that = (after - _CLOCKS_CHANGE_BY).astimezone(ZoneInfo(window.zone))
    for begins in CronSim(window.cron, earlier_than_that):
        if begins.astimezone(UTC) - now > _FOR_EVER:
            return None
        if begins.astimezone(UTC) > after:
            return _joined(window, begins)
    return None


def _joined(window: Freeze, begins: datetime) -> Frozen:
    """The freeze from there on: a window that opens before this one closes prolongs it.

    Lengths are counted as time that passes: 64 hours are 64 hours when the clocks change, too.
    """
    first = begins.astimezone(UTC)
    ends = first + window.for_
    for following in islice(CronSim(window.cron, begins), _JOINED_AT_MOST):
        opens = following.astimezone(UTC)
        if opens > ends or opens - first > _FOR_EVER:
            break
        ends = max(ends, opens + window.for_)
    return Frozen(begins_at=first, ends_at=ends, reason=window.reason)
