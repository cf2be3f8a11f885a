"""What the clients of other systems are tested against."""

from collections.abc import AsyncIterator

import pytest

from tests.integrations.vendor import Vendor


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A system that answers what the test says."""
    async with Vendor() as running:
        yield running
