"""What Sentry knows about an alert group: its issues, drawn from their rows as they are."""

from dataclasses import dataclass

from bot.domain.sentry import ShownIssue

SOURCE = "issues"
"""The source that asks Sentry."""
ON_CARD = 3
"""Issues that a card shows; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issues:
    """The issues beside a group, in the order a card shows them."""

    shown: tuple[ShownIssue, ...]
