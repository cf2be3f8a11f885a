"""The silences in force, for whoever asked: each with its id, and a button to end it."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import context, cut, escaped, section
from bot.cards.silence_words import LONGEST_REASON, SHORT_ID, code, end_button
from bot.cards.text import counted, day_and_time
from bot.domain.silence import Silence

SHOWN = 20
ALL_CHARACTERS = 6000
"""Of all that is listed: Slack takes about 13,200, the buttons' questions included."""
LONGEST_NAME = 60
NOTHING = "Nothing is silenced."


def listed(found: Sequence[Silence], *, now: datetime) -> Answer:
    """Those that end first stand first; one that has not begun says so."""
    if not found:
        return Answer(NOTHING)
    head = f"{counted(len(found), 'silence')} in force"
    blocks = [section(f"*{head}*")]
    left = ALL_CHARACTERS
    for one in found[:SHOWN]:
        said = _one(one, now)
        left -= len(said)
        if left < 0:
            break
        blocks.append(section(said, accessory=end_button(one)))
    if more := len(found) + 1 - len(blocks):
        blocks.append(context(f"and {more} more, on Alertmanager's own page"))
    return Answer(head, tuple(blocks))


def _one(silence: Silence, now: datetime) -> str:
    begins = f"from {day_and_time(silence.starts_at)} " if silence.starts_at > now else ""
    who = escaped(cut(silence.created_by or "somebody", LONGEST_NAME))
    why = f": {escaped(cut(silence.reason, LONGEST_REASON))}" if silence.reason else ""
    known_as = escaped((silence.alertmanager_id or silence.id)[:SHORT_ID])
    until = day_and_time(silence.ends_at)
    return f"`{known_as}` {code(silence.matchers)}\n{begins}until {until} by {who}{why}"
