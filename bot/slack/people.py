"""Who is in which user group, and under what address: asked at start, kept in memory.

Rights are decided within Slack's three seconds, so nobody asks Slack then.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping

from bot.slack.api import SlackApi
from bot.slack.errors import Refused, SlackError

REFRESH_S = 3600.0
AGAIN_S = 30.0
"""When it is tried again after Slack did not answer."""

log = logging.getLogger(__name__)


class People:
    """The Slack directory."""

    def __init__(
        self, api: SlackApi, groups: Iterable[str], *, refresh_s: float = REFRESH_S
    ) -> None:
        """`groups`: the ids of the user groups the catalogue gives rights to."""
        self._api = api
        self._wanted = frozenset(groups)
        self._refresh_s = refresh_s
        self._groups: dict[str, frozenset[str]] = {}
        self._emails: dict[str, str | None] = {}
        self._names: dict[str, str] = {}
        self._unread: frozenset[str] = frozenset()
        self._stale = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read groups and addresses; what cannot be read gives nobody any right."""
        wait_s = self._refresh_s if await self.refresh() else AGAIN_S
        self._task = asyncio.create_task(self._keep_fresh(wait_s), name="people")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def groups_of(self, user_id: str) -> frozenset[str]:
        """The ids of the user groups this person is in, as last read."""
        return frozenset(group for group, members in self._groups.items() if user_id in members)

    def name_of(self, user_id: str) -> str:
        """What the person is called, as last read; their id where Slack has not said."""
        return self._names.get(user_id, user_id)

    async def email_of(self, user_id: str) -> str | None:
        """The person's address; None when Slack does not give one.

        Raises:
            SlackError: Slack did not say.
        """
        if user_id not in self._emails:
            try:
                said = await self._api.call("users.info", user=user_id)
            except Refused:
                return None
            self._emails[user_id] = (said["user"].get("profile") or {}).get("email")
        return self._emails[user_id]

    def members_changed(self, group: str, *, added: Iterable[str], removed: Iterable[str]) -> None:
        """Slack says who came and went (subteam_members_changed): it counts at once."""
        if group in self._wanted:
            self._groups[group] = (self._groups.get(group, frozenset()) | {*added}) - {*removed}
            self._stale.set()

    async def refresh(self) -> bool:
        """Read everything now; False when Slack did not answer, and what was read still holds.

        A group that Slack refuses to show has nobody in it: rights are denied.
        """
        try:
            await self._read_groups()
            await self._read_addresses()
        except Refused as exc:
            self._groups = {}
            self._say_unread(self._wanted, str(exc))
        except SlackError as exc:
            self._say_unread(self._wanted - self._groups.keys(), str(exc))
            return False
        return True

    async def _read_groups(self) -> None:
        found = await read_groups(self._api)
        self._groups = {group: found.get(group, frozenset()) for group in self._wanted}
        self._say_unread(self._wanted - found.keys(), "not among the workspace's user groups")

    async def _read_addresses(self) -> None:
        try:
            async for person in self._api.pages("users.list", "members"):
                profile = person.get("profile") or {}
                self._emails[person["id"]] = profile.get("email")
                name = profile.get("real_name") or person.get("real_name") or person.get("name")
                self._names[person["id"]] = str(name or person["id"])
        except SlackError as exc:
            # They are asked for one by one when needed.
            log.warning(
                "addresses_unread", extra={"action": "addresses_unread", "reason": str(exc)}
            )

    def _say_unread(self, groups: frozenset[str], why: str) -> None:
        if groups - self._unread:
            log.error(
                "user_groups_unread",
                extra={"action": "user_groups_unread", "groups": sorted(groups), "reason": why},
            )
        self._unread = groups

    async def _keep_fresh(self, wait_s: float) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._stale.wait()
            self._stale.clear()
            wait_s = self._refresh_s if await self.refresh() else AGAIN_S


async def read_groups(api: SlackApi, *, attempts: int = 5) -> Mapping[str, frozenset[str]]:
    """Who is in each user group that is enabled and whose members Slack shows, by its id.

    Raises:
        SlackError: the token lacks usergroups:read, the plan has no user groups, or Slack did not
            answer.

    Source: https://docs.slack.dev/reference/methods/usergroups.list
    """
    said = await api.patiently(
        "usergroups.list", attempts=attempts, include_users=True, include_disabled=False
    )
    return {
        group["id"]: frozenset(group["users"])
        for group in said.get("usergroups") or []
        if isinstance(group.get("users"), list)
    }
