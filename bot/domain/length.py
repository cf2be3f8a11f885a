"""A length of time as somebody says it."""

from datetime import timedelta

from bot.catalog import read_duration
from bot.errors import UsageError


def read_length(said: str, *, how: str = "", such_as: str = "`2h` or `1h30m`") -> timedelta:
    """Read `2h`, in capitals too. `how` is the usage that follows in the refusal.

    Raises:
        UsageError: it is no length of time.
    """
    try:
        return read_duration(said.lower())
    except (ValueError, OverflowError):
        refusal = f"I cannot read {said} as a time: write {such_as}. {how}"
        raise UsageError(refusal.rstrip()) from None
