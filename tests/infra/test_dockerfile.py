"""A mistake planted in the Dockerfile is caught by hadolint."""

import shutil
from pathlib import Path

import pytest

from infra.checks import dockerfile


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("FROM python:3.13-slim-trixie AS build", "FROM python AS build", "DL3006"),
        ("FROM python:3.13-slim-trixie AS build", "FROM python:latest AS build", "DL3007"),
        ("RUN pip install --no-deps .", "RUN cd /build && pip install --no-deps .", "DL3003"),
        ("WORKDIR /srv/credlink", "WORKDIR srv/credlink", "DL3000"),
        ('CMD ["credlink", "run"]', "CMD credlink run", "DL3025"),
        ("USER 10001", "USER root", "DL3002"),
        ("EXPOSE 8080 9090", "EXPOSE 80800", "DL3011"),
        ("RUN mkdir var", "RUNN mkdir var", "DL1000"),
    ],
)
def test_a_planted_mistake_is_caught(tmp_path: Path, good: str, bad: str, said: str):
    shutil.copy("Dockerfile", tmp_path)
    text = (tmp_path / "Dockerfile").read_text()
    assert good in text
    (tmp_path / "Dockerfile").write_text(text.replace(good, bad, 1))

    problems = [str(problem) for problem in dockerfile.check(tmp_path)]

    assert any(f": {said}: " in problem for problem in problems), problems
