"""Whatever happens in whatever order: what was accepted has a card that is owed or stands, or is
counted by a storm's card and stands in its list."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.card import Kind
from bot.storage.database import Database
from bot.storage.schema import metadata
from bot.storage.schema.cards import cards
from tests.alerts.storms.weather import Weather, names

ALERTS = names(14)
alerts = st.lists(st.sampled_from(ALERTS), min_size=1, max_size=14)
steps = st.one_of(
    st.tuples(st.just("fires"), alerts, st.sampled_from(["warning", "critical"])),
    st.tuples(st.just("resolves"), alerts, st.just("warning")),
    st.tuples(st.just("posts"), alerts, st.just("")),
    st.tuples(st.just("begins"), st.sampled_from(ALERTS), st.just("")),
    st.tuples(st.just("waits"), st.sampled_from([0.5, 3, 16]), st.just("")),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=3, max_size=9))
def test_over_random_histories(history):
    asyncio.run(lived(history))


async def lived(history) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/bot.sqlite")
        try:
            async with database.write() as connection:
                await connection.run_sync(metadata.create_all)
            weather = Weather(database)
            for what, with_what, severity in history:
                await happens(weather, what, with_what, severity)
                await all_can_be_seen(weather)
        finally:
            await database.close()


async def happens(weather, what, with_what, severity) -> None:
    match what:
        case "fires":
            await weather.fires(*with_what, severity=severity)
        case "resolves":
            await weather.resolves(*with_what, severity=severity)
        case "posts":
            unfolded = set(with_what) - await weather.folded()
            await weather.posts(*unfolded)
        case "begins":
            if with_what not in await weather.folded():
                await weather.begins_to_post(with_what)
        case "waits":
            weather.later += timedelta(minutes=with_what)
            await weather.ends()


async def all_can_be_seen(weather) -> None:
    groups = {group.id: group for group in await weather.board.groups()}
    async with weather.database.read() as connection:
        rows = await connection.execute(select(cards).where(cards.c.kind == Kind.ALERT_GROUP.value))
        found = rows.all()
    own = {row.subject_id for row in found if not row.is_folded}
    assert {row.subject_id for row in found} == groups.keys()
    assert all(row.ts is not None or row.wanted > row.shown for row in found if not row.is_folded)
    assert all(row.ts is None and row.attempted_at is None for row in found if row.is_folded)
    listed = {}
    for storm in await weather.storms():
        async with weather.database.read() as connection:
            view = await weather.look(connection, storm)
            listed |= dict.fromkeys(await weather.members(connection, storm), storm.id)
        assert view.tally.groups == sum(one == storm.id for one in listed.values())
    assert groups.keys() - own <= listed.keys()
