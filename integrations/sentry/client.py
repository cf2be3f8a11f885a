"""Sentry's REST API: issues, releases, deploys."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from integrations.http import HttpApi
from integrations.sentry.models import Issue

SYSTEM = "sentry"
# https://docs.sentry.io/api/events/list-an-organizations-issues/
MOST_ISSUES = 100


class SentryClient:
    """One Sentry, with an internal integration's token.

    The token needs event:read for issues and project:releases (or org:ci) for releases.
    """

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

    async def list_issues(
        self,
        organization: str,
        *,
        project: str | None = None,
        query: str = "",
        environment: str | None = None,
        between: tuple[datetime, datetime] | None = None,
        sort: str = "date",
        limit: int = 25,
    ) -> tuple[Issue, ...]:
        """Return issues that match Sentry's search, last seen first.

        `query` is Sentry's own search language: `first-release:v1.3.0 is:unresolved`. An empty one
        finds resolved issues too. `project` is a slug. `sort` is one of date, new, trends, freq,
        user. At most 100. Without `between` Sentry looks back 14 days.

        Costs one call.

        Raises:
            NotFound: there is no such organization, or we may not see it.
            Rejected: Sentry does not understand the search, and says why.
            Forbidden: the token is wrong or lacks event:read.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.sentry.io/api/events/list-an-organizations-issues/
        """
        # By id is the parameter `project`; by slug it is part of the search.
        terms = [f"project:{project}"] if project is not None else []
        params = [
            ("query", " ".join([*terms, query]).strip()),
            ("sort", sort),
            ("limit", str(min(limit, MOST_ISSUES))),
        ]
        if environment is not None:
            params.append(("environment", environment))
        if between is not None:
            start, end = between
            params += [("start", _written(start)), ("end", _written(end))]
        path = f"/api/0/organizations/{quote(organization, safe='')}/issues/"
        raws = await self._http.send_for_list("list_issues", "GET", path, params=params)
        try:
            return tuple(_issue(raw) for raw in raws)
        except (KeyError, TypeError, ValueError) as exc:
            raise self._http.misread("list_issues", exc) from None

    async def create_release(
        self,
        organization: str,
        version: str,
        *,
        projects: Iterable[str],
        url: str | None = None,
    ) -> None:
        """Make a release known to `projects` (slugs).

        May be repeated: a version that exists gets the projects it lacks.

        Costs one call.

        Raises:
            NotFound: there is no such organization.
            Rejected: the version is not one Sentry accepts, or a project does not exist.
            Forbidden: the token is wrong or lacks project:releases.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.sentry.io/api/releases/create-a-new-release-for-an-organization/
        """
        body: dict[str, Any] = {"version": version, "projects": list(projects)}
        if url is not None:
            body["url"] = url
        path = f"/api/0/organizations/{quote(organization, safe='')}/releases/"
        await self._http.send("create_release", "POST", path, body=body)

    async def create_deploy(
        self,
        organization: str,
        version: str,
        *,
        environment: str,
        started_at: datetime | None = None,
        finished_at: datetime | None = None,
        name: str | None = None,
        url: str | None = None,
    ) -> str:
        """Say that a release was deployed to an environment, and return the deploy's id.

        Not idempotent: every call is a deploy more.

        Costs one call. Errors as `create_release`, and NotFound without the release.

        Source: https://docs.sentry.io/api/releases/create-a-new-deploy-for-an-organization/
        """
        given = {
            "dateStarted": None if started_at is None else _written(started_at),
            "dateFinished": None if finished_at is None else _written(finished_at),
            "name": name,
            "url": url,
        }
        body = {"environment": environment, **{k: v for k, v in given.items() if v is not None}}
        # A version may hold slashes and more.
        path = (
            f"/api/0/organizations/{quote(organization, safe='')}"
            f"/releases/{quote(version, safe='')}/deploys/"
        )
        raw = await self._http.send_for_json("create_deploy", "POST", path, body=body)
        try:
            return str(raw["id"])
        except (KeyError, TypeError) as exc:
            raise self._http.misread("create_deploy", exc) from None

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _issue(raw: Mapping[str, Any]) -> Issue:
    return Issue(
        id=raw["id"],
        short_id=raw["shortId"],
        title=raw["title"],
        culprit=raw.get("culprit") or "",
        level=raw.get("level") or "error",
        status=raw["status"],
        permalink=raw.get("permalink") or "",
        events=int(raw["count"]),  # Sentry sends it as text
        users=raw.get("userCount", 0),
        first_seen_at=datetime.fromisoformat(raw["firstSeen"]).astimezone(UTC),
        last_seen_at=datetime.fromisoformat(raw["lastSeen"]).astimezone(UTC),
    )
