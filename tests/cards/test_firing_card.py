"""What fires now, on a card."""

from datetime import timedelta

from bot.cards.answer_card import AnswerView
from bot.cards.firing import MOST_GROUPS, firing
from bot.domain.alert import Severity
from bot.domain.firing import Firing, FiringGroup, Held, Untold
from bot.domain.question import Question, QuestionKind
from sandbox.transcript import as_text
from tests.cards.golden import assert_golden
from tests.changes.builders import ALICE, NOW

MINUTE = timedelta(minutes=1)


def a_line(name="HighErrorRatio", severity=Severity.CRITICAL, **said):
    return FiringGroup(
        **{
            "id": name,
            "name": name,
            "severity": severity,
            "service": "credlink-api",
            "environment": "prod",
            "since": NOW - 6 * MINUTE,
            "alerts": 1,
            "value": "4.2 %",
            "incident": "#4711",
            "incident_url": "https://pagerduty.example/incidents/P1",
            "held": Held.ACTIVE,
            "url": "https://credlink.slack.com/archives/C1/p17",
            **said,
        }
    )


ACKNOWLEDGED = a_line("APIDown", value="", alerts=3, acknowledged_by="Carol Méndez")
BY_NAME = a_line("QueueOld", acknowledged_by="Erin <x>", value="")
SILENCED = a_line("HighLatency", Severity.WARNING, incident=None, value="2.1 s", held=Held.SILENCED)
GONE = a_line("DiskFull", Severity.WARNING, incident=None, value="", held=Held.GONE, url="")
UNTOLD = Untold(
    name="NodeDown <b>",
    severity=Severity.WARNING,
    service=None,
    environment="prod",
    since=NOW - 20 * MINUTE,
    alerts=2,
    receivers=("ops-mail", "team-x"),
)


def shown(found, *, is_complete=True, **words):
    question = Question(
        id="answer-1",
        kind=QuestionKind.ALERTS,
        asked_by=ALICE,
        asked_at=NOW,
        channel="C1",
        words={"environment": None, "service": None, "groups": [], **words},
        found=None if found is None else found.as_json(),
        is_complete=is_complete,
        completed_at=NOW if is_complete else None,
    )
    return firing(AnswerView(question=question, now=NOW))


def text(found, **said):
    message = shown(found, **said)
    return as_text({"text": message.text, "blocks": list(message.blocks)}, {})


def test_what_fires_the_worst_first_and_who_is_on_it():
    found = Firing(
        groups=(a_line(), ACKNOWLEDGED, BY_NAME, SILENCED, GONE), untold=(UNTOLD,), hidden=1
    )
    assert_golden(shown(found, environment="prod"), "firing")


def test_a_silent_alertmanager_is_named_and_nothing_is_called_well():
    assert_golden(shown(Firing(silent="did not answer within 5 s")), "firing_silent")
    said = text(Firing(groups=(a_line(),), silent="no <route>"))
    assert said.startswith("🔴 1 alert fires, critical")
    assert "⚪ Alertmanager did not say what fires (no <route>)" in said


def test_nothing_fires_only_by_its_own_word():
    assert text(Firing(), environment="prod").startswith("🟢 Nothing fires in prod\n")
    young = text(Firing(young_since=NOW - MINUTE))
    assert young.startswith("⚪ Nothing fires that Alertmanager knows of yet")
    assert "was started 1 min ago" in young
    assert text(Firing(hidden=2)).startswith("⚪ Nothing fires where you may look")
    assert text(Firing(), is_complete=False).startswith("🔵 Looking what fires")
    assert text(None).startswith("⚪ Not known what fires")


def test_a_long_list_is_cut_with_its_count():
    lines = [a_line(f"Alert{number}") for number in range(MOST_GROUPS + 5)]
    said = text(Firing(groups=tuple(lines), more=30))
    assert said.startswith("🔴 55 alerts fire, the worst critical")
    assert "and 35 more alerts, 5 of them critical: name an environment or a service" in said
    assert f"Alert{MOST_GROUPS}" not in said
