"""Of what is told of an alarm, late and out of order, the newest state counts."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.storage import alarm_states
from bot.storage.database import Database

ARN = "arn:aws:cloudwatch:us-east-1:222222222222:alarm:a"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def test_only_what_is_newer_is_news(database: Database):
    async def told(state: str, seconds: float, arn: str = ARN) -> bool:
        async with database.write() as connection:
            since = NOON + timedelta(seconds=seconds)
            return await alarm_states.is_news(connection, arn, state, since=since)

    assert await told("ALARM", 5)
    assert not await told("ALARM", 5)
    assert not await told("OK", 4.999)
    assert await told("OK", 5.001)
    assert await told("ALARM", 0, f"{ARN}b")


async def test_of_eight_who_are_told_the_same_at_once_one_has_news(database: Database):
    async def told() -> bool:
        async with database.write() as connection:
            return await alarm_states.is_news(connection, ARN, "ALARM", since=NOON)

    assert sum(await asyncio.gather(*(told() for _ in range(8)))) == 1
