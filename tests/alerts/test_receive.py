"""The worker of the inbox: at once, in order, each row in one transaction, whatever goes wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.alerts.group import GroupAlerts
from bot.alerts.join import JoinIncident
from bot.alerts.receive import ATTEMPTS, Receiver
from bot.storage import inbox
from bot.storage.database import Database
from tests.alerts.board import Board
from tests.alerts.builders import (
    NOW,
    a_body,
    a_catalog,
    a_payload,
    an_alert,
    an_event_body,
)

DEADLINE_S = 10.0


class Bench:
    """A receiver that is not running, with what it told whom."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.looks: list[str] = []
        self.told = 0
        self.now = NOW
        catalog = a_catalog()
        self.receiver = Receiver(
            database=database,
            group=GroupAlerts(catalog),
            join=JoinIncident(catalog, pace=100),
            begin=self.begin,
            now=lambda: self.now,
            tell=self.tell,
            pace=100,
        )

    async def begin(self, identities: Sequence[str]) -> None:
        self.looks += identities

    def tell(self) -> None:
        self.told += 1

    async def keeps(self, body: bytes, *, source: str = "alertmanager", key: str = "p") -> None:
        async with self.database.write() as connection:
            await inbox.keep(
                connection,
                source=source,
                delivery_key=f"{hash(body)}",
                partition_key=key,
                body=body,
                known_for_s=60,
            )

    async def count(self) -> tuple[int, int]:
        async with self.database.read() as connection:
            return await inbox.count(connection)

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not await holds():  # noqa: ASYNC110  rows tell nobody when they change
                await asyncio.sleep(0.01)


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    bench = Bench(database)
    yield bench
    await bench.receiver.stop()


@pytest.fixture
def board(database: Database) -> Board:
    return Board(database, a_catalog())


async def test_a_webhook_becomes_a_card_and_a_promised_look_that_is_begun(
    bench: Bench, board: Board
):
    await bench.keeps(a_body())

    assert await bench.receiver.work_off() == 1

    [group] = await board.groups()
    assert bench.looks == [f"enrich:{group.id}:onset"]
    assert bench.told == 1
    assert await bench.count() == (0, 0)


async def test_both_senders_are_understood_and_joined(bench: Bench, board: Board):
    carol = {"id": "PUCAROL", "type": "user_reference", "summary": "Carol Méndez"}
    await bench.keeps(an_event_body(), source="pagerduty")
    await bench.keeps(a_body())
    await bench.keeps(
        an_event_body(
            "incident.acknowledged", event_id="e2", at=NOW + timedelta(minutes=1), agent=carol
        ),
        source="pagerduty",
    )
    await bench.keeps(
        json.dumps(
            {
                "event": {
                    "id": "e3",
                    "event_type": "pagey.ping",
                    "occurred_at": NOW.isoformat(),
                    "data": {"type": "ping"},
                }
            }
        ).encode(),
        source="pagerduty",
    )

    assert await bench.receiver.work_off() == 4

    [group] = await board.groups()
    assert "Carol Méndez is on it" in await board.text(group)


async def test_the_running_worker_is_woken_at_once_and_finds_other_replicas_rows_by_itself(
    bench: Bench, board: Board
):
    bench.receiver.start()
    await bench.keeps(a_body())
    bench.receiver.wake()
    await bench.until(board.groups)

    await bench.keeps(a_body(an_alert("b1"), groupKey="another"), key="q")

    async def both() -> bool:
        return len(await board.groups()) == 2

    await bench.until(both)


async def test_a_row_that_cannot_be_worked_off_is_tried_again_then_put_aside_and_blocks_nobody(
    bench: Bench, board: Board
):
    bench.receiver.start()
    await bench.keeps(json.dumps({**a_payload(), "version": "5"}).encode(), key="bad")
    await bench.keeps(a_body(), key="good")
    bench.receiver.wake()

    async def poisoned() -> bool:
        return await bench.count() == (0, 1)

    await bench.until(board.groups)
    await bench.until(poisoned)

    async with bench.database.read() as connection:
        [(source, error)] = await inbox.put_aside_rows(connection)
    assert source == "alertmanager"
    assert "version '5'" in error
    assert ATTEMPTS > 1


async def test_a_worker_that_dies_half_way_leaves_nothing_half_done(bench: Bench, board: Board):
    await bench.keeps(a_body())

    class PowerCut(BaseException):
        pass

    async def cut(*_: Any, **__: Any) -> bool:
        raise PowerCut

    real, inbox.finish = inbox.finish, cut
    try:
        with pytest.raises(PowerCut):
            await bench.receiver.work_off()
    finally:
        inbox.finish = real
    assert await board.groups() == []

    assert await bench.receiver.work_off() == 1
    assert len(await board.groups()) == 1


async def test_an_engine_that_is_away_delays_the_look_and_loses_nothing(bench: Bench, board: Board):
    async def away(_: Sequence[str]) -> None:
        raise ConnectionError

    bench.receiver.begin = away
    await bench.keeps(a_body())

    assert await bench.receiver.work_off() == 1
    assert len(await board.groups()) == 1


async def test_an_unclaimed_incident_gets_its_card_from_the_running_worker(
    bench: Bench, board: Board
):
    await bench.keeps(an_event_body(incident_key="by hand"), source="pagerduty")
    await bench.receiver.work_off()
    assert await board.groups() == []

    bench.now += timedelta(minutes=1)
    bench.receiver.start()

    await bench.until(board.groups)
