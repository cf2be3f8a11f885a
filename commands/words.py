"""What several verbs read alike."""

from collections.abc import Sequence

from bot.errors import UsageError

REASON = "--reason"
REASON_CHARACTERS = 200
FLAG = "--"


def split_reason(words: Sequence[str], *, how: str) -> tuple[list[str], str | None]:
    """Take `--reason …` out: it goes on to the end, quoted or not.

    Raises:
        UsageError: it is empty, or there is another flag, which nobody here reads.
    """
    rest = list(words)
    reason = None
    if REASON in rest:
        at = rest.index(REASON)
        reason = " ".join(rest[at + 1 :]).strip()[:REASON_CHARACTERS]
        if not reason:
            raise UsageError(f"Say the reason after {REASON}. {how}")
        rest = rest[:at]
    for word in rest:
        if word.startswith(FLAG):
            raise UsageError(f"I do not know {word}. {how}")
    return rest, reason
