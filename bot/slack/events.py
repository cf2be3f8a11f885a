"""What events change: who is in which group, where the bot is, whose App Home is looked at; and a
word for people who speak to the bot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from bot.cards.answer import Answer
from bot.slack.listeners import On
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.slack.requests import Whereto


class OnHome(Protocol):
    """Somebody opened their App Home; `is_empty` where Slack has nothing to show in it."""

    def __call__(self, person: str, *, is_empty: bool) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """`greeting` answers a mention or a direct message: how to write what the bot understands."""

    people: People
    replies: Replies
    greeting: Answer
    bot_user_id: str
    entered: Callable[[str], None]
    """The bot was let into a channel."""
    home_opened: OnHome

    def table(self) -> Mapping[str, On]:
        """Event types and what they do; every other type is acknowledged and ignored."""
        return {
            "subteam_members_changed": self._members_changed,
            "app_mention": self._greet,
            "message": self._direct_message,
            "member_joined_channel": self._joined,
            "app_home_opened": self._home,
        }

    def _members_changed(self, event: Mapping[str, Any]) -> None:
        self.people.members_changed(
            str(event["subteam_id"]),
            added=event.get("added_users") or (),
            removed=event.get("removed_users") or (),
        )

    def _joined(self, event: Mapping[str, Any]) -> None:
        if event.get("user") == self.bot_user_id:
            self.entered(str(event["channel"]))

    def _home(self, event: Mapping[str, Any]) -> None:
        if event.get("tab") == "home":
            self.home_opened(str(event["user"]), is_empty=not event.get("view"))

    def _direct_message(self, event: Mapping[str, Any]) -> None:
        by_a_person = "bot_id" not in event and "subtype" not in event
        if event.get("channel_type") == "im" and by_a_person:
            self._greet(event)

    def _greet(self, event: Mapping[str, Any]) -> None:
        if event.get("user"):
            to = Whereto(event["user"], event["channel"], event.get("thread_ts"), None)
            self.replies.tell(to, self.greeting, uuid4().hex[:12])
