"""How `make test` hands out the tests: what belongs together stays on one worker."""

from pathlib import Path

import pytest

from tests.scheduling import OneSceneAtATime
from tests.worlds import SCENES, STORIES, is_world

pytest_plugins = ("pytester",)
A_FILE = """
import os
import pytest

@pytest.mark.parametrize("number", range(20))
def test_it(number):
    with open({seen!r}, "a") as seen:
        print(os.environ["PYTEST_XDIST_WORKER"], file=seen)
"""


def test_the_tests_of_a_file_and_all_scenes_stay_together(pytester: pytest.Pytester):
    seen = {}
    for name in ("tests/scenarios/test_a.py", "tests/scenarios/test_b.py", "tests/test_c.py"):
        seen[name] = pytester.path / name.replace("/", "_")
        file = pytester.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(A_FILE.format(seen=str(seen[name])))
    pytester.makeconftest(
        f"from {OneSceneAtATime.__module__} import OneSceneAtATime\n"
        "def pytest_xdist_make_scheduler(config, log):\n"
        "    return OneSceneAtATime(config, log)\n"
    )

    pytester.runpytest_subprocess("-n", "2", "--no-loadscope-reorder", "tests")

    workers = {name: set(path.read_text().split()) for name, path in seen.items()}
    assert [len(used) for used in workers.values()] == [1, 1, 1]
    assert workers["tests/scenarios/test_a.py"] == workers["tests/scenarios/test_b.py"]
    assert workers["tests/test_c.py"] != workers["tests/scenarios/test_a.py"]


def test_every_world_that_is_named_is_there():
    assert [where for where in (*SCENES, *STORIES) if not Path(where).exists()] == []
    assert not is_world("tests/domain/test_gate.py::test_one")
