"""What changes nothing about what runs: the gate asks for less, and only for what is about it."""

from datetime import timedelta

import pytest

from bot.catalog import Verb
from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.gate import Obstacle, may_begin, needs_approval, still_in_the_way
from bot.domain.lock import BOT
from tests.changes.builders import a_change, a_plan
from tests.domain.situations import (
    BOB,
    FRANK,
    MALLORY,
    NOW,
    PEOPLE,
    a_finding,
    a_freeze,
    a_lock,
    a_situation,
    severe,
)

O = Obstacle  # noqa: E741  a table reads better with short words
RESTARTERS = {
    name: people.model_copy(update={"may": {**people.may, "prod": (Verb.RESTART, Verb.SCALE)}})
    if name == "deployers"
    else people
    for name, people in PEOPLE.items()
}


@pytest.mark.parametrize("verb", [Verb.RESTART, Verb.SCALE])
@pytest.mark.parametrize(
    ("sentence", "said", "in_the_way"),
    [
        ("it may begin where nothing is in the way", {}, []),
        ("a severe incident is when people need it", {"severe": (severe(),)}, []),
        ("no other environment comes first", {"after": "staging", "is_good_there": False}, []),
        ("findings in what runs already are no news", {"scanned": a_finding()}, []),
        ("nobody has to approve it", {"required": 2}, []),
        ("a person's lock holds it", {"locks": (a_lock(),)}, [O.LOCK]),
        ("a lock that the bot set against a version does not", {"locks": (a_lock(owner=BOT),)}, []),
        ("nor does one that a person's rollback left",
         {"locks": (a_lock(change_id="change-0"),)}, []),
        ("a person's lock holds it beside the bot's own",
         {"locks": (a_lock(owner=BOT), a_lock())}, [O.LOCK]),
        ("a freeze holds it", {"freezes": (a_freeze(),)}, [O.FREEZE]),
    ],
)  # fmt: skip
def test_whether_a_restart_or_a_scaling_may_begin(verb, sentence, said, in_the_way):
    now = a_situation(people=RESTARTERS, **said)

    decision = may_begin(now, BOB, verb)

    assert [reason.obstacle for reason in decision.reasons] == in_the_way, sentence
    assert still_in_the_way(now, verb).reasons == decision.reasons
    assert not needs_approval(now, verb)
    assert may_begin(now, FRANK, verb, forced=True).allowed


def test_it_needs_its_own_right():
    decision = may_begin(a_situation(people=RESTARTERS), MALLORY, Verb.RESTART)

    assert decision.text == "Only `deployers` may restart api in prod. Ask one of them."


def restarting(state: ChangeState, **said: object) -> Change:
    plan = a_plan()
    return a_change(
        "change-0",
        kind=ChangeKind.RESTART,
        service="api",
        state=state,
        plan=a_plan(wanted=plan.running),
        started_at=NOW,
        **said,
    )


@pytest.mark.parametrize(
    ("under_way", "told", "way_past"),
    [
        (restarting(ChangeState.ROLLING_OUT), "v1.1.9 is being restarted for api in prod now",
         "Wait for it, or abort it on its card."),
        (restarting(ChangeState.BAKING, steady_at=NOW + timedelta(minutes=1)),
         "v1.1.9 is watched after a restart", "Wait for it, or end its watch on its card."),
    ],
)  # fmt: skip
def test_a_restart_under_way_is_told_with_what_its_card_offers(under_way, told, way_past):
    decision = may_begin(a_situation(under_way=under_way), FRANK, Verb.DEPLOY, forced=True)

    (reason,) = decision.reasons
    assert told in reason.text
    assert reason.way_past == way_past
