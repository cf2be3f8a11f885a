"""What a card and its forms say of what is asked of PagerDuty."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards import incident_news as entries
from bot.cards import responding_forms as forms
from bot.cards.modal import form
from bot.cards.responding import doing_it, facts, menu, response_line
from bot.domain.alert import GroupState
from bot.domain.incident import IncidentStatus, Moved, Responder, Response, ResponseKind
from bot.domain.incident import ResponseState as S
from bot.domain.incident_news import News, NewsKind
from sandbox.workspace.blockkit import check_message, check_view
from tests.alerts.builders import NOW, an_incident
from tests.cards.test_alert import firing

NAME = "<!channel> <@U0MALLORY> <https://evil.example|x> & " + "long " * 900
EVIL = f"password=hunter2 {NAME}"
ASKED = Response(
    id="r",
    group_id="g1",
    incident_id="PINC1",
    kind=ResponseKind.ESCALATE,
    by="U0CAROL01",
    email="carol@x",
    asked_at=NOW,
    detail={"level": "2", "name": "Bob", "until": NOW.isoformat()},
)
K = ResponseKind


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (K.ACKNOWLEDGE, "🔵 acknowledging in PagerDuty as <@U0CAROL01>…"),
        (K.ESCALATE, "🔵 escalating in PagerDuty as <@U0CAROL01>, to level 2…"),
        (K.RESPONDER, "🔵 asking somebody to join in PagerDuty as <@U0CAROL01>: Bob…"),
        (K.SNOOZE, "🔵 snoozing in PagerDuty as <@U0CAROL01>…"),
        (K.PRIORITY, "🔵 giving a priority in PagerDuty as <@U0CAROL01>: Bob…"),
    ],
)
def test_what_is_being_asked_stands_on_the_card(kind: ResponseKind, line: str):
    assert response_line(replace(ASKED, kind=kind), an_incident(), firing()) == line


@pytest.mark.parametrize("kind", ResponseKind)
def test_why_it_failed_stands_there_while_it_matters_and_no_longer(kind: ResponseKind):
    failed = replace(ASKED, kind=kind, state=S.FAILED, why="it <broke>.")

    line = response_line(failed, an_incident(), firing())

    assert line.startswith("⚪ <@U0CAROL01> could not ")
    assert line.endswith(" in PagerDuty: it &lt;broke&gt;.")
    over = firing(state=GroupState.RESOLVED, resolved_at=NOW)
    assert response_line(failed, an_incident(), over) == ""
    assert response_line(replace(failed, state=S.DONE), an_incident(), firing()) == ""
    done = an_incident(IncidentStatus.RESOLVED)
    is_moot = kind in {K.ACKNOWLEDGE, K.RESOLVE}
    assert (response_line(failed, done, firing()) == "") is is_moot


def test_every_kind_has_its_words_for_whoever_comes_second():
    assert [doing_it(kind) for kind in ResponseKind] == [
        "acknowledging it",
        "resolving it",
        "escalating it",
        "asking somebody to join",
        "snoozing it",
        "giving it a priority",
    ]


def test_the_menu_fits_into_slacks_limits_whatever_the_group_is_called():
    drawn = menu(firing(id="f" * 32, state_revision=12345))

    blocks = [{"type": "actions", "elements": [drawn]}]
    assert check_message(blocks, lambda _: True) is None
    assert all(len(option["value"]) <= 150 for option in drawn["options"])


@pytest.mark.parametrize(
    ("incident", "said"),
    [
        (an_incident(), ""),
        (an_incident(priority="P1 & more"), " · P1 &amp; more"),
        (an_incident(IncidentStatus.ACKNOWLEDGED, triggers_again_at=NOW), ""),
        (an_incident(triggers_again_at=NOW + timedelta(hours=1)), ""),
    ],
)
def test_the_facts_of_an_incident_are_said_while_they_hold(incident, said):
    assert facts(incident, NOW) == said


def test_forms_take_whatever_an_account_calls_its_things():
    about = forms.Subject("g1", an_incident(title=EVIL, assignees=(EVIL,)), "C1", (EVIL,))
    levels = [forms.Level(number, (EVIL,) * 3) for number in (1, 2)]
    drawn = [
        forms.escalate_form(about, EVIL, levels, initial=2),
        forms.responder_form(about, EVIL),
        forms.note_form(about, "memo"),
        forms.snooze_form(about),
        forms.priority_form(about, [("P1", EVIL, EVIL)], initial=None),
    ]
    for modal in drawn:
        view = form(modal)
        assert not check_view(view, lambda _: True)
        small = str([block for block in view["blocks"] if block["type"] == "context"])
        assert "<!channel>" not in small
        assert "<@U0MALLORY>" not in small


@pytest.mark.parametrize("kind", NewsKind)
def test_nothing_told_of_an_incident_calls_anybody_or_holds_a_secret(kind: NewsKind):
    who = Responder("PU", NAME, slack_id="U0CAROL01")
    incident = an_incident(title=NAME, assignees=(NAME,), priority=NAME)
    news = News(
        id="e",
        kind=kind,
        incident_id="PINC1",
        by=who,
        about=EVIL,
        text=EVIL,
        url="https://x|<!channel>",
    )
    told = (
        entries.news_entry(incident, news),
        entries.moved_entry(incident, (Moved.PAGED, Moved.PRIORITY), who),
        entries.note_entry(incident, NAME, EVIL),
        entries.not_noted_entry(incident, NAME, EVIL, NAME),
        entries.asked_entry(incident, NAME, NAME),
    )
    for entry in told:
        assert check_message(list(entry.blocks), lambda _: True) is None
        for unwanted in ("<!channel>", "<@", "<https://evil", "hunter2"):
            assert unwanted not in entry.text
