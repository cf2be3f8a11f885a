"""Locks: a hold that somebody puts on a place, and when its owner is asked whether it is needed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.catalog import ANY

LONGEST = timedelta(days=30)
"""A lock that is to stand for longer is a policy and belongs into the catalogue."""
NUDGE_AFTER = timedelta(hours=12)
"""A lock this old has outlived the shift it was set in: its owner is asked whether it is still
needed. An end that is far off changes nothing, because a forgotten lock costs the same whatever was
said when it was set; one that ends within this time goes by itself and is not asked about."""
NUDGE_EVERY = timedelta(days=1)
BOT = "bot"
"""The owner of a lock that an automatic rollback set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One hold on a service in an environment, or on all of it (`service` is `*`)."""

    id: str
    environment: str
    service: str
    owner: str
    """A Slack user id, or `bot`."""
    reason: str
    at: datetime
    expires_at: datetime | None = None
    nudged_at: datetime | None = None
    """When the owner was last asked, or last said to keep it."""
    change_id: str | None = None
    """The rollback that set it."""
    released_at: datetime | None = None
    released_by: str | None = None
    """None with `released_at` set: its time was over."""

    def stands(self, now: datetime) -> bool:
        """Whether it refuses changes now; one whose time is over does not, even unreleased."""
        return self.released_at is None and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def covers(self, environment: str, service: str) -> bool:
        """Whether it holds this place."""
        return self.environment == environment and self.service in {service, ANY}

    @property
    def keeps_a_version_out(self) -> bool:
        """Whether a rollback set it, against the version it left: what runs is not its matter."""
        return self.owner == BOT or self.change_id is not None

    @property
    def question(self) -> str | None:
        """The id of the question its owner was last asked; another time it is another one."""
        return f"{self.id}:{int(self.nudged_at.timestamp())}" if self.nudged_at else None

    def wants_nudge(self, now: datetime, *, pace: float = 1.0) -> bool:
        """Whether its owner is to be asked now. Only a person can be asked; ages by `pace`."""
        after, every = NUDGE_AFTER / pace, NUDGE_EVERY / pace
        if not self.stands(now) or not is_person(self.owner) or now - self.at < after:
            return False
        if self.expires_at is not None and self.expires_at - now <= after:
            return False
        return self.nudged_at is None or now - self.nudged_at >= every


def is_person(owner: str) -> bool:
    """Whether this is a Slack user id, which direct messages can reach."""
    return owner.startswith(("U", "W"))
