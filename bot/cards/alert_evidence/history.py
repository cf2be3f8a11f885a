"""The last time this alert fired, on one line: when, how long, what ended it, what it was."""

from collections.abc import Sequence
from datetime import timedelta

from bot.cards.blocks import Block, brief, section
from bot.cards.links import link
from bot.cards.text import day_and_time, spoken
from bot.domain.alert import AlertGroup
from bot.domain.evidence.history import LastTime


def blocks(last: LastTime, group: AlertGroup) -> Sequence[Block]:
    """One line; the card of that time is linked."""
    lasted = spoken(last.ended_at - last.started_at)
    facts = [f"*last time*  {day_and_time(last.started_at)} for {lasted}{_end(last)}"]
    if last.cause:
        facts.append(f"{'cause' if last.is_said else 'likely cause'} {brief(last.cause)}")
    if last.address:
        facts.append(link(last.address, "its card"))
    return [section(" · ".join(facts))]


def _end(last: LastTime) -> str:
    waited = last.mended_before
    if not last.mended_by:
        return "" if last.was_acknowledged else ", nobody acknowledged it"
    if waited is None or waited < timedelta(0):
        return f", ended as {brief(last.mended_by)}"
    return f", ended {spoken(waited)} after {brief(last.mended_by)}"
