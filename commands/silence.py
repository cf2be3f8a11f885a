"""`/credlink silence`: hide alerts for a while, after seeing which; list silences and end them."""

import re
from collections.abc import Sequence

from bot.alerts.silencing.end import KeepSilences
from bot.answers.silence import ProposeSilence
from bot.cards.answer import Answer, Later
from bot.domain.asked import Asked
from bot.domain.silence.request import read_request
from bot.errors import UsageError
from commands.words import DASHES, DRY_RUN

NAME = "silence"
USAGE = 'silence <label=value,…> <2h> "why" | list | expire <id> [--dry-run]'
SUMMARY = "Let Alertmanager tell nobody of some alerts, after seeing which; list or end silences."
LIST, EXPIRE = "list", "expire"
_DRY_RUN = re.compile(r"(?<!\S)(?:--|—|–)dry-run(?!\S)")


async def run(
    words: Sequence[str],
    asked: Asked,
    *,
    propose: ProposeSilence,
    keep: KeepSilences,
    how: str,
) -> Answer | Later | None:
    """Propose a silence on a card, list those in force, or end one.

    Matchers have quotes of their own, so they are read from what was typed.
    """
    is_dry_run = any(word.translate(DASHES) == DRY_RUN for word in words)
    match [word for word in words if word.translate(DASHES) != DRY_RUN]:
        case [] | ["help"]:
            raise UsageError(how)
        case [first] if first.lower() == LIST:
            return await keep.tell(asked)
        case [first, known_as] if first.lower() == EXPIRE:
            return await keep.expire(known_as, asked=asked, is_dry_run=is_dry_run)
        case [first, *_] if first.lower() in {LIST, EXPIRE}:
            raise UsageError(how)
    typed = _DRY_RUN.sub(" ", asked.typed.strip()[len(NAME) :])
    request = read_request(typed, how=how, is_dry_run=is_dry_run)
    return await propose(request, asked=asked)
