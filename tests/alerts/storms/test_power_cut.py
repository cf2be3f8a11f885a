"""The power goes at every single statement of folding and of unfolding: nothing is half done."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from bot.storage.database import Database
from tests.alerts.storms.test_nothing_is_missing import all_can_be_seen
from tests.alerts.storms.weather import PAST, Weather, names

FIVE = names(5)


class PowerCut(Exception):
    """What runs out of power writes nothing more, and commits nothing."""


@contextmanager
def cut_at(database: Database, statement: int) -> Iterator[None]:
    """Cut the power before this statement of the writing connection."""
    left = [statement]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise PowerCut

    engine = database._writer.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)


async def cut_everywhere(
    weather: Weather, act: Callable[[], Awaitable[object]], unchanged: set[str]
) -> int:
    """Do it with one cut more each time, until it gets through; returns after how many cuts."""
    for statement in range(1, 100):
        with cut_at(weather.database, statement):
            try:
                await act()
            except PowerCut:
                assert await weather.owed() == unchanged
                await all_can_be_seen(weather)
                continue
        return statement - 1
    raise AssertionError("it never got through")


async def test_while_the_sixth_group_begins(weather: Weather):
    await weather.fires(*FIVE)

    cuts = await cut_everywhere(weather, lambda: weather.fires("Sixth"), set(FIVE))

    assert cuts > 15
    assert await weather.owed() == {"storm"}
    assert await weather.folded() == {*FIVE, "Sixth"}
    await all_can_be_seen(weather)


async def test_while_the_storm_ends(weather: Weather):
    await weather.fires(*FIVE, "Sixth")
    await weather.shows_all()
    weather.later = PAST

    cuts = await cut_everywhere(weather, weather.ends, set())

    assert cuts > 15
    assert await weather.owed() == {*FIVE, "Sixth", "storm"}
    assert len(await weather.storms()) == 1
    await all_can_be_seen(weather)


@pytest.mark.parametrize("again", [1, 2])
async def test_what_is_done_again_is_done_once(weather: Weather, again: int):
    await weather.fires(*FIVE, "Sixth")
    weather.later = PAST
    for _ in range(again):
        await weather.ends()
        await weather.fires("Sixth")

    assert len(await weather.storms()) == 1
