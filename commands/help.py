"""`/credlink help`: every verb with how to write it; and the answer to a word nobody knows."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from bot.cards.answer import Answer
from bot.cards.help import Entry, all_verbs, unknown_verb
from bot.domain.asked import Asked

NAME = "help"
USAGE = "help [verb]"
SUMMARY = "This list, or how to write one verb."


async def run(
    words: Sequence[str], _: Asked, *, command: str, entries: Mapping[str, Entry]
) -> Answer:
    """Tell of one verb when it is named, and otherwise of all."""
    named = [entries[word] for word in words if word in entries]
    return all_verbs(command, named or list(entries.values()))


async def otherwise(
    words: Sequence[str], asked: Asked, *, command: str, entries: Mapping[str, Entry]
) -> Answer:
    """Answer a verb nobody knows with the nearest one; nothing at all means help."""
    if not words:
        return await run((), asked, command=command, entries=entries)
    close = get_close_matches(words[0].lower(), entries, n=1)
    return unknown_verb(command, words[0], entries[close[0]] if close else None)
