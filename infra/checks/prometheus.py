"""Prometheus' judgement of its configuration, rules and their tests, and what it cannot know."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.checks.documents import PROMETHEUS, REMOTE, RULE_TESTS, RULES, read_yaml
from infra.checks.problem import Problem, asked, refusals
from infra.checks.rule_files import rules_of

PROMTOOL = ("promtool",)
HOW_TO_GET_IT = "on Debian apt-get install prometheus, elsewhere https://prometheus.io/download/"
JOBS = frozenset({"credlink-api", "redis", "postgres", "node", "cloudwatch", "credlink-bot"})
EXPECTED = "env_service_job:up:expected"


def check(root: Path) -> Iterator[Problem]:
    """Some 6 s of CPU, nearly all of it the rules' unit tests.

    Raises:
        NotHere: promtool is not.
    """
    yield from _jobs(root)
    yield from _configuration(root)
    yield from _rules(root)


def _configuration(root: Path) -> Iterator[Problem]:
    """As it is, and with the long-term storage that can be appended to it."""
    yield from _judged(root, str(PROMETHEUS), "check", "config", PROMETHEUS.name)
    with TemporaryDirectory() as folder:
        both = Path(folder)
        shutil.copytree(root / RULES, both / RULES.name)
        text = (root / PROMETHEUS).read_text() + (root / REMOTE).read_text()
        (both / PROMETHEUS.name).write_text(text)
        done = asked(
            PROMTOOL, "check", "config", PROMETHEUS.name, within=both, how_to_get=HOW_TO_GET_IT
        )
        yield from refusals(f"{PROMETHEUS} with {REMOTE.name}", done)


def _rules(root: Path) -> Iterator[Problem]:
    files = sorted(path.name for path in (root / RULES).glob("*.yml"))
    names = [f"{RULES.name}/{name}" for name in files]
    yield from _judged(root, str(RULES), "check", "rules", *names)
    tests = sorted(path.name for path in (root / RULE_TESTS).glob("*.yml"))
    names = [f"{RULE_TESTS.name}/{name}" for name in tests]
    yield from _judged(root, str(RULE_TESTS), "test", "rules", *names)


def _judged(root: Path, where: str, *arguments: str) -> Iterator[Problem]:
    within = (root / PROMETHEUS).parent
    yield from refusals(where, asked(PROMTOOL, *arguments, within=within, how_to_get=HOW_TO_GET_IT))


def _jobs(root: Path) -> Iterator[Problem]:
    """The jobs that are promised, each of which is missed when it has no target."""
    jobs = {job["job_name"] for job in read_yaml(root / PROMETHEUS)["scrape_configs"]}
    if jobs != JOBS:
        yield Problem(str(PROMETHEUS), f"the jobs are {sorted(JOBS)}, not {sorted(jobs)}")
    missed = {rule.labels.get("job") for rule in rules_of(root) if rule.name == EXPECTED}
    for job in sorted(JOBS - missed):
        yield Problem(str(RULES / "limits.yml"), f"nobody misses {job}: {EXPECTED} has no such job")
