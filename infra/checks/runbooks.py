"""A runbook for each alert and an alert for each runbook; what they tell to type, the bot reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.catalog import Catalog
from bot.catalog_file import load
from bot.domain.logs.read import read as read_logs
from bot.domain.query.read import read as read_query
from bot.domain.runbooks.read import steps_of
from bot.domain.silence.request import read_request
from bot.errors import BotError
from bot.slack.words import words_of
from commands import ENTRIES
from infra.checks.documents import RUNBOOKS
from infra.checks.metrics import known, mistakes
from infra.checks.problem import Problem
from infra.checks.rule_files import alerts_of

SECTIONS = ("Meaning", "First look", "Likely causes", "What ends it")
LEAST_STEPS, MOST_STEPS = 4, 10
"""More are no first look."""
INDEX = "README.md"
EXAMPLE = Path("credlink.example.yml")
_HEADING = re.compile(r"^(#{1,2}) (.+)$", re.MULTILINE)
_TIME = re.compile(r"\s+(?:since \w+|now)$")


def check(root: Path) -> Iterator[Problem]:
    """Needs nothing but the files."""
    catalog, metrics = load(root / EXAMPLE), known(root)
    command = re.compile(rf"`{re.escape(catalog.slack.command)} ([^`]+)`")
    index = (root / RUNBOOKS / INDEX).read_text()
    linked = {}
    for alert in alerts_of(root):
        name = alert.annotations.get("runbook_url", "").rpartition("/")[2]
        linked[name] = alert.name
        if not (root / RUNBOOKS / name).is_file():
            yield Problem(alert.where, f"its runbook {name} is not in {RUNBOOKS}")
    for path in sorted((root / RUNBOOKS).glob("*.md")):
        text, where = path.read_text(), str(path.relative_to(root))
        if path.name != INDEX:
            for what in _page(text, linked.get(path.name)):
                yield Problem(where, what)
            if f"({path.name})" not in index:
                yield Problem(where, f"{INDEX} does not list it")
        for typed in command.findall(text):
            for what in _typed(typed, catalog, metrics):
                yield Problem(where, f"`{catalog.slack.command} {typed}`: {what}")


def _page(text: str, alert: str | None) -> Iterator[str]:
    """Its sections, and steps that the bot shows as a checklist."""
    if alert is None:
        yield "no alert leads to it"
    headings = _HEADING.findall(text)
    titles = [title for level, title in headings if level == "#"]
    if alert is not None and titles != [alert]:
        yield f"its title is {', '.join(titles) or 'missing'}, and its alert {alert}"
    sections = tuple(title for level, title in headings if level == "##")
    if sections != SECTIONS:
        yield f"its sections are {', '.join(SECTIONS)}, not {', '.join(sections)}"
    steps = len(steps_of(text))
    if not LEAST_STEPS <= steps <= MOST_STEPS:
        yield f"it has {steps} numbered steps: {LEAST_STEPS} to {MOST_STEPS} are a first look"


def _typed(typed: str, catalog: Catalog, metrics: Mapping[str, str]) -> Iterator[str]:
    """What the bot would say to somebody who typed this after the command."""
    verb, *words = words_of(typed)
    if verb not in ENTRIES:
        yield f"there is no {verb}"
        return
    try:
        _read(verb, words, typed, catalog)
    except BotError as exc:
        yield str(exc)
        return
    if verb == "query":
        yield from mistakes(_TIME.sub("", typed.partition(" ")[2]), metrics)


def _read(verb: str, words: Sequence[str], typed: str, catalog: Catalog) -> None:
    """As the verb's own module reads it; the others have words that are names alone."""
    how, rest = ENTRIES[verb].how(catalog.slack.command), typed.partition(" ")[2]
    match verb:
        case "query":
            read_query(words, rest, catalog, command=catalog.slack.command)
        case "logs":
            read_logs(typed, catalog, how=how)
        case "silence":
            read_request(rest, how=how, is_dry_run=False)
