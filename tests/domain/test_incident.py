"""What of an incident is news, what replaces what, and which notes are the same."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.incident import IncidentStatus, Moved, moved
from bot.domain.note import LONGEST_NOTE, Note, is_same, plain, written
from tests.alerts.builders import NOW, an_incident

TRIGGERED = an_incident()
ACKNOWLEDGED = an_incident(IncidentStatus.ACKNOWLEDGED)
NOTE = Note(
    id="n",
    key="k",
    incident_id="P",
    group_id="g",
    by="U",
    email="e",
    content="first line\nsecond line",
    is_from_thread=True,
    asked_at=NOW,
)


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (None, TRIGGERED, ()),
        (None, ACKNOWLEDGED, (Moved.STATUS,)),
        (TRIGGERED, replace(ACKNOWLEDGED, assignees=("Bob",)), (Moved.STATUS,)),
        (ACKNOWLEDGED, TRIGGERED, (Moved.STATUS,)),
        (ACKNOWLEDGED, replace(TRIGGERED, assignees=("Bob",)), (Moved.STATUS, Moved.PAGED)),
        (TRIGGERED, replace(TRIGGERED, assignees=("Bob",)), (Moved.PAGED,)),
        (TRIGGERED, replace(TRIGGERED, assignees=()), ()),
        (replace(TRIGGERED, assignees=("A", "B")), replace(TRIGGERED, assignees=("B", "A")), ()),
        (TRIGGERED, replace(TRIGGERED, priority="P1"), (Moved.PRIORITY,)),
        (replace(TRIGGERED, priority="P1"), TRIGGERED, (Moved.PRIORITY,)),
        (None, replace(TRIGGERED, priority="P1"), ()),
        (TRIGGERED, replace(TRIGGERED, title="other", urgency="low"), ()),
    ],
)
def test_only_what_a_reader_wants_to_know_is_a_move(before, now, found):
    assert moved(before, now) == found


def test_two_webhooks_within_a_second_are_told_apart_and_rest_hides_none_of_them():
    at = NOW + timedelta(seconds=1, milliseconds=100)
    acknowledged = an_incident(IncidentStatus.ACKNOWLEDGED, at=at)
    again = an_incident(at=at + timedelta(milliseconds=300))
    by_rest = an_incident(at=NOW + timedelta(seconds=1))

    assert acknowledged.after(again) == again
    assert again.after(acknowledged) == again
    assert acknowledged.after(by_rest) == acknowledged


def test_a_webhook_that_comes_late_undoes_nothing_that_rest_said_in_its_second():
    by_rest = an_incident(at=NOW, priority="P1")
    late = an_incident(at=NOW + timedelta(milliseconds=200))

    assert by_rest.after(late) == by_rest
    assert late.after(by_rest) == by_rest
    assert by_rest.after(replace(late, status=IncidentStatus.RESOLVED)).status == "resolved"


def test_when_it_triggers_again_is_kept_while_it_is_acknowledged_and_no_longer():
    until = NOW + timedelta(hours=1)
    snoozed = replace(ACKNOWLEDGED, triggers_again_at=until)
    later = NOW + timedelta(seconds=5)

    by_webhook = snoozed.after(an_incident(IncidentStatus.ACKNOWLEDGED, at=later))
    assert by_webhook.triggers_again_at == until
    assert snoozed.after(an_incident(at=later)).triggers_again_at is None
    assert snoozed.after(an_incident(IncidentStatus.RESOLVED, at=later)).triggers_again_at is None


@pytest.mark.parametrize(
    ("content", "is_trimmed", "same"),
    [
        ("first line\nsecond line", False, True),
        (" first line\nsecond line\n", False, True),
        ("first line", False, False),
        ("first line", True, True),
        ("first line…", True, True),
        ("", True, False),
        ("second line", True, False),
    ],
)
def test_a_note_is_known_again_by_its_words_also_where_they_were_cut(content, is_trimmed, same):
    assert is_same(NOTE, content, is_trimmed=is_trimmed) is same


def test_a_message_becomes_plain_text_with_names_and_addresses():
    text = (
        "<@U1|bob> and <@U2>: see <https://x.example/a|this>, <#C1|ops> <!subteam^S1|@team> "
        "&lt;b&gt; <https://y.example>"
    )

    said = plain(text, {"U1": "Bob", "U2": "Eve"}.__getitem__)

    assert said == "@Bob and @Eve: see this (https://x.example/a), ops @team <b> https://y.example"


def test_a_note_is_not_longer_than_anybody_reads_and_has_no_secret():
    assert written("password=hunter2 ") == "password=***"
    assert len(written("x " * LONGEST_NOTE)) == LONGEST_NOTE
