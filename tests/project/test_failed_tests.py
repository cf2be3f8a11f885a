"""What `make test` tries once more."""

import json
from pathlib import Path

from tests.failed_tests import NOTHING, failed_tests

HERE = "tests/project/test_failed_tests.py"
WORLD = "tests/scenarios/test_alerting.py"


def recorded(folder: Path, *tests: str) -> Path:
    record = folder / "lastfailed"
    record.write_text(json.dumps(dict.fromkeys(tests, True)))
    return record


def test_a_test_is_tried_once_with_all_its_parameters_and_what_is_gone_is_not(tmp_path: Path):
    record = recorded(
        tmp_path, f"{HERE}::test_one[a b::c]", f"{HERE}::test_one[d]", f"{HERE}", "tests/gone.py::x"
    )

    assert failed_tests(record) == [HERE, f"{HERE}::test_one"]


def test_a_scene_is_tried_whole_and_once(tmp_path: Path):
    record = recorded(tmp_path, f"{WORLD}::test_one", f"{WORLD}::test_two[a]")

    assert failed_tests(record) == [WORLD]


def test_a_run_that_failed_without_a_failed_test_is_not_called_a_success(tmp_path: Path):
    assert failed_tests(tmp_path / "none") == [NOTHING]
    assert failed_tests(recorded(tmp_path)) == [NOTHING]
