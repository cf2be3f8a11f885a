"""What people type, as Slack's client sends it on: escaped, names turned into ids."""

import re

from sandbox import seeds
from sandbox.workspace.store import Store

BROADCASTS = {"here", "channel", "everyone"}
NAME = re.compile(r"(?<![\w<&])([@#])([a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])")
LINK = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)]")


def escaped(text: str) -> str:
    """The three characters Slack escapes.

    Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_sent(text: str, store: Store, *, with_names: bool = True) -> str:
    """The text an app receives for what somebody typed.

    `with_names` is true for messages and for commands with `should_escape`: people, channels,
    groups and links are then marked up.
    """
    sent = escaped(text)
    if not with_names:
        return sent
    sent = LINK.sub(lambda match: f"<{match[0]}>", sent)
    return NAME.sub(lambda match: _marked(match, store), sent)


def mentions_bot(text: str) -> bool:
    return f"<@{seeds.BOT_USER_ID}" in text


def _marked(match: "re.Match[str]", store: Store) -> str:
    sign, name = match.groups()
    if sign == "#":
        channel = store.named(name)
        return f"<#{channel.id}|{channel.name}>" if channel else match[0]
    if name in BROADCASTS:
        return f"<!{name}>"
    for user in store.users.values():
        if user.name == name:
            return f"<@{user.id}>"
    for group in store.user_groups.values():
        if group.handle == name:
            return f"<!subteam^{group.id}>"
    return match[0]
