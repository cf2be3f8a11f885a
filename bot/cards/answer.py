"""What one person is told in return for a command or a press; nobody else sees it."""

from dataclasses import dataclass

from bot.cards.blocks import Block


@dataclass(frozen=True, slots=True)
class Answer:
    """An ephemeral answer.

    `text` is mrkdwn: whoever makes it has put everything from outside through `escaped`.
    """

    text: str
    blocks: tuple[Block, ...] = ()
