"""`/credlink approve`: give your word for the proposal that waits there."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.changes.approve import ApproveChange
from bot.domain.asked import Asked
from commands.guarding import place_of, take_dry_run

NAME = "approve"
USAGE = "approve <env> [service] [--dry-run]"
SUMMARY = "Give your word for the change that waits for it there; never for your own."


async def run(words: Sequence[str], asked: Asked, *, approving: ApproveChange, how: str) -> Answer:
    """Approve the one proposal that waits there."""
    words, is_dry_run = take_dry_run(words, how=how)
    environment, service = place_of(words, how=how)
    return await approving.by_command(environment, service, asked=asked, is_dry_run=is_dry_run)
