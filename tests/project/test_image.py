"""The image without an engine: its file is linted, its own commands run in a clean environment.

No container engine is needed: the install commands are read out of the Dockerfile and run by
another user in an empty folder, and so is its start command.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import require

DOCKERFILE = Path("Dockerfile").read_text()
STEPS = re.sub(r"\\\n\s*", " ", DOCKERFILE).splitlines()
HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"


def test_the_dockerfile_is_clean():
    linted = subprocess.run(
        [HADOLINT, "Dockerfile"], capture_output=True, text=True, check=False, timeout=60
    )

    assert linted.stdout == ""
    assert linted.returncode == 0


def test_the_image_runs_as_a_user_of_its_own_with_a_health_check():
    users = [step.split()[1] for step in STEPS if step.startswith("USER ")]

    assert users
    assert users[-1] not in {"0", "root"}
    assert any(step.startswith("HEALTHCHECK ") for step in STEPS)


def python_for(as_other: list[str]) -> str:
    """A Python that user may run and make environments with; root's own may be closed to it."""
    for python in (str(Path(sys.executable).resolve()), "/usr/bin/python3"):
        able = subprocess.run(
            [*as_other, python, "-c", "import ensurepip, venv"],
            cwd="/",
            capture_output=True,
            check=False,
        )
        if able.returncode == 0:
            return python
    return require("python-for-others", "apt-get install python3-venv")


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder another user can reach; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="credlink-image-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_its_install_and_start_commands_work_for_another_user_in_an_empty_folder(home: Path):
    for copied in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE):
        for name in copied.split():
            source = Path(name)
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, home / name, ignore=ignored)
            else:
                shutil.copy(source, home / name)
    installs = [step[4:] for step in STEPS if step.startswith(("RUN python -m venv", "RUN pip"))]
    assert len(installs) == 3
    start = json.loads(next(step[4:] for step in STEPS if step.startswith("CMD ")))

    as_other: list[str] = []
    if os.geteuid() == 0:
        as_other = [require("runuser", "apt-get install util-linux"), "-u", "nobody", "--"]
    (home / "bin").mkdir()
    (home / "bin" / "python").symlink_to(python_for(as_other))
    if as_other:
        subprocess.run(["chown", "-R", "nobody", str(home)], check=True)
    environment = {
        "PATH": f"{home}/venv/bin:{home}/bin:/usr/bin:/bin",
        "HOME": str(home),
        "PIP_NO_CACHE_DIR": "1",
        "CREDLINK_CONFIG": str(home / "missing.yml"),
    }

    def run(command: str | list[str]) -> subprocess.CompletedProcess[str]:
        words = ["sh", "-c", command] if isinstance(command, str) else command
        return subprocess.run(
            [*as_other, *words],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    for install in installs:
        done = run(install.replace("/opt/bot", f"{home}/venv"))
        assert done.returncode == 0, done.stderr

    schema = run([f"{home}/venv/bin/{start[0]}", "schema"])
    assert json.loads(schema.stdout)["title"] == "Catalog", schema.stderr
    started = run([f"{home}/venv/bin/{start[0]}", *start[1:]])
    assert started.returncode == 78
    assert "missing.yml: No such file" in started.stderr
