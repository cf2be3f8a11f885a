"""How to write what: the list of verbs, one verb, and the nearest to one nobody knows."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cards.answer import Answer
from bot.cards.blocks import escaped, section


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One verb: its name, the words it takes, what it does."""

    name: str
    usage: str
    summary: str

    def how(self, command: str) -> str:
        """How to write it, as a plain sentence."""
        return f"Write `{command} {self.usage}`."


def all_verbs(command: str, entries: Sequence[Entry]) -> Answer:
    """How to write these verbs."""
    lines = [f"`{command} {escaped(one.usage)}`\n{escaped(one.summary)}" for one in entries]
    return Answer("\n".join(lines), tuple(section(line) for line in lines))


def unknown_verb(command: str, word: str, nearest: Entry | None) -> Answer:
    """That nobody knows this verb, and which one was perhaps meant."""
    known = f"I do not know “{escaped(word)}”."
    if nearest is None:
        return Answer(f"{known} `{command} help` lists what I know.")
    how = f"`{command} {escaped(nearest.usage)}`"
    return Answer(f"{known} Did you mean *{nearest.name}*? {how}")
