"""A board to look at, on both databases."""

import pytest

from bot.storage.database import Database
from tests.alerts.board import Board
from tests.alerts.builders import a_catalog


@pytest.fixture
def board(database: Database) -> Board:
    return Board(database, a_catalog())
