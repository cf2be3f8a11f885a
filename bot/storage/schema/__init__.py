"""Every table of the bot, one module per family, on one metadata."""

from bot.storage.schema import alerts, cards, changes, deduplication, inbox, leases
from bot.storage.schema.base import metadata

__all__ = ["alerts", "cards", "changes", "deduplication", "inbox", "leases", "metadata"]
