"""What would kill the process is not tried, and what did is not tried for ever."""

from collections.abc import Sequence

import pytest
from sqlalchemy import update

from bot.alerts.group import GroupAlerts
from bot.alerts.join import JoinIncident
from bot.alerts.promql import NothingToDraw, read
from bot.alerts.receive import ATTEMPTS, Receiver
from bot.storage import inbox
from bot.storage.database import Database, in_seconds
from bot.storage.schema.inbox import inbox as rows
from tests.alerts.builders import NOW, a_catalog


@pytest.mark.parametrize(
    "expression",
    [
        "-" * 19_000 + "up > 1",
        "up" + "+up" * 6_000 + " > 1",
        "up > 1" + " and up > 1" * 1_500,
        "2^" * 9_000 + "up > 1",
        "up" + "[5m:1m]" * 2_000,
    ],
)
def test_a_query_too_deep_for_the_parser_is_not_given_to_it(expression: str):
    with pytest.raises(NothingToDraw, match="too long to be read"):
        read(expression)


def test_a_long_list_of_names_in_a_label_is_not_deep():
    pods = "|".join(f"web-{n}" for n in range(500))

    assert read(f'rate(errors_total{{pod=~"{pods}"}}[5m]) > 0.01').threshold == 0.01


async def claimed(database: Database, owner: str) -> inbox.Delivery | None:
    async with database.write() as connection:
        return await inbox.claim(connection, owner, for_s=30)


async def kept(database: Database) -> None:
    async with database.write() as connection:
        await inbox.keep(
            connection,
            source="alertmanager",
            delivery_key="k",
            partition_key="p",
            body=b"{}",
            known_for_s=60,
        )


async def test_each_process_that_died_with_a_row_counts_as_a_failure(sqlite: Database):
    await kept(sqlite)

    for deaths in range(ATTEMPTS + 1):
        delivery = await claimed(sqlite, f"process {deaths}")
        assert delivery is not None
        assert delivery.failures == deaths
        async with sqlite.write() as connection:
            await connection.execute(update(rows).values(lease_until=in_seconds(-1)))


async def test_a_process_that_takes_its_own_row_up_again_has_not_died(sqlite: Database):
    await kept(sqlite)

    for _ in range(ATTEMPTS + 1):
        delivery = await claimed(sqlite, "me")
        assert delivery is not None
        assert delivery.failures == 0


async def test_a_row_that_nobody_survived_is_put_aside_and_its_group_goes_on(sqlite: Database):
    await kept(sqlite)
    for deaths in range(ATTEMPTS):
        await claimed(sqlite, f"process {deaths}")
        async with sqlite.write() as connection:
            await connection.execute(update(rows).values(lease_until=in_seconds(-1)))

    async def begin(_: Sequence[str]) -> None:
        raise AssertionError("it was taken in")

    receiver = Receiver(
        database=sqlite,
        group=GroupAlerts(a_catalog()),
        join=JoinIncident(a_catalog()),
        begin=begin,
        now=lambda: NOW,
        tell=lambda: None,
    )

    assert await receiver.work_off() == 0
    async with sqlite.read() as connection:
        assert await inbox.count(connection) == (0, 1)
        [(_, error)] = await inbox.put_aside_rows(connection)
    assert "has died" in error
