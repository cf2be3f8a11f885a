"""`/credlink can-i-deploy`: what stands in the way of a deploy, and the way past it."""

from collections.abc import Sequence

from bot.cards.answer import Answer
from bot.changes.guards.can_deploy import TellGate
from bot.domain.asked import Asked
from commands.guarding import place_of

NAME = "can-i-deploy"
USAGE = "can-i-deploy <env> [service]"
SUMMARY = "What stands in the way of a deploy there now, and the way past each."


async def run(words: Sequence[str], asked: Asked, *, tell: TellGate, how: str) -> Answer:
    """Tell of every service there, or of the one named."""
    environment, service = place_of(words, how=how)
    return await tell(environment, service, by=asked.by)
