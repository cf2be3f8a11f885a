"""Failover's own part: a replica that cannot renew its lease leaves before another takes over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from bot import failover
from bot.engine import Engine
from bot.failover import BEAT_S, LEASE_S, Failover
from bot.storage.database import Database

pytestmark = pytest.mark.looptime


class Away:
    """A database that is there until it is told not to be."""

    def __init__(self) -> None:
        self.breaks = False
        self.hangs = False

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Any]:
        if self.hangs:
            await asyncio.Event().wait()
        if self.breaks:
            raise ConnectionError("the database is away")
        yield self


class Replica:
    """One replica's failover on such a database; knows when it was lost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database = Away()
        self.lost_at: list[float] = []
        self.beats: list[float] = []
        self.given_back = False
        monkeypatch.setattr(failover.leases, "beat", self._beat)
        monkeypatch.setattr(failover.leases, "hold", self._hold)
        monkeypatch.setattr(failover.leases, "expire", self._expire)
        self.failover = Failover(
            cast(Database, self.database),
            cast(Engine, None),  # reached only by the replica that holds the reaper's lease
            "a",
            lost=lambda: self.lost_at.append(asyncio.get_running_loop().time()),
        )

    async def _beat(self, _: Any, replica: str, *, for_s: float) -> None:
        assert (replica, for_s) == ("a", LEASE_S)
        self.beats.append(asyncio.get_running_loop().time())

    async def _hold(self, *_: Any, **__: Any) -> bool:
        return False

    async def _expire(self, _: Any, replica: str) -> None:
        self.given_back = replica == "a"


@asynccontextmanager
async def running(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Replica]:
    """A replica that beats. Not a fixture: time is virtual only within a test."""
    made = Replica(monkeypatch)
    await made.failover.beat()
    await made.failover.start()
    try:
        yield made
    finally:
        await made.failover.stop()


async def test_a_replica_that_beats_is_not_lost_and_gives_its_lease_back(
    monkeypatch: pytest.MonkeyPatch,
):
    async with running(monkeypatch) as replica:
        await asyncio.sleep(10 * LEASE_S)
        await replica.failover.stop()

        assert replica.lost_at == []
        assert len(replica.beats) >= 10 * LEASE_S / BEAT_S
        assert replica.given_back


@pytest.mark.parametrize("how", ["breaks", "hangs"])
async def test_a_replica_whose_database_stays_away_is_lost_once_before_its_lease_has_run_out(
    monkeypatch: pytest.MonkeyPatch, how: str
):
    async with running(monkeypatch) as replica:
        await asyncio.sleep(12)
        setattr(replica.database, how, True)

        await asyncio.sleep(5 * LEASE_S)

        (lost_at,) = replica.lost_at
        assert replica.beats[-1] + LEASE_S / 2 < lost_at <= replica.beats[-1] + LEASE_S


@pytest.mark.parametrize("how", ["breaks", "hangs"])
async def test_a_database_that_is_away_for_less_than_the_lease_loses_nobody(
    monkeypatch: pytest.MonkeyPatch, how: str
):
    async with running(monkeypatch) as replica:
        for _ in range(5):
            setattr(replica.database, how, True)
            await asyncio.sleep(LEASE_S / 3)
            setattr(replica.database, how, False)
            await asyncio.sleep(LEASE_S)

        assert replica.lost_at == []


async def test_a_reaper_that_hangs_does_not_keep_a_replica_from_beating(
    monkeypatch: pytest.MonkeyPatch,
):
    async with running(monkeypatch) as replica:

        async def hangs(*_: Any, **__: Any) -> bool:
            await asyncio.Event().wait()
            return False

        monkeypatch.setattr(failover.leases, "hold", hangs)
        await asyncio.sleep(5 * LEASE_S)

        assert replica.lost_at == []
        assert replica.beats[-1] > 4 * LEASE_S


async def test_a_replica_frozen_for_longer_than_its_lease_is_lost_when_it_thaws(
    monkeypatch: pytest.MonkeyPatch,
):
    async with running(monkeypatch) as replica:
        await asyncio.sleep(12)
        beats = len(replica.beats)
        loop = asyncio.get_running_loop()
        clock = loop.time
        monkeypatch.setattr(loop, "time", lambda: clock() + LEASE_S + 1)

        await asyncio.sleep(2 * BEAT_S)

        assert len(replica.lost_at) == 1
        assert len(replica.beats) == beats


@pytest.mark.parametrize("how", ["breaks", "hangs"])
async def test_leaving_while_the_database_is_away_takes_no_longer_than_a_beat(
    monkeypatch: pytest.MonkeyPatch, how: str
):
    async with running(monkeypatch) as replica:
        setattr(replica.database, how, True)
        began = asyncio.get_running_loop().time()

        await replica.failover.stop()

        assert asyncio.get_running_loop().time() - began <= BEAT_S
        assert not replica.given_back
