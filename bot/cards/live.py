"""Plain sentences made live: what `bot.domain.words` wrote becomes mentions and local times."""

import re
from datetime import datetime

from bot.cards.blocks import escaped
from bot.cards.text import day_and_time

_PERSON = re.compile(r"(?<![\w@])@([UW][A-Z0-9]{2,})\b")
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\dZ")


def live(text: str) -> str:
    """A sentence of the gate as mrkdwn, safe whatever it quotes.

    A person is mentioned and a moment is read in everybody's own zone. Only people can be called
    this way: never a channel, a group or everybody.
    """
    return _MOMENT.sub(_moment, _PERSON.sub(r"<@\1>", escaped(text)))


def _moment(found: re.Match[str]) -> str:
    try:
        return day_and_time(datetime.fromisoformat(found[0]))
    except (ValueError, OverflowError):  # somebody's words that only look like a moment
        return found[0]
