"""`/credlink ack`: take an incident, as *Acknowledge* on its card does."""

from collections.abc import Sequence

from bot.alerts.ack import AcknowledgeByWord
from bot.cards.answer import Answer, Later
from bot.catalog import Catalog
from bot.domain.asked import Asked
from bot.errors import UsageError
from commands.guarding import take_dry_run

NAME = "ack"
USAGE = "ack [alert | #incident] [env] [--dry-run]"
SUMMARY = "Acknowledge an incident in PagerDuty as yourself; the one there is, or the one named."


async def run(
    words: Sequence[str],
    asked: Asked,
    *,
    acknowledge: AcknowledgeByWord,
    how: str,
    catalog: Catalog,
) -> Answer | Later:
    """Acknowledge, or say which there are."""
    words, is_dry_run = take_dry_run(words, how=how)
    environments = {name for s in catalog.services.values() for name in s.environments}
    named = [word for word in words if word not in environments]
    where = [word for word in words if word in environments]
    if len(where) > 1:
        raise UsageError(f"I read one environment at most. {how}")
    return await acknowledge(
        " ".join(named) or None,
        where[0] if where else None,
        asked=asked,
        is_dry_run=is_dry_run,
    )
