"""What events change: who is in which group, and a word for people who speak to the bot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bot.cards.answer import Answer
from bot.slack.listeners import On
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.requests import Whereto


@dataclass(frozen=True, slots=True)
class Events:
    """`greeting` answers a mention or a direct message: how to write what the bot understands."""

    people: People
    replies: Replies
    greeting: Answer

    def table(self) -> Mapping[str, On]:
        """Event types and what they do; every other type is acknowledged and ignored."""
        return {
            "subteam_members_changed": self._members_changed,
            "app_mention": self._greet,
            "message": self._direct_message,
        }

    def _members_changed(self, event: Mapping[str, Any]) -> None:
        self.people.members_changed(
            str(event["subteam_id"]),
            added=event.get("added_users") or (),
            removed=event.get("removed_users") or (),
        )

    def _direct_message(self, event: Mapping[str, Any]) -> None:
        by_a_person = "bot_id" not in event and "subtype" not in event
        if event.get("channel_type") == "im" and by_a_person:
            self._greet(event)

    def _greet(self, event: Mapping[str, Any]) -> None:
        if event.get("user"):
            to = Whereto(event["user"], event["channel"], event.get("thread_ts"), None)
            self.replies.tell(to, self.greeting, uuid4().hex[:12])
