"""What the thread of an alert group is told: one line an entry where it can be."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.alert_lines import ALERTS_ON_CARD, alert_line, query_link
from bot.cards.blocks import Message, cut, message, section
from bot.cards.text import counted, moment, spoken
from bot.domain.alert import Alert, AlertGroup, Severity, common
from bot.domain.notify import PostReason

LINES_IN_BLOCK = 10
LONGEST_LINE = 290
"""Characters: so many lines fit into the 3,000 of a paragraph."""
MOST_LINES = 400
"""In one entry; a message has at most 50 blocks."""
LONGEST_ENTRY = 11_000
"""Characters; Slack refuses a message with more than some 13,200 in its blocks."""
ENTRIES_OF_LIST = 5
"""Entries that one list may take."""

__all__ = [
    "ALERTS_ON_CARD",
    "alerts_entries",
    "joined_entries",
    "lost_end_entry",
    "resolved_entry",
    "sight_entry",
    "worse_entries",
]


def alerts_entries(group: AlertGroup, firing: Sequence[Alert]) -> list[Message]:
    """Every alert the group began with, in as few entries as hold them."""
    return _listed(group, f"{counted(len(firing), 'alert')} firing", firing)


def joined_entries(group: AlertGroup, new: int, listed: Sequence[Alert]) -> list[Message]:
    """How many alerts joined, and which; `listed` may hold those of before too."""
    head = f"{PostReason.MORE_ALERTS.value}: {counted(new, 'alert')}"
    return _listed(group, head + _of_all(new, listed), listed)


def worse_entries(
    before: Severity, group: AlertGroup, new: int, listed: Sequence[Alert]
) -> list[Message]:
    """How bad it was and is, and which alerts joined meanwhile."""
    head = f"{PostReason.WORSE.value}: {before.word} → {group.severity.word}"
    joined = f"; {counted(new, 'alert')} joined{_of_all(new, listed)}" if new else ""
    return _listed(group, head + joined, listed)


def _of_all(new: int, listed: Sequence[Alert]) -> str:
    return f", all {len(listed)} that fire:" if len(listed) > new else ""


def resolved_entry(group: AlertGroup) -> Message:
    """How long it lasted; how bad it was stands on the card once the end has been looked at."""
    ended_at = group.resolved_at or group.started_at
    lasted = spoken(ended_at - group.started_at)
    return _line(f"{PostReason.ALL_RESOLVED.value} after {lasted}")


def sight_entry(group: AlertGroup) -> Message:
    """That its source has no data any more, or has some again."""
    if group.is_blind:
        return _line(
            f"⚪ {group.source.called} has no data: whether it still fires, nobody can tell"
        )
    return _line(f"{group.source.called} has data again, and it fires")


def lost_end_entry(group: AlertGroup, seen_at: datetime, gone_at: datetime) -> Message:
    """That nobody told the end of it, and what is known of when it was."""
    return _line(
        f"{group.source.called} no longer has it, and sent no end: it does not send one of what "
        "was silenced, or what it forgot at a restart. It ended between "
        f"{moment(seen_at)} and {moment(gone_at)}."
    )


def _listed(group: AlertGroup, head: str, shown: Sequence[Alert]) -> list[Message]:
    shared = common(alert.labels for alert in shown) if len(shown) > 1 else {}
    lines = [cut(alert_line(group, alert, shared), LONGEST_LINE) for alert in shown]
    parts = _parts(lines)
    here = parts[:ENTRIES_OF_LIST]
    if left := sum(map(len, parts[ENTRIES_OF_LIST:])):
        where = query_link(shown)
        here[-1].append(f"and {left:,} more, not listed here{where and ': all are in ' + where}")
    if not here:
        return [_line(head)]
    return [
        _entry(f"{head}, part {number} of {len(here)}" if len(here) > 1 else head, part)
        for number, part in enumerate(here, start=1)
    ]


def _parts(lines: Sequence[str]) -> list[list[str]]:
    """The lines, as many together as one entry holds."""
    parts: list[list[str]] = []
    left = 0
    for line in lines:
        if len(line) > left or len(parts[-1]) == MOST_LINES:
            parts.append([])
            left = LONGEST_ENTRY
        parts[-1].append(line)
        left -= len(line) + 1
    return parts


def _entry(head: str, lines: Sequence[str]) -> Message:
    blocks = [
        section("\n".join(lines[start : start + LINES_IN_BLOCK]))
        for start in range(0, len(lines), LINES_IN_BLOCK)
    ]
    return message(head, [section(head), *blocks])


def _line(text: str) -> Message:
    return Message(text, (section(text),))
