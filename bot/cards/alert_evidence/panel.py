"""Grafana's panel of what an alert is about, on one line: where it is and how it was found."""

from collections.abc import Sequence

from bot.cards.blocks import Block, brief, cut, escaped, section
from bot.cards.links import link
from bot.domain.alert import AlertGroup
from bot.domain.evidence.panel import Found, PanelShown

METRICS_NAMED = 2
LONGEST_WHY = 160


def blocks(shown: PanelShown, _group: AlertGroup) -> Sequence[Block]:
    """One line; a panel that only draws the same metrics is said to be found by them."""
    facts = [f"*Grafana*  {link(shown.url, shown.title)}, {escaped(shown.dashboard)}"]
    if shown.found is Found.METRICS:
        facts.append(f"found by {_metrics(shown.metrics)}")
    if shown.no_picture:
        facts.append(f"no picture of it: {escaped(cut(shown.no_picture, LONGEST_WHY))}")
    return [section(" · ".join(facts))]


def _metrics(metrics: Sequence[str]) -> str:
    named = ", ".join(f"`{brief(name)}`" for name in metrics[:METRICS_NAMED])
    more = len(metrics) - METRICS_NAMED
    return f"{named} and {more} more" if more > 0 else named
