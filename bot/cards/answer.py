"""What one person is told in return for a command or a press; nobody else sees it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.cards.blocks import Block


@dataclass(frozen=True, slots=True)
class Answer:
    """An ephemeral answer.

    `text` is mrkdwn: whoever makes it has put everything from outside through `escaped`.
    """

    text: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that needs somebody outside: `ask` runs after Slack has its acknowledgement.

    Nothing has been promised before it ran: whoever asked asks again if we die meanwhile. `first`
    is what a command is acknowledged with, mrkdwn like an answer's text; a press shows nothing.
    """

    ask: Callable[[], Awaitable[Answer | None]]
    first: str = ""
