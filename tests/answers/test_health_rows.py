"""What our own rows know for `health`: what runs, fires, was done last, holds; which buttons."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.answers.health.addresses import Addresses
from bot.answers.health.buttons import buttons
from bot.answers.health.rows import known
from bot.domain.change import ChangeState
from bot.domain.health.facts import Known
from bot.domain.incident import IncidentStatus
from bot.domain.lock import Lock
from bot.domain.place import find_place
from bot.domain.plan import Observed, Revision
from bot.domain.scaling.scaling import ScalingState
from bot.storage import changes, incidents, locks, revisions, scalings
from bot.storage.database import Database
from tests.alerts.board import Board
from tests.alerts.builders import CAROL, GROUP_KEY, a_catalog, an_alert, an_incident, an_update
from tests.changes.builders import ALICE, BOB, NEW_DIGEST, NOW, a_change, a_plan, a_rollout, an_arn
from tests.domain.scalings import a_scaling

ADDRESSES = Addresses(slack="https://example.slack.com/")
PLACE = find_place(a_catalog(), "prod", None)
SEEN = Observed(
    service="credlink-api",
    environment="prod",
    running=Revision(task_definition=an_arn(41), image="i", version="v1.1.9", digest=NEW_DIGEST),
    since=NOW - timedelta(days=3),
    desired=4,
    healthy=4,
    rollout="COMPLETED",
    seen_at=NOW - timedelta(seconds=9),
)
DONE: dict[str, Any] = {
    "state": ChangeState.SUCCEEDED,
    "plan": a_plan(),
    "rollout": a_rollout(),
    "started_at": NOW - timedelta(hours=2),
    "finished_at": NOW - timedelta(hours=1),
    "changed_at": NOW - timedelta(hours=1),
}


@pytest.fixture
def database(sqlite: Database) -> Database:
    return sqlite


@pytest.fixture
def board(database: Database) -> Board:
    return Board(database, a_catalog())


async def now_known(database: Database) -> Known:
    async with database.read() as connection:
        return await known(connection, PLACE, ADDRESSES, NOW)


async def labels(database: Database) -> list[str]:
    async with database.read() as connection:
        return [each["text"]["text"] for each in await buttons(connection, PLACE)]


async def test_of_a_place_nobody_has_looked_at_nothing_is_known(database: Database):
    assert await now_known(database) == Known()
    assert await labels(database) == []


async def test_what_was_seen_and_what_was_done_last(database: Database):
    async with database.write() as connection:
        await revisions.see(connection, SEEN)
        await changes.add(connection, a_change(**DONE))

    found = await now_known(database)

    assert found.version is not None
    assert (found.version.name, found.version.revision) == ("v1.1.9", "credlink-api:41")
    assert (found.running, found.desired, found.seen_at) == (4, 4, SEEN.seen_at)
    assert found.change is not None
    assert found.change.mark == "🟢"
    assert found.change.words == "Deployed: v1.2.0 in 1 h"
    assert found.change.by == f"by <@{ALICE}>"


async def test_while_a_change_is_under_way_what_was_seen_before_it_is_past(database: Database):
    async with database.write() as connection:
        await revisions.see(connection, SEEN)
        await changes.add(connection, a_change(**{**DONE, "state": ChangeState.HELD}))

    found = await now_known(database)

    assert found.version is not None
    assert (found.version.name, found.version.revision) == ("v1.2.0", "credlink-api:42")
    assert found.seen_at is None
    assert found.change is not None
    assert found.change.is_under_way
    assert found.change.at == DONE["started_at"]


async def test_a_scaling_after_the_last_deploy_is_what_was_done_last(database: Database):
    later = {"set_at": NOW - timedelta(minutes=5), "changed_at": NOW - timedelta(minutes=5)}
    async with database.write() as connection:
        await changes.add(connection, a_change(**DONE))
        await scalings.add(connection, a_scaling(**later))

    found = (await now_known(database)).change

    assert found is not None
    assert found.words == "Scaled: 3–10 → 5–10 for 2 h"
    assert "until <!date^" in found.by

    async with database.write() as connection:
        earlier = {"set_at": NOW - timedelta(days=1), "changed_at": NOW - timedelta(days=1)}
        await scalings.add(
            connection,
            a_scaling(id="s2", environment="eu", **earlier, state=ScalingState.STANDING),
        )
    assert (await now_known(database)).change == found


async def test_a_lock_says_whose_it_is_and_why(database: Database):
    lock = Lock(
        id="l1", environment="prod", service="*", owner=BOB, reason="looking", at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    async with database.write() as connection:
        await locks.add(connection, lock)

    held = (await now_known(database)).lock

    assert held is not None
    assert (held.owner, held.reason, held.until) == (f"<@{BOB}>", "looking", lock.expires_at)


async def test_what_fires_here_is_told_with_who_is_on_it(database: Database, board: Board):
    await board.hears(an_update(an_alert()))
    await board.hears_of(an_incident(status=IncidentStatus.ACKNOWLEDGED, acknowledged_by=CAROL))

    (firing,) = (await now_known(database)).firing

    assert firing.name == "HighErrorRatio"
    assert firing.acknowledged_by == "Carol Méndez"
    assert await labels(database) == []  # somebody is on it already

    async with database.write() as connection:
        await incidents.remember_person(
            connection, replace(CAROL, slack_id="U0CAROL01"), email="c@x", at=NOW
        )
    (firing,) = (await now_known(database)).firing
    assert firing.acknowledged_by == "<@U0CAROL01>"


async def test_what_pages_can_be_acknowledged_and_the_last_deploy_be_undone(
    database: Database, board: Board
):
    await board.hears(an_update(an_alert()))
    await board.hears_of(an_incident(status=IncidentStatus.TRIGGERED))
    async with database.write() as connection:
        await changes.add(connection, a_change(**DONE))

    assert await labels(database) == ["Acknowledge HighErrorRatio", "Roll back to v1.1.9"]


async def test_while_a_change_is_under_way_the_way_back_is_to_abort_it(database: Database):
    async with database.write() as connection:
        await changes.add(connection, a_change(**{**DONE, "state": ChangeState.ROLLING_OUT}))

    assert await labels(database) == ["Abort and roll back"]


async def test_an_incident_of_other_groups_too_is_left_to_its_own_card(
    database: Database, board: Board
):
    await board.hears(an_update(an_alert()))
    await board.hears(an_update(an_alert(), groupKey=GROUP_KEY + "/2"))
    incident = an_incident(status=IncidentStatus.TRIGGERED)
    await board.hears_of(incident)
    async with database.write() as connection:
        for group in await board.groups():
            await incidents.link(connection, group.id, incident.id)

    assert await labels(database) == []
