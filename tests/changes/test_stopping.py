"""A process that is told to leave does not wait for an engine that does not answer."""

import asyncio
from typing import cast

import pytest

from bot.changes.beside import SETTLE_S
from bot.changes.promise import Promises
from bot.engine import Engine
from bot.storage.database import Database
from tests.changes.operator import utc_now


class Stuck:
    """An engine whose database is away."""

    async def begin(self, *_: object) -> None:
        await asyncio.Event().wait()


@pytest.mark.looptime
async def test_a_promise_that_cannot_be_kept_is_left_to_the_sweep():
    promises = Promises(cast(Database, None), cast(Engine, Stuck()), utc_now)
    promises.begin("change-1")

    began = asyncio.get_running_loop().time()
    await promises.settle()

    assert asyncio.get_running_loop().time() - began == pytest.approx(SETTLE_S, abs=0.1)
