"""The tree is as the architecture says, and nothing stands outside the picture."""

import re
import subprocess
import tomllib
from pathlib import Path

PROJECT = tomllib.loads(Path("pyproject.toml").read_text())
CONTRACTS = {c["name"]: c for c in PROJECT["tool"]["importlinter"]["contracts"]}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
        check=True,
        capture_output=True,
        text=True,
    )
    return [Path(line) for line in listed.stdout.splitlines() if Path(line).is_file()]


def test_every_module_of_the_bot_stands_in_a_layer():
    layers = CONTRACTS["Imports point down this list"]["layers"]
    named = {name.strip() for layer in layers for name in layer.split("|")}
    modules = {
        f"bot.{place.stem}"
        for place in Path("bot").iterdir()
        if (place.suffix == ".py" and place.stem != "__init__") or (place / "__init__.py").exists()
    }

    assert modules - named == set()
    assert {name for name in named if name.startswith("bot.")} - modules == set()


def test_every_integration_is_independent_of_the_others():
    independent = set(CONTRACTS["Integrations know nothing of each other"]["modules"])
    folders = {f"integrations.{p.parent.name}" for p in Path("integrations").glob("*/__init__.py")}

    assert folders == independent


def test_no_registry_machine_path_or_token_is_committed():
    forbidden = re.compile(
        r"--(extra-)?index[-]url|/tmp/bash[_]|/work[/]|xox[bp]-\d{6,}|AKIA(?!IOSFODNN7EXAMPLE)[A-Z0-9]{16}"
    )
    found = [
        f"{path}:{number}"
        for path in tracked()
        if path.suffix not in {".png", ".ico"}
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if forbidden.search(line)
    ]

    assert found == []


def test_what_runs_is_locked_with_hashes_and_what_checks_it_agrees():
    def pins(file: str) -> dict[str, str]:
        lines = re.findall(r"^([\w.-]+)==(\S+)", Path(file).read_text(), flags=re.MULTILINE)
        return dict(lines)

    runs, checks = pins("requirements.lock"), pins("requirements-dev.lock")
    assert runs
    assert {name: checks.get(name) for name in runs} == runs
    for file in ("requirements.lock", "requirements-dev.lock"):
        text = Path(file).read_text()
        requirements = len(re.findall(r"^[\w.-]+==", text, flags=re.MULTILINE))
        assert text.count("--hash=sha256:") >= requirements


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{page}: {target}"
        for page in tracked("*.md")
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []
