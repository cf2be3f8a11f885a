"""CloudWatch's alarms on a card."""

import json
from datetime import timedelta

import pytest

from bot.cards.alarm_buttons import MUTE, UNMUTE, parts_of
from bot.cards.alarms import alarms, chart_alt
from bot.cards.answer_card import AnswerView
from bot.domain.alarms import Alarm, AlarmState, Found, Mute, Place
from bot.domain.alarms.read import Asked
from bot.domain.question import Question, QuestionKind
from bot.domain.unit import Unit
from sandbox.transcript import as_text
from tests.cards.golden import assert_golden
from tests.changes.builders import ALICE, NOW

HOUR = timedelta(hours=1)
MUTED = Mute(rule="ours", is_ours=True, until=NOW + HOUR, by=ALICE, why="deploying <v2>")
THEIRS = Mute(rule="nights", why="", until=None)


def an_alarm(name="5xx", state=AlarmState.FIRING, **said):
    return Alarm(
        **{
            "name": f"prod-{name}",
            "state": state,
            "since": NOW - timedelta(minutes=12),
            "watches": "Sum HTTPCode_Target_5XX_Count above 60",
            "reason": "87 in the last period",
            "description": "More than 60 requests failed within a minute.",
            "threshold": 60.0,
            "has_series": True,
            **said,
        }
    )


COMPOSITE = an_alarm(
    "degraded", is_composite=True, has_series=False, watches="5xx fires or slow fires", reason=""
)
NO_DATA = an_alarm(
    "queue", AlarmState.NO_DATA, reason="no value came", watches="Maximum Age above 5"
)
FINE = an_alarm("cpu", AlarmState.OK)


def a_place(*found, **said):
    return Place(
        **{
            "environment": "prod",
            "service": "credlink-api",
            "region": "eu-west-1",
            "prefix": "prod-",
            "alarms": found,
            "can_mute": True,
            **said,
        }
    )


def shown(*places, name=None, environment="prod", picture=None, is_complete=True, **said):
    found = Found(places=places, **said) if places else None
    asked = Asked(environment=environment, places=(("prod", "credlink-api"),), name=name)
    question = Question(
        id="answer-1",
        kind=QuestionKind.ALARMS,
        asked_by=ALICE,
        asked_at=NOW,
        channel="C1",
        words=asked.as_json(),
        round=3,
        found=None if found is None else json.loads(json.dumps(found.as_json())),
        is_complete=is_complete,
        completed_at=NOW if is_complete else None,
    )
    return alarms(AnswerView(question=question, now=NOW, picture=picture))


def text_of(message):
    return as_text({"text": message.text, "blocks": list(message.blocks)}, {})


def beside(message):
    """The buttons beside paragraphs, by label."""
    found = [block["accessory"] for block in message.blocks if "accessory" in block]
    return {one["text"]["text"]: one for one in found}


def test_what_fires_stands_first_golden():
    place = a_place(FINE, NO_DATA, COMPOSITE, an_alarm(), an_alarm("slow", mute=MUTED))

    assert_golden(
        shown(place, picture="F1", charted="prod-5xx", alt="Chart of 5xx"), "alarms_firing"
    )


def test_all_environments_golden():
    eu = a_place(FINE, environment="eu", prefix="eu-")
    silent = a_place(environment="staging", prefix="staging-", silent="no answer within 5 s")

    assert_golden(shown(a_place(an_alarm()), eu, silent, environment=None), "alarms_everywhere")


@pytest.mark.parametrize(
    ("places", "head"),
    [
        ([a_place(an_alarm(), FINE)], "🔴 1 alarm firing in prod"),
        (
            [a_place(an_alarm()), a_place(silent="x")],
            "🔴 1 alarm firing in prod; not all are known",
        ),
        ([a_place(FINE), a_place(silent="x")], "⚪ Alarms not known in prod"),
        ([a_place(NO_DATA, FINE)], "⚪ 1 alarm without data, 1 OK in prod"),
        ([a_place()], "⚪ No alarm in prod"),
        ([a_place(FINE)], "🟢 1 alarm OK in prod"),
    ],
)
def test_the_first_line_says_what_matters_most_and_no_data_is_never_fine(places, head):
    assert text_of(shown(*places)).splitlines()[0] == head


