"""One world for each module of scenarios: it takes seconds to make."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.scenarios.scene import Scene, scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def play(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Scene]:
    """The module's scene; a module's `SCENE` says how it differs from the usual one."""
    options = getattr(request.module, "SCENE", {})
    async with scene(tmp_path_factory.mktemp("world"), **options) as playing:
        yield playing
