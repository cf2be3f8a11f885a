from pathlib import Path

import pytest

from tests.infra.planting import Copy


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy.at(tmp_path)
