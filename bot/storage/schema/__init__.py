"""Every table of the bot, one module per family, on one metadata."""

from bot.storage.schema import (
    alerts,
    audit,
    cards,
    changes,
    deduplication,
    guards,
    inbox,
    leases,
    notices,
)
from bot.storage.schema.base import metadata

__all__ = [
    "alerts",
    "audit",
    "cards",
    "changes",
    "deduplication",
    "guards",
    "inbox",
    "leases",
    "metadata",
    "notices",
]
