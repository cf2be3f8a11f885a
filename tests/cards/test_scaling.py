"""The card of a scaling, in every state it can be in."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.scaling import ScalingView, card, looking
from bot.domain.gate import Decision, Reason
from bot.domain.scaling.capacity import ALL, Count
from bot.domain.scaling.proposal import Activity
from bot.domain.scaling.scaling import Progress, ScalingState
from bot.domain.scaling.wish import Wish, WishKind
from bot.domain.verification import Check, Level
from tests.cards.golden import assert_golden
from tests.domain.scalings import NOW, a_proposal, a_scaling, bounds

S = ScalingState
EVIL = "<!channel> <https://evil.example|x> &"
UNSET = {"number": None, "found": None, "wanted": None, "set_at": None, "until": None}
RUNS = Progress(running=5, desired=5)
BOBS = a_scaling(
    id="scaling-2",
    asked_by="U0BOB0001",
    number=2,
    found=bounds(5, 10),
    wanted=bounds(6, 8),
    until=NOW + timedelta(minutes=30),
)
FOR_GOOD = replace(BOBS, lasts_s=None, until=None, state=S.SCALED)
A_LOCK = Decision((Reason("It is locked by @U0BOB0001.", "Ask @U0BOB0001."),))


def view(**said) -> ScalingView:
    around = {name: said.pop(name) for name in ("standing", "other", "in_the_way") if name in said}
    return ScalingView(scaling=a_scaling(**said), now=NOW, **around)


VIEWS = {
    "looking": view(state=S.LOOKING, proposal=None, **UNSET),
    "proposed": view(
        state=S.PROPOSED, reason="a sale", expires_at=NOW + timedelta(minutes=30), **UNSET
    ),
    "proposed_on_another": view(state=S.PROPOSED, standing=(BOBS,), in_the_way=A_LOCK, **UNSET),
    "proposed_for_good": view(state=S.PROPOSED, standing=(BOBS,), **{**UNSET, "lasts_s": None}),
    "rehearsed": view(state=S.REHEARSED, is_dry_run=True, **UNSET),
    "applying_silent": view(
        state=S.APPLYING, silent_since=NOW, silent_why="timed out", set_at=None, until=None
    ),
    "scaling": view(state=S.SCALING, progress=Progress(running=4, desired=5, pending=1)),
    "scaling_in_trouble": view(
        state=S.SCALING, progress=Progress(running=4, desired=5, trouble="It is out of memory.")
    ),
    "standing": view(progress=RUNS),
    "standing_beneath": view(progress=RUNS, standing=(BOBS,)),
    "standing_without_tasks": view(why="AWS has no capacity for the task at the moment."),
    "reverting": view(state=S.REVERTING, hurried_by="U0BOB0001"),
    "scaled": view(state=S.SCALED, lasts_s=None, until=None, progress=RUNS, finished_at=NOW),
    "stuck": view(state=S.STUCK, lasts_s=None, until=None, finished_at=NOW,
                  progress=Progress(running=4, desired=5),
                  why="AWS has no capacity for the task at the moment."),
    "suspended": view(wish=Wish(kind=WishKind.SUSPEND), wanted=bounds(3, 10, ALL), progress=RUNS),
    "of_a_count": view(wanted=Count(count=6), found=Count(count=4), state=S.SCALED, lasts_s=None,
                       until=None),
    "kept": view(state=S.KEPT, ended_by="U0BOB0001"),
    "reverted": view(state=S.REVERTED, finished_at=NOW + timedelta(minutes=119)),
    "reverted_by_hand": view(
        state=S.REVERTED, finished_at=NOW, hurried_by="U0BOB0001"
    ),
    "handed_over": view(state=S.HANDED_OVER, other=BOBS),
    "gave_way_to_bob": view(state=S.GAVE_WAY, other=FOR_GOOD, ended_by="U0BOB0001"),
    "gave_way_outside": view(
        state=S.GAVE_WAY, why="Somebody outside the bot set 7–9 since. That stays."
    ),
    "failed": view(state=S.FAILED, why="AWS could not be asked to set it back: timed out"),
    "refused": view(state=S.REFUSED, why="Nothing would change: it has 3–10 already.", **UNSET),
    "cancelled": view(state=S.CANCELLED, ended_by="U0ALICE01", **UNSET),
}  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
def test_the_card_looks_as_agreed(name):
    assert_golden(card(VIEWS[name]), f"scaling_{name}")


@pytest.mark.parametrize("state", list(ScalingState))
def test_in_every_state_the_first_line_is_short_and_says_where(state):
    shown = card(view(state=state, forced="x", lasts_s=1_209_600.0))

    assert "credlink-api in prod" in shown.text
    assert len(shown.text) <= 100


@pytest.mark.parametrize("state", list(ScalingState))
def test_nothing_from_outside_calls_anybody_or_makes_a_link(state):
    evil = a_proposal(
        checks=(Check(name="scaling", level=Level.WARN, text=EVIL, mend=EVIL),),
    )
    shown = replace(evil.shown, activities=(Activity(at=NOW, words=EVIL * 9, has_failed=True),))
    said = card(
        view(
            state=state,
            proposal=replace(evil, shown=shown),
            reason=EVIL,
            forced=EVIL,
            why=EVIL,
            silent_since=NOW,
            silent_why=EVIL,
            progress=Progress(running=1, desired=2, trouble=EVIL),
        )
    )

    mrkdwn = [part for block in said.blocks for part in texts(block)]
    assert not any("<!channel>" in text or "<https" in text for text in [said.text, *mrkdwn])


def texts(block) -> list[str]:
    """Every mrkdwn text in a block; plain ones are shown as they are."""
    if isinstance(block, list):
        return [text for each in block for text in texts(each)]
    if not isinstance(block, dict):
        return []
    own = [block["text"]] if block.get("type") == "mrkdwn" else []
    return own + [text for value in block.values() for text in texts(value)]


def test_buttons_carry_what_they_were_drawn_for_and_vanish_at_the_end():
    elements = card(VIEWS["standing"]).blocks[-1]["elements"]

    assert [one["text"]["text"] for one in elements] == ["Keep", "Revert now"]
    assert json.loads(elements[0]["value"]) == {"id": "scaling-1", "revision": 6}
    assert all(block["type"] != "actions" for block in card(VIEWS["reverted"]).blocks)


def test_whoever_asked_is_told_where_the_card_stands():
    assert (
        looking(a_scaling()).text
        == "Looking at how credlink-api in prod is scaled: see #credlink-prod."
    )
