"""`/credlink unlock`: changes may begin there again."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.changes.guards.locking import Locking
from bot.domain.asked import Asked
from commands.guarding import place_of, take_dry_run

NAME = "unlock"
USAGE = "unlock <env> [service] [--dry-run]"
SUMMARY = "Clear the lock of a service or of an environment, whoever set it."


async def run(words: Sequence[str], asked: Asked, *, locking: Locking, how: str) -> Answer:
    """Clear the lock that is meant."""
    words, is_dry_run = take_dry_run(words, how=how)
    environment, service = place_of(words, how=how)
    return await locking.unlock(environment, service, asked=asked, is_dry_run=is_dry_run)
