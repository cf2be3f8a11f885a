from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox import ports
from sandbox.world import World
from tests.doctor.examining import Answered
from tests.integrations.vendor import Says, Vendor

DATA = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "0.5"]}]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prometheus() -> AsyncIterator[Vendor]:
    """Something that has data for every query; the real one is asked where its words matter."""
    async with Vendor() as made:
        made.says(Says(json={"status": "success", "data": DATA}))
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, prometheus: Vendor
) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("world")
    made = Answered(folder=folder, ports=ports.choose(None), with_monitoring=False)
    made.prometheus_url = prometheus.url
    async with made:
        yield made
