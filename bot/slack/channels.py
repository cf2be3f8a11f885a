"""Which channels there are and which we are in: asked at start, kept in memory."""

import asyncio
import logging
from collections.abc import Iterable

from bot.slack.api import SlackApi
from bot.slack.errors import Refused, SlackError

REFRESH_S = 60.0
"""The list is asked for at most so often when a name is not in it: it may be new."""
TYPES = "public_channel,private_channel"

log = logging.getLogger(__name__)


class Channels:
    """Names to ids, and membership of the channels the catalogue names."""

    def __init__(self, api: SlackApi, configured: Iterable[str]) -> None:
        """`configured`: `#name` or ids."""
        self._api = api
        self._configured = tuple(dict.fromkeys(configured))
        self._ids: dict[str, str] = {}
        self._joined: set[str] = set()
        self._direct: dict[str, str] = {}
        self._asked_at = float("-inf")
        self.has_entered = False
        """Whether the configured channels were joined, or found closed."""
        self.unreachable: dict[str, str] = {}
        """Configured channels the bot cannot work in, and why, in words."""

    async def start(self) -> None:
        """List the channels: names are looked up here, never in a request.

        Raises:
            SlackError: they cannot be listed.
        """
        await self._list()

    async def enter(self) -> None:
        """Join the configured public channels; which one is closed to us is in `unreachable`.

        Slack tells of each joining by an event: do it when events are taken.
        """
        for reference in self._configured:
            await self._enter(reference)
        self.has_entered = True

    async def resolve(self, reference: str) -> str:
        """The id of `#name`, of an id, or of the direct messages with a person (`U…`).

        Raises:
            Refused: channel_not_found.
            SlackError: Slack did not say.
        """
        if reference.startswith("#"):
            return await self._id_of(reference[1:])
        if reference.startswith(("U", "W")):
            return await self._direct_with(reference)
        return reference

    def is_in(self, channel_id: str) -> bool:
        """Whether the bot is a member, as far as it has been told."""
        return channel_id in self._joined

    def is_direct_with(self, user_id: str, channel_id: str) -> bool:
        """Whether these are known to be the bot's direct messages with this person."""
        return self._direct.get(user_id) == channel_id

    def entered(self, channel_id: str) -> None:
        """Slack told us that the bot has been let into a channel."""
        self._joined.add(channel_id)

    def left(self, channel_id: str) -> None:
        """Slack told us that the bot is not in a channel any more."""
        self._joined.discard(channel_id)

    async def join(self, channel_id: str) -> bool:
        """Join a public channel; False where that is not possible without an invitation."""
        try:
            await self._api.call("conversations.join", channel=channel_id)
        except Refused:
            return False
        self._joined.add(channel_id)
        return True

    async def _enter(self, reference: str) -> None:
        try:
            channel_id = await self.resolve(reference)
            if channel_id in self._joined:
                return
            await self._api.patiently("conversations.join", channel=channel_id)
            self._joined.add(channel_id)
            self.unreachable.pop(reference, None)
        except SlackError as exc:
            self.unreachable[reference] = _why(reference, exc)
            log.warning(
                "channel_not_joined",
                extra={
                    "action": "channel_not_joined",
                    "channel": reference,
                    "reason": self.unreachable[reference],
                },
            )

    async def _id_of(self, name: str) -> str:
        loop = asyncio.get_running_loop()
        if name not in self._ids and loop.time() - self._asked_at > REFRESH_S:
            await self._list()
        if name not in self._ids:
            raise Refused("conversations.list", "channel_not_found")
        return self._ids[name]

    async def _direct_with(self, user_id: str) -> str:
        if user_id not in self._direct:
            opened = await self._api.call("conversations.open", users=user_id)
            self._direct[user_id] = opened["channel"]["id"]
        return self._direct[user_id]

    async def _list(self) -> None:
        self._asked_at = asyncio.get_running_loop().time()
        async for channel in self._api.pages(
            "conversations.list", "channels", types=TYPES, exclude_archived=True
        ):
            self._ids[channel["name"]] = channel["id"]
            if channel.get("is_member"):
                self._joined.add(channel["id"])


def _why(reference: str, exc: SlackError) -> str:
    if exc.code == "channel_not_found":
        return f"There is no {reference}, or it is private: then invite the bot into it."
    if exc.code in {"method_not_supported_for_channel_type", "missing_scope"}:
        return f"The bot is not in {reference}: invite it there."
    if exc.code == "is_archived":
        return f"{reference} is archived."
    return f"{reference} could not be joined: {exc.code}."
