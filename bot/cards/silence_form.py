"""The form of *Silence…*: which alerts, for how long, and why."""

from collections.abc import Sequence
from datetime import timedelta

from bot.cards.blocks import Block, context
from bot.cards.modal import Modal, choice, text_input
from bot.cards.text import spoken
from bot.domain.silence.matchers import Matcher
from bot.domain.silence.request import REASON_CHARACTERS

SUBMIT = "silence.submit"
MATCHERS, LENGTH, REASON = "matchers", "length", "reason"
LENGTHS = ("30m", "1h", "2h", "4h", "8h", "1d", "3d", "7d")
USUAL = "2h"
_SPOKEN = {
    "30m": timedelta(minutes=30),
    **{f"{hours}h": timedelta(hours=hours) for hours in (1, 2, 4, 8)},
    **{f"{days}d": timedelta(days=days) for days in (1, 3, 7)},
}


def silence_form(matchers: Sequence[Matcher], *, channel_id: str) -> Modal:
    """The form, filled in with what a group's alerts have in common."""
    return Modal(
        callback_id=SUBMIT,
        title="Silence alerts",
        submit="See what it hides",
        carried={"channel": channel_id},
        blocks=(
            text_input(
                MATCHERS,
                "Which alerts",
                initial="\n".join(map(str, matchers)),
                hint="One condition a line: all of them must hold. Take lines away to hide more.",
                lines=True,
            ),
            length_choice(),
            reason_input(),
            context("Nothing is silenced yet: you see first what this would hide."),
        ),
    )


def length_choice() -> Block:
    """For how long."""
    options = [(said, spoken(_SPOKEN[said])) for said in LENGTHS]
    return choice(LENGTH, "For how long", options, initial=USUAL)


def reason_input() -> Block:
    """Why, for whoever wonders."""
    return text_input(REASON, "Why", placeholder="deploying v1.2.0", at_most=REASON_CHARACTERS)
