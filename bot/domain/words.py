"""How plain sentences name people, moments and ages.

The gate's sentences are kept, logged and audited, so they are plain. Cards make what is written
here live (`bot.cards.live`): a person becomes a mention, a moment is read in everybody's own zone.
"""

from datetime import UTC, datetime, timedelta

from bot.catalog import ANY
from bot.domain.lock import BOT
from bot.domain.pipeline import read_pipeline


def named(person: str) -> str:
    """`@U0ALICE01`, a person by their Slack id; the bot itself or a pipeline by name: to those
    nobody can be sent."""
    if person == BOT:
        return "the bot"
    pipeline = read_pipeline(person)
    return pipeline.name if pipeline is not None else f"@{person}"


def told(at: datetime) -> str:
    """`2026-11-27T16:00Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def roughly(length: timedelta) -> str:
    """An age in the one unit that matters: `40 s`, `3 min`, `2 h`, `5 d`."""
    seconds = max(0.0, length.total_seconds())
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {name}"
    return f"{int(seconds)} s"


def in_place(service: str, environment: str) -> str:
    """`api in prod`, or `all of prod`."""
    return f"all of {environment}" if service == ANY else f"{service} in {environment}"