@pytest.mark.parametrize(
    ("is_complete", "head"),
    [
        (False, "🔵 Looking at CloudWatch: alarms in prod"),
        (True, "⚪ Not known: alarms in prod"),
    ],
)
def test_before_anything_is_known_it_says_so(is_complete, head):
    assert text_of(shown(is_complete=is_complete)).startswith(head)


@pytest.mark.parametrize(
    ("alarm", "head", "said"),
    [
        (an_alarm(), "🔴 5xx fires in prod", "87 in the last period · Sum HTTP"),
        (FINE, "🟢 cpu is OK in prod", "is OK since 13:50 UTC (12 min)"),
        (NO_DATA, "⚪ queue has no data in prod", "no value came"),
        (an_alarm(mute=MUTED), "🔴 5xx fires, muted in prod", "by @U0ALICE01: “deploying <v2>”"),
        (
            COMPOSITE,
            "🔴 degraded fires in prod",
            "follows other alarms: nothing of its own to draw",
        ),
        (an_alarm(acts=False), "🔴 5xx fires in prod", "its actions are switched off"),
    ],
)
def test_an_alarm_that_is_named_is_told_by_itself(alarm, head, said):
    message = shown(a_place(alarm, an_alarm("x")), name=alarm.name, charted=alarm.name)

    text = text_of(message)
    assert text.splitlines()[0] == head
    assert said in text
    assert "the others: 🔴 1 fires" in text


@pytest.mark.parametrize(
    ("places", "more", "said"),
    [
        ([a_place(FINE)], {"name": "cpo"}, "There is no alarm cpo here (did you mean cpu?)."),
        ([a_place()], {}, "no alarm whose name begins with `prod-`"),
        ([a_place(silent="lacks <x>")], {}, "CloudWatch did not tell them: lacks <x>"),
        ([a_place(FINE, mutes_unknown="lacks y")], {}, "which are muted is not known: lacks y"),
        ([a_place(FINE, is_cut=True)], {}, "the first 1; there are more"),
        (
            [a_place(an_alarm())],
            {"charted": "prod-5xx", "uncharted": "lacks z"},
            "Not drawn: the metric could not be read (lacks z).",
        ),
        ([a_place(an_alarm("a", AlarmState.OK, mute=THEIRS))], {}, "again and again by the rule"),
        (
            [a_place(*(an_alarm(str(n)) for n in range(30)))],
            {},
            "firing too: 0, 1, 10",
        ),
    ],
)
def test_what_is_not_there_or_not_known_is_said(places, more, said):
    shown_text = text_of(shown(*places, **more))

    assert said in shown_text or said.replace("0, 1, 10", "") in shown_text


def test_what_fires_can_be_muted_and_what_we_muted_unmuted_after_a_question():
    message = shown(a_place(an_alarm("one two"), an_alarm("slow", mute=MUTED)))

    buttons = beside(message)
    mute, unmute = buttons["Mute 1 h"], buttons["Unmute"]
    assert (mute["action_id"], unmute["action_id"]) == (MUTE, UNMUTE)
    value = json.loads(mute["value"])
    assert parts_of(value["id"]) == ("answer-1", "prod", "prod-one two")
    assert value["revision"] == 3
    assert "For 1 h nobody is called because of one two" in mute["confirm"]["text"]["text"]
    assert "calls people again" in unmute["confirm"]["text"]["text"]


@pytest.mark.parametrize(
    "message",
    [
        shown(a_place(an_alarm(), can_mute=False)),
        shown(a_place(an_alarm()), is_complete=False),
        shown(a_place(an_alarm(mute=THEIRS))),
    ],
    ids=["mute rules are not known", "still asking", "another's rule"],
)
def test_where_it_would_not_do_there_is_no_button(message):
    assert beside(message) == {}


def test_names_from_outside_are_harmless():
    hostile = an_alarm("<!channel>", description="<!here>", reason="<@U1>", watches="<x>")

    said = [block["text"]["text"] for block in shown(a_place(hostile)).blocks if "text" in block]
    assert "&lt;!channel&gt;" in said[1]
    assert "<!" not in "".join(said).replace("<!date", "")


@pytest.mark.parametrize(
    ("values", "said"),
    [([], "no data"), ([1.0, 3.0, 2.0], "2 % now, 3 % at most")],
)
def test_the_chart_in_words(values, said):
    alarm = an_alarm(unit=Unit.PERCENT)

    assert chart_alt(a_place(alarm), alarm, values).endswith(f"above 60: {said}")
