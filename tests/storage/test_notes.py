"""Notes and marks: kept once, taken once, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.incident import Response, ResponseKind, ResponseState
from bot.domain.note import Mark, Note
from bot.storage import notes, responses
from bot.storage.database import Database
from tests.alerts.board import Board
from tests.alerts.builders import NOW, a_catalog, an_incident, an_update

MARK = Mark("C1", "1.1", "U1", NOW)


@pytest.fixture
async def note(database: Database) -> Note:
    """A note on the incident of a group that is there; not written down yet."""
    board = Board(database, a_catalog())
    await board.hears(an_update())
    await board.hears_of(an_incident(triggers_again_at=NOW + timedelta(hours=1)))
    [group] = await board.groups()
    return Note(
        id="n1",
        key="k1",
        incident_id="PINC1",
        group_id=group.id,
        by="U1",
        email="carol@x",
        content="words",
        is_from_thread=True,
        asked_at=NOW,
    )


async def test_a_mark_is_kept_once_and_taken_once(database: Database):
    async with database.write() as connection:
        await notes.keep_mark(connection, MARK)
        await notes.keep_mark(connection, replace(MARK, marked_at=NOW + timedelta(hours=1)))
        await notes.keep_mark(
            connection, replace(MARK, by="U2", marked_at=NOW - timedelta(hours=1))
        )

        assert [one.by for one in await notes.marks(connection, NOW)] == ["U2", "U1"]
        assert await notes.marks(connection, NOW - timedelta(days=1)) == ()
        assert await notes.forget_mark(connection, MARK)
        assert not await notes.forget_mark(connection, MARK)
        assert [one.by for one in await notes.marks(connection, NOW)] == ["U2"]


async def test_a_note_of_the_same_key_is_the_same_and_ends_once(database: Database, note: Note):
    async with database.write() as connection:
        assert await notes.ask(connection, note)
        assert not await notes.ask(connection, replace(note, id="n2"))
        assert await notes.pending(connection, NOW) == ("n1",)
        assert await notes.pending(connection, NOW - timedelta(seconds=1)) == ()

        before = await notes.trying(connection, "n1", NOW)
        again = await notes.trying(connection, "n1", NOW + timedelta(minutes=1))
        assert (before, again) == (note, replace(note, tried_at=NOW))
        await notes.is_at(connection, "n1", "PN1")
        await notes.is_at(connection, "n1", "PN2")
        assert await notes.end(connection, note, ResponseState.DONE)
        assert not await notes.end(connection, note, ResponseState.FAILED, why="too late")

        [kept] = await notes.of_incident(connection, "PINC1")
        assert (kept.pagerduty_id, kept.state, kept.why) == ("PN1", ResponseState.DONE, "")
        assert await notes.pending(connection, NOW) == ()


async def test_what_exactly_was_asked_is_kept_with_a_response(database: Database, note: Note):
    asked = Response(
        id="r1",
        group_id=note.group_id,
        incident_id="PINC1",
        kind=ResponseKind.RESPONDER,
        by="U1",
        email="carol@x",
        asked_at=NOW,
        detail={"id": "PU2", "name": "Bob"},
    )
    async with database.write() as connection:
        assert await responses.ask(connection, asked)
        assert await responses.trying(connection, "r1", NOW) == asked
        assert await responses.trying(connection, "r1", NOW) == replace(asked, tried_at=NOW)
        kinds = (ResponseKind.RESPONDER, ResponseKind.ESCALATE)
        found = [await responses.of_incident(connection, "PINC1", k, since=NOW) for k in kinds]
        assert [len(one) for one in found] == [1, 0]
        await responses.end(connection, asked, ResponseState.FAILED, why="no")
        assert not await responses.of_incident(connection, "PINC1", asked.kind, since=NOW)
