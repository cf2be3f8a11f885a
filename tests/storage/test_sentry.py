"""Sentry's issues in the database: told, seen beside groups, watched, and asked something of."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.card import Urgency
from bot.domain.sentry import ActKind, ActState, IssueAct, IssueStatus, Sighting, Why
from bot.storage import alerts, issue_acts, sentry
from bot.storage.database import Database
from bot.storage.schema.cards import cards
from tests.changes.builders import NOW
from tests.domain.test_alert import a_group
from tests.domain.test_sentry import COMMIT, an_issue

MINUTE = timedelta(minutes=1)
SEEN = Sighting(issue_id="4812", why=Why.NEW, events=12, users=4, counted_at=NOW)


@pytest.fixture(autouse=True)
async def group(database: Database) -> str:
    one = a_group()
    async with database.write() as connection:
        await alerts.add(connection, one, urgency=Urgency.NEW)
        await sentry.tell(connection, an_issue())
    return one.id


async def wanted(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(cards.c.wanted))).scalar_one())


async def test_an_issue_is_read_as_it_was_told_and_every_card_that_shows_it_is_marked(
    database: Database, group: str
):
    moved = an_issue(status=IssueStatus.IGNORED, commit=COMMIT, moved_by="Bob", assignee="Carol")
    async with database.write() as connection:
        assert await sentry.sight(connection, group, SEEN)
    before = await wanted(database)

    async with database.write() as connection:
        await sentry.tell(connection, moved)
        await sentry.tell(connection, replace(moved, told_at=NOW + MINUTE))

    assert await wanted(database) == before + 1
    async with database.read() as connection:
        [shown] = await sentry.of_group(connection, group)
    assert shown.issue == replace(moved, told_at=NOW + MINUTE, state_revision=2)
    assert shown.sighting == SEEN


async def test_what_a_rule_said_and_what_was_counted_are_one_sighting(
    database: Database, group: str
):
    rule = Sighting(issue_id="4812", why=Why.RULE, rule="New issue")
    counted = replace(SEEN, why=Why.RELEASE, release="v1.3.0")
    for first, second in ((rule, counted), (counted, rule)):
        async with database.write() as connection:
            await sentry.sight(connection, group, first)
            assert not await sentry.sight(connection, group, second)
            [shown] = await sentry.of_group(connection, group)
            assert shown.sighting == replace(counted, rule="New issue")
            assert await sentry.began_with(connection, group) == {"v1.3.0": 1}


@pytest.mark.parametrize(("events", "is_news"), [(13, False), (18, True)])
async def test_a_count_is_kept_with_the_moment_it_is_of(
    database: Database, group: str, events: int, is_news: bool
):
    later = replace(SEEN, events=events, counted_at=NOW + MINUTE)
    async with database.write() as connection:
        await sentry.sight(connection, group, SEEN)
        await sentry.sight(connection, group, later)
        [shown] = await sentry.of_group(connection, group)
    assert shown.sighting == (later if is_news else SEEN)


async def test_a_group_is_due_once_until_its_next_time_and_not_when_it_is_old(
    database: Database, group: str
):
    async def due(at: timedelta, *, began_after: timedelta = -60 * MINUTE) -> tuple[str, ...]:
        async with database.write() as connection:
            return await sentry.due(
                connection,
                at=NOW + at,
                next_at=NOW + at + MINUTE,
                began_after=NOW + began_after,
                most=5,
            )

    async with database.write() as connection:
        await sentry.watch(connection, group, due_at=NOW + MINUTE)
    assert await due(timedelta(0)) == ()
    assert await due(MINUTE) == (group,)
    assert await due(MINUTE) == ()
    async with database.write() as connection:
        hurried = [group, "another"]
        await sentry.hurry(connection, hurried, at=NOW, at_most_by=timedelta(seconds=50))
        assert not await sentry.has_due(connection, at=NOW + timedelta(seconds=69))
        assert await sentry.has_due(connection, at=NOW + timedelta(seconds=70))
    assert await due(2 * MINUTE, began_after=60 * MINUTE) == ()
    async with database.read() as connection:
        assert not await sentry.has_due(connection, at=NOW + 60 * MINUTE)


async def test_one_thing_at_a_time_is_asked_of_an_issue(database: Database, group: str):
    first = IssueAct(
        id="a1",
        issue_id="4812",
        group_id=group,
        kind=ActKind.ASSIGN,
        by="U1",
        name="Carol",
        email="carol@credlink.example",
        source="C:k",
        link="https://x",
        asked_at=NOW,
    )
    async with database.write() as connection:
        assert await issue_acts.ask(connection, first)
        assert not await issue_acts.ask(connection, replace(first, id="a2"))
        assert await issue_acts.pending(connection, NOW) == ("a1",)
        await issue_acts.trying(connection, "a1", at=NOW + MINUTE)
        await issue_acts.trying(connection, "a1", at=NOW + 2 * MINUTE)
        assert await issue_acts.end(connection, "a1", ActState.FAILED, why="no.")
        assert not await issue_acts.end(connection, "a1", ActState.DONE)
        assert await issue_acts.ask(connection, replace(first, id="a2"))
        ended = await issue_acts.get(connection, "a1")
        latest = await issue_acts.latest_of(connection, ["4812"])

    assert ended == replace(first, state=ActState.FAILED, why="no.", tried_at=NOW + MINUTE)
    assert latest["4812"].id == "a2"


async def test_a_count_is_news_when_it_has_grown_by_half(database: Database, group: str):
    async with database.write() as connection:
        await sentry.sight(connection, group, SEEN)
    before = await wanted(database)

    for events, shown_as, edits in ((17, 12, 0), (18, 18, 1), (26, 18, 1), (27, 27, 2)):
        async with database.write() as connection:
            await sentry.sight(connection, group, replace(SEEN, events=events))
            [shown] = await sentry.of_group(connection, group)
        assert shown.sighting.events == shown_as
        assert await wanted(database) == before + edits
