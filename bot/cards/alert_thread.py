"""What the thread of an alert group is told: one line an entry where it can be."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.alert_lines import ALERTS_ON_CARD, alert_line
from bot.cards.blocks import Message, cut, message, section
from bot.cards.text import counted, moment, spoken
from bot.domain.alert import Alert, AlertGroup, Severity, common
from bot.domain.notify import PostReason

ALERTS_IN_ENTRY = 40
"""An entry longer than this would be cut in the middle of a line."""

__all__ = [
    "ALERTS_ON_CARD",
    "alerts_entry",
    "joined_entry",
    "lost_end_entry",
    "resolved_entry",
    "sight_entry",
    "worse_entry",
]


def alerts_entry(group: AlertGroup, firing: Sequence[Alert]) -> Message:
    """Every alert the group began with."""
    return _listed(group, f"{counted(len(firing), 'alert')} firing", firing)


def joined_entry(group: AlertGroup, new: Sequence[Alert]) -> Message:
    """Which alerts joined."""
    word = "alert" if len(new) == 1 else "alerts"
    return _listed(group, f"{PostReason.MORE_ALERTS.value}: {len(new)} {word}", new)


def worse_entry(before: Severity, group: AlertGroup) -> Message:
    return _line(f"{PostReason.WORSE.value}: {before.word} → {group.severity.word}")


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


def _listed(group: AlertGroup, head: str, shown: Sequence[Alert]) -> Message:
    shared = common(alert.labels for alert in shown) if len(shown) > 1 else {}
    lines = [alert_line(group, alert, shared) for alert in shown[:ALERTS_IN_ENTRY]]
    if len(shown) > ALERTS_IN_ENTRY:
        lines.append(f"and {len(shown) - ALERTS_IN_ENTRY} more")
    blocks = [section(head)]
    # A section takes 3,000 characters; a cut line is better than a lost entry.
    blocks += [section("\n".join(cut(line, 290) for line in part)) for part in _parts(lines)]
    return message(head, blocks)


def _parts(lines: Sequence[str], size: int = 10) -> list[Sequence[str]]:
    return [lines[start : start + size] for start in range(0, len(lines), size)]


def _line(text: str) -> Message:
    return Message(text, (section(text),))
