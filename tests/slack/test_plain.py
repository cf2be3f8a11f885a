"""Cards as text, for when Slack takes no blocks."""

from bot.cards.blocks import (
    FALLBACK_CHARACTERS,
    Message,
    actions,
    button,
    context,
    divider,
    header,
    image,
    section,
)
from bot.cards.plain import as_text


def test_everything_that_is_said_is_kept_line_by_line_and_nothing_twice():
    shown = Message(
        "🔵 Proposed",
        (
            header("🔵 Proposed"),
            section("now v1.1.9", fields=["*tasks* 4", "*digest* 4be1"]),
            divider(),
            image("F1", "A chart"),
            context("asked by <@U1>", "expires soon"),
            actions(button("Confirm", action_id="x", subject_id="c", revision=1)),
        ),
    )
    assert as_text(shown) == Message(
        "🔵 Proposed\nnow v1.1.9\n*tasks* 4\n*digest* 4be1\nasked by <@U1>\nexpires soon"
    )


def test_a_long_card_is_cut_at_slacks_limit():
    long = Message("x", tuple(section(f"{n}" * 2900) for n in range(3)))
    assert len(as_text(long).text) == FALLBACK_CHARACTERS
