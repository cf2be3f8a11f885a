"""Notes both ways: once each, as whoever wrote or marked them, and never round in a circle."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.alerts.notes.write import WriteNote
from bot.alerts.sweep import SweepAlerts
from bot.cards.responding_forms import MESSAGE
from bot.domain.note import Note
from bot.engine import Engine
from bot.errors import Conflict, FormError, NotAllowed
from bot.storage import incidents, notes
from sandbox import seeds
from sandbox.pagerduty.account import USERS
from sandbox.standin import Fault
from tests.alerts.builders import an_alert, an_update
from tests.alerts.notes.writing import Writing
from tests.alerts.test_respond import settled

ALICE_THERE, BOB_THERE, CAROL_THERE = USERS


async def test_a_note_from_the_form_is_written_as_the_person_and_stands_in_the_thread_once(
    desk: Writing,
):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "note")

    await desk.sends(seeds.CAROL, form, {MESSAGE: "The pool is full; password=hunter2"}, key="k1")
    await desk.sends(seeds.CAROL, form, {MESSAGE: "The pool is full; password=hunter2"}, key="k1")

    assert await desk.notes(incident, 1) == ["The pool is full; password=***"]
    assert incident.notes[0].user == CAROL_THERE
    said = "Note on PagerDuty #1 by Carol Méndez:\n> The pool is full; password=***"
    assert await desk.until_told("Note on") == said
    await desk.hears()
    await desk.hears()
    assert await desk.thread() == [said]
    assert [(one.act, one.outcome) for one in await desk.audited()] == [
        ("note", "accepted"),
        ("note", "done"),
    ]


async def test_a_note_without_words_says_so(desk: Writing):
    group, _ = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "note")

    with pytest.raises(FormError, match="Write something"):
        await desk.sends(seeds.CAROL, form, {MESSAGE: " \n"})


async def test_a_marked_message_becomes_a_note_with_its_author_and_its_address(desk: Writing):
    _, incident = await desk.fires()

    answer = await desk.marks(
        seeds.CAROL, f"<@{seeds.ALICE.id}> sees <https://x.example|this> &amp; that"
    )

    assert answer is not None
    assert answer.text == "I write this on PagerDuty #1 as a note of yours."
    assert await desk.notes(incident, 1) == [
        "@Alice Okafor sees this (https://x.example) & that\n"
        "(Bob Lindqvist in Slack: "
        "https://credlink.slack.example/archives/C0ALERTS1/p1700000001000200)"
    ]
    assert incident.notes[0].user == CAROL_THERE
    await desk.hears()
    assert await desk.thread() == []  # it stands there already


async def test_marked_twice_it_is_one_note_and_after_an_edit_it_is_another(desk: Writing):
    _, incident = await desk.fires()
    await desk.marks(seeds.CAROL, "restarting the pool")

    again = await desk.marks(seeds.BOB, "restarting the pool")
    assert again is not None
    assert again.text == "This message is a note on PagerDuty #1 already."
    assert len(await desk.notes(incident, 1)) == 1

    await desk.marks(seeds.CAROL, "restarting the pool: it helped")
    assert len(await desk.notes(incident, 2)) == 2


async def test_a_note_made_in_pagerduty_stands_in_the_thread_once_without_its_secrets(
    desk: Writing,
):
    _, incident = await desk.fires()

    desk.pagerduty.account.annotate(incident, "<!channel> key found: api_key=abc", BOB_THERE)
    await desk.hears()
    await desk.hears()

    assert await desk.thread() == [
        "Note on PagerDuty #1 by Bob Lindqvist:\n> &lt;!channel&gt; key found: api_key=***"
    ]


async def test_the_same_words_of_somebody_in_pagerduty_are_a_note_of_their_own(desk: Writing):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "note")
    await desk.sends(seeds.CAROL, form, {MESSAGE: "looking"})
    await desk.notes(incident, 1)

    desk.pagerduty.account.annotate(incident, "looking", CAROL_THERE)
    await desk.hears()

    assert await desk.thread() == ["Note on PagerDuty #1 by Carol Méndez:\n> looking"] * 2


async def test_a_webhook_that_is_faster_than_the_answer_is_known_by_its_words(desk: Writing):
    """The bot died after PagerDuty had taken the note; what it knows is in its rows."""
    _, incident = await desk.fires()
    [note] = await promised(desk, "checking the pool")
    async with desk.world.database.write() as connection:
        await notes.trying(connection, note.id, desk.world.now())
    desk.pagerduty.account.annotate(incident, note.content, CAROL_THERE)

    await desk.hears()
    assert await desk.thread() == []
    later = desk.world.now() + timedelta(minutes=1)
    await SweepAlerts(desk.world.database, desk.engine, lambda: later, desk.world.pace)()

    assert len(await desk.notes(incident, 1)) == 1
    await desk.until_told("checking the pool")
    await settled(desk, later)


async def test_the_same_words_of_two_people_are_not_taken_for_one_anothers(desk: Writing):
    """Bob's note is there and Carol's is not, though both were on their way: neither is lost."""
    _, incident = await desk.fires()
    for person in (seeds.CAROL, seeds.BOB):
        [*_, note] = await promised(desk, "looking", by=person)
        async with desk.world.database.write() as connection:
            await notes.trying(connection, note.id, desk.world.now())
    desk.pagerduty.account.annotate(incident, "looking", BOB_THERE)

    await desk.hears()
    later = desk.world.now() + timedelta(minutes=1)
    await SweepAlerts(desk.world.database, desk.engine, lambda: later, desk.world.pace)()

    await desk.notes(incident, 2)
    assert sorted(note.user.name for note in incident.notes) == [BOB_THERE.name, CAROL_THERE.name]
    await desk.hears()
    assert len([said for said in await desk.thread() if "looking" in said]) == 2
    await settled(desk, later)


async def promised(desk: Writing, text: str, *, by: seeds.Person = seeds.CAROL) -> list[Note]:
    """Notes promised by a form while the engine hears of nothing."""

    class Away(Engine):
        async def begin(self, *_: Any) -> None:
            raise ConnectionError

    deaf = replace(desk.respond, engine=Away(None, None))  # type: ignore[arg-type]
    group = await desk.group()
    desk.forms = replace(desk.forms, respond=deaf, write=WriteNote(deaf))
    await desk.sends(by, await desk.opens(by, group, "note"), {MESSAGE: text})
    async with desk.world.database.read() as connection:
        [incident] = await incidents.of_group(connection, group.id)
        return list(await notes.of_incident(connection, incident.id))


async def test_a_note_whose_answer_was_lost_is_written_once(desk: Writing):
    _, incident = await desk.fires()
    desk.pagerduty.faults.append(Fault("create_incident_note", drop="after"))

    await desk.marks(seeds.CAROL, "restarting")

    assert len(await desk.notes(incident, 1)) == 1
    await desk.hears()
    assert await desk.thread() == []


async def test_a_note_that_cannot_be_written_is_said_with_its_words(desk: Writing):
    _, incident = await desk.fires()
    desk.pagerduty.faults.append(Fault("create_incident_note", times=3, status=403))

    await desk.marks(seeds.CAROL, "restarting the pool")

    said = await desk.until_told("could not write a note on PagerDuty #1")
    assert said.startswith("⚪ Carol Méndez could not")
    assert "> restarting the pool" in said
    assert incident.notes == []
    assert (await desk.audited())[-1].outcome == "failed"


async def test_a_note_given_up_whose_answer_was_only_lost_is_told_when_pagerduty_says_so(
    desk: Writing,
):
    _, incident = await desk.fires()
    desk.pagerduty.faults += [
        Fault("create_incident_note", drop="after"),
        Fault("list_incident_notes", times=2, status=503),
    ]

    await desk.marks(seeds.CAROL, "restarting the pool")

    assert "Whether it happened is not known: look there." in await desk.until_told("could not")
    await desk.hears()
    assert (await desk.thread())[-1].startswith("Note on PagerDuty #1 by Carol Méndez:")
    assert len(incident.notes) == 1


async def test_a_note_stands_in_the_threads_of_all_groups_of_its_incident(desk: Writing):
    group, incident = await desk.fires()
    later = an_alert("b", alertname="Slow", starts_at=desk.world.now() + timedelta(hours=1))
    await desk.board.hears(an_update(later, groupKey='{}:{alertname="Slow"}'), at=desk.world.now())
    _, other = await desk.board.groups()
    async with desk.world.database.write() as connection:
        await incidents.link(connection, other.id, incident.id)

    await desk.marks(seeds.CAROL, "restarting")
    await desk.notes(incident, 1)

    assert await desk.board.thread(group) == []
    assert "> restarting" in (await desk.board.thread(other))[0]


@pytest.mark.parametrize(
    ("text", "said", "words"),
    [
        ("", {}, "no words"),
        ("of the bot", {"by": None}, "Only what people write"),
        ("the card", {"ts": "1700000000.000100"}, "Only what people write"),
    ],
)
async def test_what_is_no_note_is_said_to_whoever_marked_it(desk: Writing, text, said, words):
    _, incident = await desk.fires()

    with pytest.raises(Conflict, match=words):
        await desk.marks(seeds.CAROL, text, **said)

    assert incident.notes == []


@pytest.mark.parametrize("thread", [None, "1699999999.000001"])
async def test_what_is_marked_elsewhere_is_none_of_ours(desk: Writing, thread):
    _, incident = await desk.fires()

    assert await desk.marks(seeds.CAROL, "lunch?", thread_ts=thread) is None

    assert incident.notes == []


async def test_who_may_not_or_has_no_seat_is_told_so(desk: Writing):
    _, incident = await desk.fires()
    with pytest.raises(NotAllowed, match="You have no PagerDuty user"):
        await desk.marks(seeds.DAVE, "restarting")
    nobody = desk.world.catalog.model_copy(update={"people": {}})
    deaf = replace(desk.marked, write=WriteNote(replace(desk.respond, catalog=nobody)))

    desk.marked = deaf
    with pytest.raises(NotAllowed, match="Nobody may acknowledge"):
        await desk.marks(seeds.CAROL, "restarting")

    assert incident.notes == []
    assert [(one.act, one.outcome) for one in await desk.audited()] == [("note", "denied")]


async def test_an_alert_that_pages_nobody_has_no_place_for_notes(desk: Writing):
    await desk.fires()
    async with desk.world.database.write() as connection:
        from bot.storage.schema.alerts import alert_group_incidents

        await connection.execute(alert_group_incidents.delete())

    with pytest.raises(Conflict, match="no incident in PagerDuty"):
        await desk.marks(seeds.CAROL, "restarting")
