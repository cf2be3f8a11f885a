"""Who is on call, by name, while nobody is on it; nobody is called by being named."""

from collections.abc import Sequence

from bot.cards.blocks import Block, section
from bot.cards.oncall import first_called
from bot.domain.alert import AlertGroup, GroupState
from bot.domain.oncall import OnCall

CALM = "🟢"
"""That somebody is on call is as it should be: a green mark on a red card would mislead."""


def blocks(on_call: OnCall, group: AlertGroup) -> Sequence[Block]:
    """One line; none once somebody has acknowledged, or it is over."""
    if group.state is not GroupState.FIRING:
        return []
    mark, said = first_called(on_call)
    return [section(f"*on call*  {'' if mark == CALM else mark + ' '}{said}")]
