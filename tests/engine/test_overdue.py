"""A replica that lost its lease and is still there when it ends does not go on beside another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from bot.engine import Engine
from bot.failover import LEASE_S, Failover
from bot.storage.database import Connection, Database

pytestmark = pytest.mark.looptime


class Away:
    @asynccontextmanager
    async def write(self) -> AsyncIterator[Connection]:
        raise ConnectionError
        yield


def a_replica(happened: list[tuple[str, float]]) -> Failover:
    def note(what: str) -> None:
        happened.append((what, asyncio.get_running_loop().time()))

    return Failover(
        cast(Database, Away()),
        cast(Engine, None),
        "a",
        lost=lambda: note("lost"),
        overdue=lambda: note("overdue"),
    )


async def test_one_that_is_still_draining_when_its_lease_ends_is_ended():
    happened: list[tuple[str, float]] = []
    replica = a_replica(happened)
    began = asyncio.get_running_loop().time()
    await replica.start()

    await asyncio.sleep(2 * LEASE_S)

    assert [what for what, _ in happened] == ["lost", "overdue"]
    lost, overdue = (at - began for _, at in happened)
    assert lost < LEASE_S
    assert overdue == pytest.approx(LEASE_S, abs=0.1)


async def test_one_that_has_left_by_then_is_left_alone():
    happened: list[tuple[str, float]] = []
    replica = a_replica(happened)
    await replica.start()
    await asyncio.sleep(LEASE_S - 1)

    await replica.stop()
    await asyncio.sleep(2 * LEASE_S)

    assert [what for what, _ in happened] == ["lost"]
