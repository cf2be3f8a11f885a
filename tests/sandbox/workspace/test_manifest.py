"""The manifest the bot ships, and what the workspace makes of it."""

from pathlib import Path

import pytest
import yaml

from sandbox.workspace.events import SCOPES
from sandbox.workspace.manifest import InvalidManifest, load
from tests.sandbox.workspace.conftest import MANIFEST


def test_the_shipped_manifest_is_one_slack_would_take():
    manifest = load(MANIFEST)

    assert manifest.name == "CredLink"
    assert list(manifest.commands) == ["/credlink"]
    assert manifest.socket_mode
    assert manifest.interactivity
    assert manifest.home_tab


def test_every_subscription_has_the_scope_it_needs():
    manifest = load(MANIFEST)
    lacking = {event for event in manifest.events if SCOPES[event] not in {None, *manifest.scopes}}

    assert lacking == set()


def test_the_bot_does_not_read_along():
    assert not {"message.channels", "message.groups"} & load(MANIFEST).events


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda it: it.pop("features"), "features is missing"),
        (
            lambda it: it["display_information"].update(name="x" * 36),
            "display_information.name must have 1 to 35 characters",
        ),
        (
            lambda it: it["features"]["slash_commands"][0].update(command="credlink"),
            "must start with /",
        ),
    ],
)
def test_a_manifest_slack_would_refuse_is_refused(tmp_path: Path, change, problem):
    written = yaml.safe_load(MANIFEST.read_text())
    change(written)
    changed = tmp_path / "manifest.yml"
    changed.write_text(yaml.safe_dump(written))

    with pytest.raises(InvalidManifest, match=problem):
        load(changed)
