"""Every table of the bot, one module per family, on one metadata."""

from bot.storage.schema import (
    alerts,
    answers,
    audit,
    cards,
    changes,
    deduplication,
    guards,
    homes,
    inbox,
    leases,
    notes,
    notices,
    reconciled,
    scalings,
    silences,
    suspects,
)
from bot.storage.schema.base import metadata

__all__ = [
    "alerts",
    "answers",
    "audit",
    "cards",
    "changes",
    "deduplication",
    "guards",
    "homes",
    "inbox",
    "leases",
    "metadata",
    "notes",
    "notices",
    "reconciled",
    "scalings",
    "silences",
    "suspects",
]
