"""Pages that cannot fall behind: what they say is what the code has."""

import re
from pathlib import Path

import yaml

from bot.catalog_file import load
from bot.slack import scopes
from commands import ENTRIES

MANIFEST = yaml.safe_load(Path("manifest.yml").read_text())
CATALOG = load(Path("credlink.example.yml"))


def test_the_commands_page_has_every_verb_with_its_usage_and_no_other():
    page = Path("docs/commands.md").read_text().replace(r"\|", "|")  # in a table

    said = set(re.findall(r"^\| `/credlink ([^`]+)` \|", page, flags=re.MULTILINE))

    assert said == {entry.usage for entry in ENTRIES.values()}


def test_the_manifest_declares_the_command_the_catalogue_names():
    declared = [command["command"] for command in MANIFEST["features"]["slash_commands"]]

    assert declared == [CATALOG.slack.command]


def test_the_doctor_asks_for_exactly_the_scopes_the_manifest_asks_for():
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == scopes.REQUIRED


def test_the_readme_names_two_commands_for_a_fresh_machine():
    readme = Path("README.md").read_text()
    makefile = Path("Makefile").read_text()

    for target in ("sandbox", "test", "demo"):
        assert f"make {target}" in readme
        assert f"\n{target}:" in makefile
