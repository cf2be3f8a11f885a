"""App Homes as rows: one replica publishes one home at a time, and who is on call is kept."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from bot.domain.oncall import Level, OnCall, Roster, Shift
from bot.storage import homes, on_call
from bot.storage.database import Database
from bot.storage.schema import homes as tables

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def opened(database: Database, person: str = "UALICE", *, is_empty: bool = True) -> None:
    async with database.write() as connection:
        await homes.opened(connection, person, is_empty=is_empty)


async def due(database: Database, owner: str = "one") -> dict[str, homes.Home]:
    async with database.read() as connection:
        return {one.person: one for one in await homes.due(connection, owner)}


async def claimed(database: Database, owner: str, *, lease_s: float = 30.0) -> list[str]:
    async with database.write() as connection:
        found = await homes.claim(connection, ["UALICE"], owner, lease_s=lease_s)
    return [one.person for one in found]


async def shown(database: Database, owner: str, *, pause_s: float = 0) -> None:
    async with database.write() as connection:
        await homes.shown(
            connection, "UALICE", owner, shown="drawn", view_hash="slacks", pause_s=pause_s
        )


async def test_a_home_is_published_by_one_replica_at_a_time(database: Database):
    await opened(database)
    assert await claimed(database, "one") == ["UALICE"]
    assert await claimed(database, "two") == []
    assert "UALICE" not in await due(database, "two")
    assert "UALICE" in await due(database, "one"), "a process that was restarted goes on at once"

    await shown(database, "one")
    assert await claimed(database, "two") == ["UALICE"]


async def test_a_replica_that_has_lost_its_lease_changes_nothing(database: Database):
    await opened(database)
    await claimed(database, "one", lease_s=0)
    assert await claimed(database, "two") == ["UALICE"]
    await shown(database, "one")
    assert await claimed(database, "one") == [], "the lease is still the other's"


async def test_after_a_publication_there_is_a_pause(database: Database):
    await opened(database)
    await claimed(database, "one")
    await shown(database, "one", pause_s=3600)
    assert await due(database) == {}
    await opened(database, is_empty=False)
    home = (await due(database))["UALICE"]
    assert (home.shown, home.view_hash) == ("drawn", "slacks"), "opened again, it is as it was"
    await opened(database)
    assert (await due(database))["UALICE"].shown is None, "Slack has nothing to show any more"


async def test_a_failure_is_counted_and_what_slack_has_is_not_known_then(database: Database):
    await opened(database)
    await claimed(database, "one")
    await shown(database, "one")
    await claimed(database, "one")
    async with database.write() as connection:
        await homes.put_off(connection, "UALICE", "one", for_s=0, error="timeout")
    home = (await due(database))["UALICE"]
    assert (home.failures, home.shown, home.view_hash) == (1, None, None)


async def test_a_home_that_nobody_has_opened_for_a_day_is_left_alone(database: Database):
    await opened(database)
    async with database.read() as connection:
        assert await homes.is_any_open(connection)
    async with database.write() as connection:
        earlier = tables.homes.c.opened_at - timedelta(days=1, minutes=1).total_seconds()
        await connection.execute(update(tables.homes).values(opened_at=earlier))
    assert await due(database) == {}
    async with database.read() as connection:
        assert not await homes.is_any_open(connection)


async def test_what_pagerduty_said_stays_while_it_is_silent(database: Database):
    shift = Shift(level=1, person="Carol", ends_at=NOW)
    said = OnCall(policy="Ops", levels=(Level(level=1, current=(shift,)),))
    later = NOW + timedelta(minutes=5)
    async with database.write() as connection:
        await on_call.see(connection, Roster(services={"api": said}), at=NOW)
        await on_call.see(connection, Roster(silent={"api": "down", "web": "down"}), at=later)
        await on_call.see(connection, Roster(silent={"api": "down"}), at=later + (later - NOW))
        api, web = await on_call.seen(connection)
    assert (api.on_call, api.seen_at, api.silent_since) == (said, NOW, later)
    assert (web.on_call, web.seen_at, web.silent_since) == (None, None, later)

    async with database.write() as connection:
        await on_call.see(connection, Roster(services={"api": said}), at=later)
        api, _ = await on_call.seen(connection)
    assert (api.seen_at, api.silent_since, api.silent_why) == (later, None, None)
