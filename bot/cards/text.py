"""How cards say times, durations, numbers and progress."""

from datetime import datetime, timedelta
from itertools import pairwise

from bot.cards.blocks import escaped
from bot.domain.pipeline import read_pipeline

BAR_CELLS = 10


def moment(at: datetime) -> str:
    """A time of day that every reader sees in their own zone; the fallback is UTC."""
    return f"<!date^{int(at.timestamp())}^{{time}}|{at:%H:%M} UTC>"


def day_and_time(at: datetime) -> str:
    """A date and time that every reader sees in their own zone; the fallback is UTC."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%d %b %H:%M} UTC>"


def spoken(length: timedelta) -> str:
    """A length of time in the two units that matter: `40 s`, `3 min 5 s`, `2 h 10 min`."""
    seconds = max(0, round(length.total_seconds()))
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    for (name, size), (smaller_name, smaller_size) in pairwise(units):
        if seconds >= size:
            smaller = seconds % size // smaller_size
            return f"{seconds // size} {name}" + (f" {smaller} {smaller_name}" if smaller else "")
    return f"{seconds} s"


def bar(done: int, of: int) -> str:
    """Progress in ten cells; full only when everything is done."""
    filled = min(done, of) * BAR_CELLS // of if of > 0 else 0
    return "▰" * filled + "▱" * (BAR_CELLS - filled)


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """`1 task`, `4 tasks`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def sentence(words: str) -> str:
    """Words with a capital and a full stop, so that another sentence may follow."""
    if not words:
        return ""
    return f"{words[0].upper()}{words[1:]}{'' if words.endswith(('.', '!', '?')) else '.'}"


def short_digest(digest: str) -> str:
    """`sha256:4be1…9f0c` of a full image digest."""
    algorithm, _, value = digest.partition(":")
    return f"{algorithm}:{value[:4]}…{value[-4:]}" if len(value) > 8 else digest


def mention(person: str | None) -> str:
    """Somebody, by their Slack id; a pipeline by its name."""
    if not person:
        return "somebody"
    pipeline = read_pipeline(person)
    return escaped(pipeline.name) if pipeline is not None else f"<@{person}>"
