"""`/credlink alarms`: CloudWatch's alarms, which fire and which are muted; mute one for a while."""

from collections.abc import Sequence

from bot.answers.ask import AskQuestion
from bot.answers.muting import MuteAlarms
from bot.cards.answer import Answer, Later
from bot.catalog import Catalog, Verb
from bot.domain.alarms.read import MUTE, UNMUTE, read, read_mute, visible
from bot.domain.asked import Asked
from bot.domain.question import QuestionKind
from commands.guarding import take_dry_run

NAME = "alarms"
USAGE = 'alarms [env] [service] [name | mute <name> for 2h "why" | unmute <name>] [--dry-run]'
SUMMARY = "CloudWatch's alarms: what fires, what has no data, what is muted; mute one for a while."


async def run(
    words: Sequence[str],
    asked: Asked,
    *,
    ask: AskQuestion,
    mute: MuteAlarms,
    how: str,
    catalog: Catalog,
) -> Answer | Later | None:
    """Answer with a card, or mute one alarm and show that on a card."""
    words, is_dry_run = take_dry_run(words, how=how)
    if len(words) > 1 and words[1].lower() in {MUTE, UNMUTE}:
        return await mute(read_mute(words, how=how, is_dry_run=is_dry_run), asked=asked)
    wanted = visible(read(words, catalog, how=how), catalog, asked.by)
    services = {service for _, service in wanted.places}
    return await ask(
        QuestionKind.ALARMS,
        wanted.as_json(),
        asked=asked,
        verb=Verb.ALARMS,
        environment=wanted.environment,
        service=next(iter(services)) if len(services) == 1 else None,
    )
