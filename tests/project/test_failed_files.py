"""What `make test` tries once more."""

import json
from pathlib import Path

from tests.failed_files import NOTHING, failed_files

HERE = "tests/project/test_failed_files.py"


def recorded(folder: Path, *tests: str) -> Path:
    record = folder / "lastfailed"
    record.write_text(json.dumps(dict.fromkeys(tests, True)))
    return record


def test_a_file_is_tried_whole_and_once(tmp_path: Path):
    record = recorded(tmp_path, f"{HERE}::test_one[a::b]", f"{HERE}::test_two", "tests/gone.py::x")

    assert failed_files(record) == [HERE]


def test_a_run_that_failed_without_a_failed_test_is_not_called_a_success(tmp_path: Path):
    assert failed_files(tmp_path / "none") == [NOTHING]
    assert failed_files(recorded(tmp_path)) == [NOTHING]
