"""`/credlink freeze`: no changes for a time, and how to lift that before it is over."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.catalog import Catalog
from bot.changes.guards.freezing import FreezeRequest, Freezing
from bot.domain.asked import Asked
from bot.errors import UsageError
from commands.guarding import (
    FOR,
    FROM,
    UNTIL,
    ZONE,
    place_of,
    read_length,
    read_moment,
    read_zone,
    split_place,
    take_dry_run,
    take_times,
)

NAME = "freeze"
USAGE = (
    'freeze <env> [service] "why" [from <time>] <for 4h or until <time>> [zone <zone>] [--dry-run]'
)
SUMMARY = "Let nothing change for a time; `freeze <env> [service] lift` ends that before its time."
LIFT = "lift"


def read(words: Sequence[str], *, how: str, catalog: Catalog, is_dry_run: bool) -> FreezeRequest:
    """Read the words after `freeze`, where they declare one."""
    words, times = take_times(words, (FOR, FROM, UNTIL, ZONE), how=how)
    worded = split_place(words, how=how, catalog=catalog)
    if FOR in times and UNTIL in times:
        raise UsageError(f"Say `{FOR}` or `{UNTIL}`, not both. {how}")
    if FOR not in times and UNTIL not in times:
        raise UsageError(f"Say until when: `for 4h`, or `until 2026-11-30T08:00`. {how}")
    zone = read_zone(times.get(ZONE), how=how)
    return FreezeRequest(
        environment=worded.environment,
        service=worded.service,
        reason=worded.reason,
        begins_at=read_moment(times[FROM], zone, how=how) if FROM in times else None,
        ends_at=read_moment(times[UNTIL], zone, how=how) if UNTIL in times else None,
        length=read_length(times[FOR], how=how) if FOR in times else None,
        is_dry_run=is_dry_run,
    )


async def run(
    words: Sequence[str], asked: Asked, *, freezing: Freezing, how: str, catalog: Catalog
) -> Answer:
    """Declare the freeze or lift it; its card stands in the environment's channel."""
    words, is_dry_run = take_dry_run(words, how=how)
    if len(words) > 1 and words[-1].lower() == LIFT:
        environment, service = place_of(words[:-1], how=how)
        return await freezing.lift(environment, service, asked=asked, is_dry_run=is_dry_run)
    request = read(words, how=how, catalog=catalog, is_dry_run=is_dry_run)
    return await freezing.freeze(request, asked=asked)
