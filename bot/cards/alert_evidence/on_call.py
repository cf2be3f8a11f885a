"""Who is on call, by name, while nobody is on it; nobody is called by being named."""

from collections.abc import Iterable, Sequence

from bot.cards.blocks import Block, section
from bot.cards.oncall import first_called
from bot.domain.alert import AlertGroup, GroupState
from bot.domain.incident import PagerDutyIncident
from bot.domain.oncall import OnCall

CALM = "🟢"
"""That somebody is on call is as it should be: a green mark on a red card would mislead."""


def is_said(on_call: OnCall, incidents: Iterable[PagerDutyIncident]) -> bool:
    """Whether the line of an open incident names as paged whoever is called first."""
    paged = {name for one in incidents if one.is_open for name in one.assignees}
    first = on_call.levels[0].current if on_call.levels else ()
    return bool(first) and paged.issuperset(shift.person for shift in first)


def blocks(on_call: OnCall, group: AlertGroup) -> Sequence[Block]:
    """One line; none once somebody has acknowledged, or it is over."""
    if group.state is not GroupState.FIRING:
        return []
    mark, said = first_called(on_call)
    return [section(f"*on call*  {'' if mark == CALM else mark + ' '}{said}")]
