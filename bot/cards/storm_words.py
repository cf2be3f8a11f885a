"""How a storm's card and its forms speak: marks, and what became of what people asked."""

from collections.abc import Sequence

from bot.cards.blocks import cut, escaped
from bot.cards.text import counted, day_and_time, mention, moment
from bot.domain.alert import Severity
from bot.domain.storm_act import Noted, Report, Silencing

MARKS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.INFO: "⚪"}
FAILED_NAMED, REASONS_NAMED = 10, 5
"""Failures told by name for each reason; the rest is counted, and the list shows each."""
WHY_CHARACTERS = 160


def noted_line(noted: Noted) -> str:
    """Who took a group on that pages nobody."""
    return f"{mention(noted.by)} is on it since {moment(noted.at)}"


def acknowledged_lines(report: Report | None) -> list[str]:
    """What *Acknowledge all* came to, and each failure by name."""
    if report is None:
        return []
    parts = [f"{report.acknowledged:,} in PagerDuty"] if report.acknowledged else []
    parts += [f"{report.noted:,} noted here, nobody is paged for them"] if report.noted else []
    parts += [f"{report.asking:,} being asked of PagerDuty"] if report.asking else []
    if not report.is_done:
        parts.append("at it…")
    who = f"{mention(report.by)} acknowledged all at {moment(report.asked_at)}"
    lines = [f"{who}: {' · '.join(parts) or 'nothing was left to do'}"]
    return lines + _failed("not acknowledged", report.failed)


def silenced_lines(silencing: Silencing | None) -> list[str]:
    """What is silenced for the storm and until when, and each silence that was not made."""
    if silencing is None:
        return []
    lines = []
    if silencing.live:
        until = f" until {day_and_time(silencing.ends_at)}" if silencing.ends_at else ""
        names = counted(silencing.live, "alert name")
        lines.append(f"🟡 {mention(silencing.by)} silenced {names}{until}")
    if silencing.asked:
        lines.append(
            f"🔵 silencing {counted(silencing.asked, 'alert name')}; Alertmanager is asked"
        )
    return lines + _failed("not silenced", silencing.failed)


def _failed(what: str, failed: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each reason, with the names of what it keeps from being done."""
    why_not: dict[str, list[str]] = {}
    for name, why in failed:
        why_not.setdefault(why, []).append(name)
    lines = []
    for why, names in list(why_not.items())[:REASONS_NAMED]:
        more = len(names) - FAILED_NAMED
        named = ", ".join(escaped(cut(name, 60)) for name in names[:FAILED_NAMED])
        rest = f" and {more:,} more" if more > 0 else ""
        lines.append(
            f"⚪ {what}, {escaped(cut(why, WHY_CHARACTERS)).removesuffix('.')}: {named}{rest}"
        )
    if len(why_not) > REASONS_NAMED:
        left = sum(len(names) for names in list(why_not.values())[REASONS_NAMED:])
        lines.append(f"⚪ {what}: {left:,} more, for other reasons")
    return lines
