"""Marks of alert groups in the database: promised once, ended once, owed until then."""

from datetime import timedelta

import pytest

from bot.domain.card import Urgency
from bot.domain.finding import Phase
from bot.domain.mark import MarkState
from bot.storage import alerts, annotations
from bot.storage.annotations import Promised
from bot.storage.database import Database
from tests.domain.test_alert import NOW, a_group


@pytest.fixture(autouse=True)
async def _group(database: Database) -> None:
    async with database.write() as connection:
        await alerts.add(connection, a_group(id="group-1"), urgency=Urgency.NEW)


async def promise(database: Database, phase: Phase, *, late_s: float = 0) -> None:
    async with database.write() as connection:
        at = NOW + timedelta(seconds=late_s)
        await annotations.promise(connection, "group-1", phase, at=at)


async def kept(database: Database, phase: Phase) -> Promised | None:
    async with database.read() as connection:
        return await annotations.of_group(connection, "group-1", phase)


async def owed(database: Database) -> tuple[str, ...]:
    async with database.read() as connection:
        return await annotations.owed(connection)


async def test_what_is_promised_is_owed_in_its_order_until_it_is_ended(database: Database):
    await promise(database, Phase.END, late_s=1)
    await promise(database, Phase.ONSET)
    await promise(database, Phase.ONSET, late_s=9)

    assert await owed(database) == ("annotate:group-1:onset", "annotate:group-1:end")

    async with database.write() as connection:
        begun = await annotations.find(connection, "annotate:group-1:onset")
        assert begun is not None
        await annotations.attempt(connection, begun, at=NOW)
        assert await annotations.end(connection, begun, MarkState.DONE, at=NOW, reference=7)
        assert not await annotations.end(connection, begun, MarkState.FAILED, at=NOW)

    assert await owed(database) == ("annotate:group-1:end",)
    assert await kept(database, Phase.ONSET) == Promised(
        group_id="group-1",
        phase=Phase.ONSET,
        state=MarkState.DONE,
        was_attempted=True,
        reference=7,
    )


async def test_what_was_never_promised_is_not_there(database: Database):
    assert await kept(database, Phase.ONSET) is None
    assert await owed(database) == ()
