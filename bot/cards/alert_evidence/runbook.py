"""Where the runbook's steps are."""

from collections.abc import Sequence

from bot.cards.blocks import Block, brief, section
from bot.cards.links import link
from bot.cards.text import counted
from bot.domain.alert import AlertGroup
from bot.domain.evidence.runbook import RunbookFound


def blocks(found: RunbookFound, group: AlertGroup) -> Sequence[Block]:
    """One line, while there is something to do."""
    if group.is_final:
        return []
    if found.address:
        return [section(f"*runbook*  {link(found.address, 'where they are kept')}")]
    name = "" if found.name == group.name else f"{brief(found.name)}: "
    steps = counted(found.steps, "step")
    return [section(f"*runbook*  {name}{steps} to tick in the thread")]
