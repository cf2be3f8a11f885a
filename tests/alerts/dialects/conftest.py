"""A world in which CloudWatch can be asked, and tells of one alarm of prod."""

from dataclasses import replace
from typing import cast

import pytest

from bot.world import World
from integrations.aws.accounts import Accounts
from tests.alerts.board import Board
from tests.alerts.dialects.cloudwatch_says import CloudWatch, catalog
from tests.alerts.dialects.watching import Watching
from tests.alerts.holding import Clock


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def here(world: World, watching: Watching, clock: Clock) -> World:
    known = catalog(severity={"credlink-prod-rds-*": "critical"})
    aws = cast(Accounts, watching)
    return replace(world, catalog=known, aws=aws, now=clock, pace=1.0)


@pytest.fixture
def there(here: World) -> Board:
    return Board(here.database, here.catalog)


@pytest.fixture
def cloudwatch(here: World) -> CloudWatch:
    return CloudWatch(here.database, here.catalog)
