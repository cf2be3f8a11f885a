from collections.abc import Iterator

import pytest

from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from tests.sandbox.aws.operator import Operator


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world(clock: ManualClock) -> Iterator[AwsWorld]:
    """AWS in this process, in virtual time, with prod only."""
    with AwsWorld.in_process(clock, environments=[PROD]) as world:
        yield world


@pytest.fixture
def prod(world: AwsWorld, clock: ManualClock) -> Operator:
    return Operator(world, clock)
