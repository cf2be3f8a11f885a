"""Who deployed what: told from our own rows, others' changes among them."""

from datetime import timedelta

import pytest

from bot.changes.history import TellHistory
from bot.changes.status import TellStatus
from bot.domain.change import Change, ChangeState, Origin
from bot.domain.rollout import Verdict
from bot.errors import NotAllowed, NotKnown
from bot.storage import changes, scalings
from bot.storage.database import Database
from bot.world import World
from tests.changes.builders import NOW, a_change, a_plan, a_rollout
from tests.changes.operator import ALICE, MALLORY, a_catalog
from tests.domain.scalings import a_scaling

S = ChangeState


@pytest.fixture
def database(world: World) -> Database:
    return world.database


@pytest.fixture
def tell(world: World) -> TellHistory:
    people = {"everyone": {"may": {"*": ["history", "status"]}}}
    catalog = a_catalog()
    catalog = type(catalog).model_validate({**catalog.model_dump(mode="json"), "people": people})
    return TellHistory(world.database, catalog, lambda: NOW)


def ended(number: int, **said) -> Change:
    return a_change(
        f"change-{number}",
        **{
            "version": f"v1.{number}",
            "state": S.SUCCEEDED,
            "verdict": Verdict.SUCCEEDED,
            "plan": a_plan(),
            "rollout": a_rollout(),
            "started_at": NOW - timedelta(hours=number),
            "finished_at": NOW - timedelta(hours=number) + timedelta(minutes=2),
            **said,
        },
    )


async def write(database: Database, *some: Change) -> None:
    async with database.write() as connection:
        for change in some:
            await changes.add(connection, change)


async def test_the_newest_come_first_and_the_rest_are_counted(database, tell):
    await write(database, *(ended(number) for number in range(1, 28)))

    lines = (await tell("prod", None, by=MALLORY)).text.splitlines()

    assert len(lines) == 11
    assert "v1.1 " in lines[0]
    assert "v1.10 " in lines[9]
    assert lines[10] == "and 17 more"


async def test_scalings_stand_among_them_by_when_they_were_set(database, tell):
    at = {"set_at": NOW - timedelta(minutes=90), "until": NOW + timedelta(minutes=30)}
    await write(database, ended(1), ended(2))
    async with database.write() as connection:
        await scalings.add(connection, a_scaling(reason="a sale", **at))
        await scalings.add(connection, a_scaling(id="refused", number=None, set_at=None))

    newer, scaled, older = (await tell("prod", None, by=MALLORY)).text.splitlines()

    assert "v1.1 " in newer
    assert "v1.2 " in older
    assert scaled.startswith(
        "🟢 Scaled: credlink-api in prod 3–10 → 5–10 for 2 h · by <@U0ALICE01>"
    )
    assert scaled.endswith("for 1 h 30 min · “a sale”")


async def test_others_changes_and_ours_are_told_apart(database, tell):
    await write(
        database,
        ended(1, origin=Origin.OUTSIDE, asked_by=""),
        ended(2),
        ended(3, forced="the site is down"),
    )

    outside, ours, forced = (await tell("prod", "credlink-api", by=ALICE)).text.splitlines()

    assert "outside the bot" in outside
    assert "by <@U0ALICE01>" in ours
    assert "outside" not in ours
    assert "“the site is down”" in forced


async def test_what_was_never_begun_is_no_history(database, tell):
    await write(
        database,
        a_change("proposed", state=S.PROPOSED),
        a_change("cancelled", state=S.CANCELLED),
        a_change("refused", state=S.REFUSED),
        a_change("rehearsed", state=S.REHEARSED, is_dry_run=True),
        a_change("doubtful", state=S.UNPROVEN, verdict=Verdict.UNSEEN),
    )

    assert len((await tell("prod", None, by=ALICE)).text.splitlines()) == 1


async def test_unknown_places_and_missing_rights_are_said(world, tell):
    with pytest.raises(NotKnown, match="There is no environment prd"):
        await tell("prd", None, by=ALICE)
    with pytest.raises(NotKnown, match="There is no service web in prod"):
        await tell("prod", "web", by=ALICE)
    closed = TellHistory(world.database, a_catalog(), lambda: NOW)
    with pytest.raises(NotAllowed, match="Nobody may see the history of credlink-api in prod"):
        await closed("prod", None, by=ALICE)


async def test_the_status_names_the_last_change_by_whomever(world, database):
    await write(database, ended(2), ended(1, origin=Origin.OUTSIDE, asked_by=""))

    answer = await TellStatus(database, a_catalog(), lambda: NOW)("prod", None, by=ALICE)

    assert "outside the bot" in str(answer.blocks)
    assert "v1.1 " in str(answer.blocks)
