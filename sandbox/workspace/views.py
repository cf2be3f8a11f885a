"""Modals and Home tabs: stacks of at most three, hashes, external ids.

Source: https://docs.slack.dev/reference/views and the views.* methods.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from sandbox import seeds
from sandbox.workspace.store import Ids
from sandbox.workspace.wire import ApiError

MAX_STACK = 3


@dataclass(slots=True)
class View:
    """One view of one person; `content` is what the app sent, block ids filled in."""

    id: str
    user: str
    content: dict[str, Any]
    root_id: str
    previous_id: str | None = None
    revision: int = 1
    state: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Changes with every update."""
        return hashlib.sha256(f"{self.id} {self.revision}".encode()).hexdigest()[:16]

    @property
    def external_id(self) -> str:
        return str(self.content.get("external_id") or "")

    @property
    def blocks(self) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = self.content["blocks"]
        return blocks

    def json(self) -> dict[str, Any]:
        """The view object as methods answer and payloads carry it."""
        content = self.content
        return {
            "id": self.id,
            "team_id": seeds.TEAM_ID,
            "type": content["type"],
            "blocks": content["blocks"],
            "private_metadata": content.get("private_metadata", ""),
            "callback_id": content.get("callback_id", ""),
            "state": {"values": self.state},
            "hash": self.hash,
            "title": content.get("title"),
            "clear_on_close": content.get("clear_on_close", False),
            "notify_on_close": content.get("notify_on_close", False),
            "close": content.get("close"),
            "submit": content.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": seeds.APP_ID,
            "external_id": self.external_id,
            "app_installed_team_id": seeds.TEAM_ID,
            "bot_id": seeds.BOT_ID,
        }


class Views:
    """What each person has open, and their Home tabs."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """The person's modals, the one on top last."""
        return self._stacks.setdefault(user, [])

    def find(self, view_id: str) -> View | None:
        return next((view for view in self._all() if view.id == view_id), None)

    def find_external(self, external_id: str) -> View | None:
        return next((view for view in self._all() if view.external_id == external_id), None)

    def open(self, user: str, content: dict[str, Any]) -> View:
        """Open a first modal; whatever the person had open goes away, as in Slack's client."""
        self._external_id_is_free(content)
        view_id = self._ids.new("V")
        view = View(view_id, user, content, root_id=view_id)
        self._stacks[user] = [view]
        return view

    def push(self, user: str, content: dict[str, Any]) -> View:
        """Put a modal on top of the open ones.

        Raises:
            ApiError: not_found when none is open, push_limit_reached at three.
        """
        stack = self.stack(user)
        if not stack:
            raise ApiError("not_found")
        if len(stack) >= MAX_STACK:
            raise ApiError("push_limit_reached")
        self._external_id_is_free(content)
        top = stack[-1]
        view = View(self._ids.new("V"), user, content, top.root_id, previous_id=top.id)
        stack.append(view)
        return view

    def update(self, view: View, content: dict[str, Any], expected_hash: str | None) -> None:
        """Replace what a view shows.

        Raises:
            ApiError: hash_conflict when the view has changed since `expected_hash`.
        """
        if expected_hash is not None and expected_hash != view.hash:
            raise ApiError("hash_conflict")
        if content.get("external_id") != view.content.get("external_id"):
            self._external_id_is_free(content)
        view.content = content
        view.revision += 1
        kept = {block["block_id"] for block in content["blocks"]}
        view.state = {block: values for block, values in view.state.items() if block in kept}

    def publish(self, user: str, content: dict[str, Any], expected_hash: str | None) -> View:
        """Set the person's Home tab."""
        home = self.homes.get(user)
        if home is None:
            self._external_id_is_free(content)
            view_id = self._ids.new("V")
            home = self.homes[user] = View(view_id, user, content, root_id=view_id)
        else:
            self.update(home, content, expected_hash)
        return home

    def close(self, view: View) -> list[View]:
        """Take the view, and whatever lies on it, from the person's stack; return what was."""
        stack = self.stack(view.user)
        start = stack.index(view) if view in stack else len(stack)
        closed, stack[start:] = stack[start:], []
        return closed

    def clear(self, user: str) -> list[View]:
        """Close everything the person has open; return what was."""
        return self._stacks.pop(user, [])

    def _all(self) -> list[View]:
        opened = [view for stack in self._stacks.values() for view in stack]
        return opened + list(self.homes.values())

    def _external_id_is_free(self, content: dict[str, Any]) -> None:
        external_id = content.get("external_id")
        if external_id and self.find_external(external_id) is not None:
            raise ApiError("duplicate_external_id")
