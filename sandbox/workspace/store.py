"""The workspace's memory and the numbers it gives out: ids and timestamps, the same every run."""

import hashlib
import itertools

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.workspace.state import Channel, File, Message, User, UserGroup

BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Ids:
    """Ids that look like Slack's and depend on nothing but their order."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, prefix: str) -> str:
        """`F` → `F0000000A1`."""
        number, digits = next(self._numbers), ""
        while number:
            number, digit = divmod(number, 36)
            digits = BASE_36[digit] + digits
        return f"{prefix}{digits:0>9}"

    def secret(self, prefix: str) -> str:
        """Something for a URL; unguessable it is not, and on loopback need not be."""
        return hashlib.sha256(self.new(prefix).encode()).hexdigest()[:24]


class Store:
    """Everything the workspace knows, seeded with the sandbox's people and channels."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ids = Ids()
        self._last_micros = 0
        bot = User(seeds.BOT_USER_ID, "credlink", "CredLink", is_bot=True)
        self.users = {
            user.id: user
            for user in (bot, *(User(p.id, p.name, p.real_name, p.email) for p in seeds.PEOPLE))
        }
        self.user_groups = {
            group.id: UserGroup(group.id, group.handle, list(group.members))
            for group in seeds.USER_GROUPS
        }
        people = [person.id for person in seeds.PEOPLE]
        self.channels = {
            channel.id: Channel(
                channel.id,
                channel.name,
                purpose=channel.purpose,
                creator=seeds.ALICE.id,
                created=int(clock.now()),
                members=list(people),
            )
            for channel in seeds.CHANNELS
        }
        self.files: dict[str, File] = {}

    def next_ts(self) -> str:
        """A message timestamp, strictly later than every one before it."""
        self._last_micros = max(int(self.clock.now() * 1_000_000), self._last_micros + 1)
        seconds, micros = divmod(self._last_micros, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def named(self, name: str) -> Channel | None:
        """The channel called `name`, with or without its #; direct messages have no name."""
        wanted = name.removeprefix("#")
        return next((c for c in self.channels.values() if c.name == wanted and not c.is_im), None)

    def direct_message(self, user_id: str) -> Channel:
        """The conversation between the bot and a person, opened when it is not there yet."""
        channel_id = "D" + user_id[1:]
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(
                channel_id,
                self.users[user_id].name,
                kind="im",
                creator=user_id,
                created=int(self.clock.now()),
                members=[seeds.BOT_USER_ID, user_id],
            )
        return self.channels[channel_id]

    def person_of(self, direct: Channel) -> str:
        """Who the bot talks to in a direct message."""
        return next(member for member in direct.members if member != seeds.BOT_USER_ID)

    def visible_to(self, channel: Channel, user_id: str) -> bool:
        """Public channels are seen by everybody, the others by their members."""
        return not channel.is_private or user_id in channel.members

    def message(self, channel_id: str, ts: str) -> Message | None:
        """A message of a channel, ephemeral ones included."""
        channel = self.channels.get(channel_id)
        if channel is None:
            return None
        return channel.messages.get(ts) or channel.ephemerals.get(ts)
