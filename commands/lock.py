"""`/credlink lock`: nothing changes a place until somebody unlocks it."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.catalog import Catalog
from bot.changes.guards.locking import Locking, LockRequest
from bot.domain.asked import Asked
from commands.guarding import FOR, read_length, split_place, take_dry_run, take_times

NAME = "lock"
USAGE = 'lock <env> [service] "why" [for 2h] [--dry-run]'
SUMMARY = "Let nothing change one service, or all of an environment, until you clear it."


def read(words: Sequence[str], *, how: str, catalog: Catalog) -> LockRequest:
    """Read the words after `lock`."""
    words, is_dry_run = take_dry_run(words, how=how)
    words, times = take_times(words, (FOR,), how=how)
    worded = split_place(words, how=how, catalog=catalog)
    return LockRequest(
        environment=worded.environment,
        service=worded.service,
        reason=worded.reason,
        length=read_length(times[FOR], how=how) if FOR in times else None,
        is_dry_run=is_dry_run,
    )


async def run(
    words: Sequence[str], asked: Asked, *, locking: Locking, how: str, catalog: Catalog
) -> Answer:
    """Lock it, or say who was faster; its card stands in the environment's channel."""
    return await locking.lock(read(words, how=how, catalog=catalog), asked=asked)
