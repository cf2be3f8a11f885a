"""What the workspace remembers: channels, messages, people, files. Mutable, in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox import seeds


@dataclass(slots=True)
class User:
    """A person, or the bot."""

    id: str
    name: str
    real_name: str
    email: str = ""
    is_bot: bool = False


@dataclass(slots=True)
class UserGroup:
    """A user group, mentioned by its handle."""

    id: str
    handle: str
    members: list[str]


@dataclass(slots=True)
class Message:
    """One message; `ts` is its identity within its channel."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: dict[str, Any] | None = None
    edited_ts: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    visible_to: str | None = None
    """The one person who sees it, for an ephemeral message."""

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def by_bot(self) -> bool:
        return self.user == seeds.BOT_USER_ID


@dataclass(slots=True)
class Channel:
    """A conversation: public channel, private channel (`group`) or direct message (`im`)."""

    id: str
    name: str
    kind: str = "channel"
    purpose: str = ""
    topic: str = ""
    creator: str = ""
    created: int = 0
    members: list[str] = field(default_factory=list)
    is_archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)
    """The replies of each thread by its parent's ts, oldest first."""
    ephemerals: dict[str, Message] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    bookmarks: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_im(self) -> bool:
        return self.kind == "im"

    @property
    def is_private(self) -> bool:
        return self.kind != "channel"

    def replies(self, thread_ts: str) -> list[Message]:
        """The replies of a thread, oldest first."""
        return [self.messages[ts] for ts in self.threads.get(thread_ts, ())]

    def add(self, message: Message) -> None:
        """Keep a message, in its thread if it is a reply."""
        if message.visible_to is not None:
            self.ephemerals[message.ts] = message
            return
        self.messages[message.ts] = message
        if message.thread_ts is not None and message.is_reply:
            self.threads.setdefault(message.thread_ts, []).append(message.ts)

    def remove(self, message: Message) -> None:
        """Forget a message; its replies stay."""
        self.ephemerals.pop(message.ts, None)
        self.messages.pop(message.ts, None)
        if message.thread_ts is not None and message.ts in self.threads.get(message.thread_ts, ()):
            self.threads[message.thread_ts].remove(message.ts)
        if message.ts in self.pins:
            self.pins.remove(message.ts)

    def top_level(self) -> Iterator[Message]:
        """What the channel itself shows: no replies but those sent to the channel as well."""
        return (m for m in self.messages.values() if not m.is_reply or m.broadcast)


@dataclass(slots=True)
class File:
    """An uploaded file; `ready` when Slack has processed it, `shared` by channel once shown."""

    id: str
    name: str
    title: str
    length: int
    created: int
    user: str
    alt_text: str = ""
    content: bytes | None = None
    completed: bool = False
    ready: bool = False
    mimetype: str = ""
    filetype: str = ""
    shared: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def is_image(self) -> bool:
        return self.mimetype.startswith("image/")
