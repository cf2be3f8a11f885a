"""The app as installed: what `manifest.yml` asked for, and what has been taken away since."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox import seeds


@dataclass(frozen=True, slots=True)
class Command:
    """A declared slash command."""

    command: str
    description: str
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of an app manifest the workspace acts on.

    Source: https://docs.slack.dev/reference/app-manifest
    """

    name: str
    display_name: str
    scopes: frozenset[str]
    events: frozenset[str]
    commands: Mapping[str, Command]
    shortcuts: Mapping[str, str]
    """Type (`global` or `message`) by callback id."""
    home_tab: bool
    interactivity: bool
    socket_mode: bool


class InvalidManifest(ValueError):
    """The manifest is one Slack would refuse; the text names the field."""


def load(path: Path) -> Manifest:
    """Read the manifest the bot ships.

    Raises:
        InvalidManifest: a required part is missing or breaks a limit of Slack's schema.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    information = _part(document, "display_information")
    features = _part(document, "features")
    settings = _part(document, "settings")
    scopes = _part(_part(document, "oauth_config"), "scopes")
    commands = [_command(each) for each in features.get("slash_commands", [])]
    _limit("display_information.name", information.get("name", ""), 1, 35)
    _limit("display_information.description", information.get("description", ""), 0, 140)
    if "long_description" in information:
        _limit("display_information.long_description", information["long_description"], 175, 4000)
    return Manifest(
        name=information["name"],
        display_name=_part(features, "bot_user")["display_name"],
        scopes=frozenset(scopes.get("bot", [])),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
        commands={command.command: command for command in commands},
        shortcuts={each["callback_id"]: each["type"] for each in features.get("shortcuts", [])},
        home_tab=bool(features.get("app_home", {}).get("home_tab_enabled", False)),
        interactivity=bool(settings.get("interactivity", {}).get("is_enabled", False)),
        socket_mode=bool(settings.get("socket_mode_enabled", False)),
    )


def _part(document: Any, name: str) -> dict[str, Any]:
    part = document.get(name) if isinstance(document, dict) else None
    if not isinstance(part, dict):
        raise InvalidManifest(f"{name} is missing")
    return part


def _command(written: dict[str, Any]) -> Command:
    name = str(written.get("command", ""))
    if not name.startswith("/"):
        raise InvalidManifest(f"slash command {name!r} must start with /")
    _limit("slash_commands.command", name, 2, 32)
    return Command(
        command=name,
        description=str(written.get("description", "")),
        usage_hint=str(written.get("usage_hint", "")),
        should_escape=bool(written.get("should_escape", False)),
    )


def _limit(name: str, value: str, minimum: int, maximum: int) -> None:
    if not minimum <= len(value) <= maximum:
        raise InvalidManifest(f"{name} must have {minimum} to {maximum} characters")


@dataclass(slots=True)
class Installation:
    """The app in this workspace as it is now; faults take rights away and give them back."""

    manifest: Manifest
    scopes: set[str] = field(init=False)
    revoked: bool = False

    def __post_init__(self) -> None:
        self.scopes = set(self.manifest.scopes)

    def restore(self) -> None:
        """Give back every scope and the token."""
        self.scopes = set(self.manifest.scopes)
        self.revoked = False

    def token_kind(self, token: str) -> str | None:
        """`bot`, `app`, or None for a token this workspace never gave out or has revoked."""
        if token == seeds.BOT_TOKEN and not self.revoked:
            return "bot"
        return "app" if token == seeds.APP_TOKEN else None
