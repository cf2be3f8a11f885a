"""Every table of the bot, one module per family, on one metadata."""

from bot.storage.schema import cards, changes, deduplication, leases
from bot.storage.schema.base import metadata

__all__ = ["cards", "changes", "deduplication", "leases", "metadata"]
