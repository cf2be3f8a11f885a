"""The parts of the workspace that methods, interactions and the control API share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import seeds
from sandbox.workspace import shapes
from sandbox.workspace.delivery import Deliveries
from sandbox.workspace.events import Events
from sandbox.workspace.faults import Mischief
from sandbox.workspace.limits import Limits
from sandbox.workspace.manifest import Installation
from sandbox.workspace.responses import ResponseUrls
from sandbox.workspace.sockets import Sockets
from sandbox.workspace.state import Channel, Message
from sandbox.workspace.store import Store
from sandbox.workspace.stream import Stream
from sandbox.workspace.timing import Timing
from sandbox.workspace.triggers import Triggers
from sandbox.workspace.views import Views


@dataclass(frozen=True, slots=True)
class Platform:
    """One workspace with one app installed."""

    timing: Timing
    store: Store
    app: Installation
    limits: Limits
    triggers: Triggers
    response_urls: ResponseUrls
    views: Views
    sockets: Sockets
    deliveries: Deliveries
    events: Events
    stream: Stream
    mischief: Mischief
    address: Callable[[], str]

    def file_json(self, file_id: str) -> dict[str, Any]:
        """A file object as the Web API shows it."""
        return shapes.file(self.store.files[file_id], self.address())

    def message_json(
        self, message: Message, channel: Channel, *, with_metadata: bool = False
    ) -> dict[str, Any]:
        """A message object as the Web API shows it."""
        return shapes.message(message, channel, self.file_json, with_metadata=with_metadata)

    def bot_is_in(self, channel: Channel) -> bool:
        return seeds.BOT_USER_ID in channel.members

    def viewers(self, channel: Channel, message: Message | None = None) -> set[str]:
        """Whom the stream tells about something in this channel."""
        if message is not None and message.visible_to is not None:
            return {message.visible_to}
        return set(channel.members)
