"""The card of a storm, its list, and the form that silences all of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.alert import AlertView
from bot.cards.answer import Answer
from bot.cards.blocks import TABLE_CHARACTERS, TABLE_ROWS
from bot.cards.modal import form
from bot.cards.plain import as_text as plain
from bot.cards.storm import Cause, StormView, headline, storm
from bot.cards.storm_list import Line, PageView, page
from bot.cards.storm_silence import SilenceAllView, silence_all_form
from bot.cards.storm_table import MOST_ROWS
from bot.domain.alert import AlertGroup, GroupState, Severity, Source
from bot.domain.silence.matchers import Matcher, Operator
from bot.domain.storm import Member, Storm, tally
from bot.domain.storm_act import Noted, Report, Silencing
from bot.domain.storm_silence import Proposed
from bot.domain.suspects import Ranking
from sandbox.transcript import as_text, buttons
from sandbox.workspace.blockkit import check_message, check_view
from tests.cards.golden import assert_golden
from tests.changes.builders import ALICE, BOB, NOW

S = timedelta(seconds=1)
STORM = Storm(
    id="storm-1",
    channel="#credlink-alerts",
    state_revision=7,
    own_criticals=1,
    began_at=NOW - 90 * S,
    joined_at=NOW - 50 * S,
)
GROUP = AlertGroup(
    id="g1",
    source=Source.ALERTMANAGER,
    receiver="credlink",
    group_key="key",
    dedup_key="dedup",
    occurrence=1,
    name="HighLatency",
    service="credlink-api",
    environment="prod",
    channel="#credlink-alerts",
    is_routed=True,
    severity=Severity.WARNING,
    started_at=NOW - 90 * S,
)


def a_member(name, severity=Severity.WARNING, **said):
    return Member(
        **{
            "name": name,
            "severity": severity,
            "started_at": NOW - 90 * S,
            "is_firing": True,
            "is_held": False,
            "is_silenced": False,
            "is_folded": True,
            "alerts": 10,
            **said,
        }
    )


DOWN = a_member("DatabaseDown", Severity.CRITICAL, is_folded=False, alerts=1)
SLOW = [a_member("HighLatency", started_at=NOW - (90 - n) * S) for n in range(40)]
NOISE = [a_member("TaskRestarts <b>", Severity.INFO)] * 3
CAUSE = Cause(GROUP, 41, Ranking())


def view(*members, **said):
    return StormView(
        **{"storm": STORM, "tally": tally(members), "causes": (CAUSE,), "now": NOW, **said}
    )


def shown(message):
    return {"text": message.text, "blocks": list(message.blocks)}


def test_a_storm_that_grows():
    message = storm(view(DOWN, *SLOW, *NOISE, mentions=("S0ONCALL1",)))

    assert_golden(message, "storm")
    assert buttons(shown(message)) == ["Show all 44", "Acknowledge all", "Silence all…"]


def test_somebody_is_on_it_and_not_on_all_of_it():
    report = Report(
        by=ALICE,
        asked_at=NOW,
        is_done=True,
        noted=43,
        acknowledged=0,
        failed=(("DatabaseDown (db in prod)", "PagerDuty did not allow it (no)."),),
    )
    silencing = Silencing(by=BOB, live=1, ends_at=NOW + 7200 * S, failed=(("Slow", "refused"),))
    held = [replace(one, is_held=True) for one in SLOW]

    message = storm(view(DOWN, *held, *NOISE, report=report, silencing=silencing))

    assert_golden(message, "storm_acknowledged")


def test_a_storm_that_is_over_says_where_the_rest_is():
    over = replace(STORM, over_at=NOW, state_revision=8)
    ended = [replace(one, is_firing=False, alerts=0) for one in SLOW[5:]]

    message = storm(view(DOWN, *SLOW[:5], *ended, storm=over))

    assert_golden(message, "storm_over")


def test_a_storm_of_which_nothing_fires():
    over = replace(STORM, over_at=NOW)
    ended = [replace(one, is_firing=False, alerts=0) for one in (DOWN, *SLOW, *NOISE)]

    message = storm(view(*ended, storm=over))

    assert_golden(message, "storm_resolved")
    assert buttons(shown(message)) == ["Show all 44"]


@pytest.mark.parametrize(
    ("members", "mark"),
    [
        ((DOWN,), "🔴"),
        (SLOW[:1], "🟠"),
        (NOISE, "⚪"),
        ([replace(DOWN, is_held=True)], "🟡"),
        ([replace(DOWN, is_held=True), *SLOW], "🟠"),
        ([replace(DOWN, is_firing=False)], "🟢"),
    ],
)
def test_the_mark_is_that_of_the_worst_nobody_is_on(members, mark):
    assert headline(STORM, tally(members)).startswith(mark)


def test_hundreds_of_alert_names_are_cut_and_counted_and_slack_takes_them():
    many = [a_member(f"{'Name' * 40}{n}") for n in range(300)]

    message = storm(view(*many))

    assert check_message(list(message.blocks), lambda _: True) is None
    [table] = [block for block in message.blocks if block["type"] == "table"]
    assert len(table["rows"]) == MOST_ROWS + 1 <= TABLE_ROWS
    assert sum(len(str(row)) for row in table["rows"]) < TABLE_CHARACTERS
    assert f"and {300 - MOST_ROWS} more alert names with {300 - MOST_ROWS} groups" in as_text(
        shown(message)
    )


def test_as_text_alone_it_still_says_what_fires_and_since_when():
    text = plain(storm(view(DOWN, *SLOW))).text

    assert "DatabaseDown · 🔴 critical · 1 ·" in text
    assert "UTC" in text


def lines(many):
    groups = [replace(GROUP, id=f"g{n}", name=f"Alert{n} <x>") for n in range(many)]
    return [
        Line(view=AlertView(group=group, alerts=(), now=NOW), card_url=None) for group in groups
    ]


def a_page(many, number=1, groups=None, **said):
    return page(
        PageView(
            storm_id="storm-1",
            channel_id="C1",
            number=number,
            groups=groups or many,
            lines=lines(many),
            **said,
        )
    )


def test_a_full_page_is_what_slack_takes_and_no_more():
    modal = a_page(50, groups=1000, number=3)

    assert not check_view(form(modal), lambda _: True)
    assert len(modal.blocks) == 100
    assert (modal.title, modal.submit) == ("Storm: 101–150 of 1,000", "Page 4 of 20")


@pytest.mark.parametrize(
    ("number", "groups", "submit"),
    [(1, 50, "Refresh"), (2, 51, "Page 1 of 2"), (20, 1000, "Page 1 of 20")],
)
def test_after_the_last_page_comes_the_first(number, groups, submit):
    assert a_page(1, number=number, groups=groups).submit == submit


def test_a_group_says_who_is_on_it_where_its_card_is_and_what_came_of_a_press():
    noted = Line(
        view=lines(1)[0].view,
        card_url="https://team.example/archives/C1/p17",
        noted=Noted(ALICE, NOW),
    )
    ended = replace(GROUP, id="g9", state=GroupState.RESOLVED, resolved_at=NOW)
    over = Line(view=AlertView(group=ended, alerts=(), now=NOW), card_url=None)
    modal = page(
        PageView(
            storm_id="storm-1",
            channel_id="C1",
            number=1,
            groups=2,
            lines=[noted, over],
            about="g0",
            said=Answer("Somebody is acknowledging it already."),
        )
    )

    first, _, last = modal.blocks
    assert "<https://team.example/archives/C1/p17|🟠 Alert0 &lt;x&gt;" in first["text"]["text"]
    assert f"<@{ALICE}> is on it since" in first["text"]["text"]
    assert "⚪ Somebody is acknowledging it already." in first["text"]["text"]
    assert last["text"]["text"].startswith("*🟢 Resolved: HighLatency")


def a_name(number=0, **said):
    name = f"Alert{number}"
    matchers = (Matcher("alertname", Operator.EQUAL, name),)
    return Proposed(**{"name": name, "matchers": matchers, "groups": 3, "now": 30, **said})


def the_form(*proposed, **said):
    return silence_all_form(
        SilenceAllView(
            **{
                "storm_id": "storm-1",
                "revision": 7,
                "channel_id": "C1",
                "proposed": proposed,
                "left_out": 0,
                "silent": None,
                **said,
            }
        )
    )


def test_the_form_says_of_each_name_what_it_hides():
    modal = the_form(a_name(beside=2, past=90), a_name(1, now=None), a_name(2, refused="Ask bob."))

    text = modal.blocks[0]["text"]["text"]
    assert modal.submit == "Silence 2 names"
    assert (
        '`alertname="Alert0"`: 3 groups · hides *30 alerts* now, ⚠ 2 of them not of this storm'
        " · 60 more in the last 7 days" in text
    )
    assert "⚪ not known what it hides now" in text
    assert "⚪ left out: Ask bob." in text


def test_a_form_of_forty_names_is_what_slack_takes():
    modal = the_form(*(a_name(n) for n in range(40)), left_out=5, silent="HTTP 502")

    assert not check_view(form(modal), lambda _: True)
    assert "and 5 more names: silence these first" in str(modal.blocks)
    assert "Alertmanager did not say what fires now (HTTP 502)" in str(modal.blocks)
