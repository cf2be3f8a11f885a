"""One channel's weather, on both databases."""

import pytest

from bot.storage.database import Database
from tests.alerts.storms.weather import Weather


@pytest.fixture
def weather(sqlite: Database) -> Weather:
    return Weather(sqlite)


@pytest.fixture
def anywhere(database: Database) -> Weather:
    """The same on either database."""
    return Weather(database)
