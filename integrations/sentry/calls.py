"""How Sentry's REST API is called: with an integration's token, as JSON."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from integrations.http import NOT_ITS_SHAPE, HttpApi

T = TypeVar("T")

SYSTEM = "sentry"


class Calls:
    """One Sentry, with an internal integration's token."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        connect_timeout_s: float = 3.0,
        deadline_s: float = 10.0,
    ) -> None:
        self._http = HttpApi(
            SYSTEM,
            base_url,
            headers={"Authorization": f"Bearer {token}"},
            secrets=(token,),
            connect_timeout_s=connect_timeout_s,
            deadline_s=deadline_s,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    def read(self, operation: str, read: Callable[[Any], T], raw: Any) -> T:
        """What an answer says.

        Raises:
            Unavailable: it is not Sentry's shape.
        """
        try:
            return read(raw)
        except NOT_ITS_SHAPE as exc:
            raise self._http.misread(operation, exc) from None


def of_organization(organization: str, *parts: str) -> str:
    """The path of something of an organization's; a version may hold slashes and more."""
    return (
        "/".join(
            [
                "/api/0/organizations",
                quote(organization, safe=""),
                *(quote(p, safe="") for p in parts),
            ]
        )
        + "/"
    )


def of_project(organization: str, project: str, *parts: str) -> str:
    """The path of something of a project's."""
    found = (quote(part, safe="") for part in (organization, project, *parts))
    return "/".join(["/api/0/projects", *found]) + "/"


def written(moment: datetime) -> str:
    """A moment as Sentry takes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
