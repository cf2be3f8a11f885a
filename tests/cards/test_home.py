"""The App Home drawn: the limit of 100 blocks, what there is no room for, and hostile words."""

import json
from dataclasses import replace
from datetime import timedelta

from bot.cards.blocks import TEXT_CHARACTERS
from bot.cards.change import ChangeView
from bot.cards.home import VIEW_BLOCKS, HomeView, home
from bot.cards.status import PlaceStatus
from bot.domain.card import Place
from bot.domain.change import ChangeState, Hold, HoldKind
from bot.domain.freeze import Declared
from bot.domain.oncall import LastSaid, Level, OnCall, Shift
from bot.domain.plan import Observed, Revision
from bot.domain.rollout import Progress
from sandbox.transcript import as_text
from tests.changes.builders import NOW, a_change, a_plan
from tests.domain.situations import a_freeze, a_lock

S = ChangeState
CARD = Place("C0PROD001", "1700.000100")
EMPTY = HomeView(now=NOW, workspace_url="https://credlink.slack.com/", command="/credlink")


def rolling_out(number: int = 1, **said) -> ChangeView:
    change = a_change(
        f"change-{number}",
        **{
            "state": S.ROLLING_OUT,
            "plan": a_plan(),
            "started_at": NOW,
            "progress": Progress(desired=4, running=2, healthy=2),
            **said,
        },
    )
    return ChangeView(change=change, now=NOW)


def observed(number: int = 1, **said) -> PlaceStatus:
    seen = Observed(
        **{
            "service": f"service-{number}",
            "environment": "prod",
            "running": Revision(image="repo:v1", version="v1"),
            "since": NOW,
            "desired": 2,
            "healthy": 2,
            "rollout": "COMPLETED",
            "seen_at": NOW,
            **said,
        }
    )
    return PlaceStatus(service=seen.service, environment=seen.environment, seen=seen)


def a_declared(number: int) -> Declared:
    return Declared(
        id=f"freeze-{number}",
        environment="prod",
        service="*",
        begins_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        reason="sale",
        by="UBOB",
        at=NOW,
    )


def on_call(number: int) -> LastSaid:
    shift = Shift(level=1, person="Carol", ends_at=NOW)
    said = OnCall(levels=(Level(level=1, current=(shift,)),))
    return LastSaid(service=f"service-{number}", on_call=said, seen_at=NOW)


def text_of(view: HomeView) -> str:
    return as_text({"blocks": home(view)})


def test_more_of_everything_than_there_is_room_for_is_counted():
    many = range(60)
    changes = [(rolling_out(number), CARD) for number in many]
    proposals = [
        (ChangeView(change=a_change(f"p-{n}", state=S.PROPOSED, plan=a_plan()), now=NOW), CARD)
        for n in many
    ]
    view = replace(
        EMPTY,
        approvals=proposals,
        own=proposals,
        under_way=changes,
        locks=[(a_lock(id=f"lock-{number}"), CARD) for number in many],
        freezes=[(a_declared(number), CARD) for number in many],
        windows=[("prod", "api", a_freeze()) for _ in many],
        places=[observed(number) for number in many],
        on_call=[on_call(number) for number in many],
    )
    blocks = home(view)
    assert len(blocks) <= VIEW_BLOCKS
    text = as_text({"blocks": blocks})
    assert text.count("and 54 more") == 5
    assert "and 50 more" in text
    assert text.count("and 20 more") == 2
    assert "not shown" not in text, "even then every kind of thing has its place"
    for block in blocks:
        assert len(block.get("text", {}).get("text", "")) <= TEXT_CHARACTERS


def test_a_change_is_told_in_short_with_the_way_to_its_card_and_its_buttons():
    text = text_of(replace(EMPTY, under_way=[(rolling_out(), CARD)]))
    assert "Rolling out: credlink-api v1.2.0 → prod* · card" in text
    assert "▰▰▰▰▰▱▱▱▱▱ 2 of 4 new tasks healthy" in text
    assert "[Abort and roll back]" in text


def test_why_a_change_is_held_stands_there_too():
    hold = Hold(kind=HoldKind.PERSON, at=NOW, by="UBOB", why="")
    text = text_of(replace(EMPTY, under_way=[(rolling_out(state=S.HELD, hold=hold), None)]))
    assert "Held by @UBOB since" in text
    assert "· card" not in text


def test_what_was_seen_before_a_change_or_cannot_be_seen_is_not_shown_as_if_it_were_now():
    place = observed()
    earlier = replace(place.seen, seen_at=NOW - timedelta(minutes=1))
    moving = replace(place, seen=earlier, under_way=rolling_out().change)
    silent = observed(2, trouble="AccessDenied <secret>")
    text = text_of(replace(EMPTY, places=[moving, silent]))
    assert "tasks running · seen before this began" in text
    assert "⚪ *prod*  service-2" in text
    assert "AWS has not answered since" in text


def test_hostile_words_call_nobody():
    hostile = "<!channel> <@U1> & *bold*"
    view = replace(
        EMPTY,
        under_way=[(rolling_out(reason=hostile), CARD)],
        locks=[(a_lock(reason=hostile), CARD)],
        places=[observed(trouble=hostile)],
        on_call=[LastSaid(service=hostile, silent_since=NOW, silent_why=hostile)],
    )
    said = json.dumps(home(view), ensure_ascii=False)
    assert "<!channel>" not in said
    assert "<@U1>" not in said


def test_without_anything_it_says_what_there_is_none_of():
    text = text_of(EMPTY)
    assert "no change under way · no alert firing that I was told of · nothing locked" in text
    assert "There is no place whose status you may see." in text


def test_what_was_not_looked_at_in_a_storm_is_not_called_quiet():
    said = str(home(replace(EMPTY, not_looked_at=170)))

    assert "no alert firing" not in said
    assert "170 more alerts firing, not looked at here: `/credlink alerts`" in said
