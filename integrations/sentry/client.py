"""Sentry's REST API: issues, releases, deploys."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from integrations.errors import NotFound
from integrations.sentry import reading
from integrations.sentry.acting import Acting
from integrations.sentry.calls import SYSTEM, of_organization, of_project, written
from integrations.sentry.models import Commit, Incident, Issue

__all__ = ["MOST_ISSUES", "SYSTEM", "SentryClient"]

# https://docs.sentry.io/api/events/list-an-organizations-issues/
MOST_ISSUES = 100


class SentryClient(Acting):
    """One Sentry, with an internal integration's token.

    The token needs event:read for issues and project:releases (or org:ci) for releases.
    """

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
            params += [("start", written(start)), ("end", written(end))]
        path = of_organization(organization, "issues")
        raws = await self._http.send_for_list("list_issues", "GET", path, params=params)
        return tuple(self.read("list_issues", reading.issue, raw) for raw in raws)

    async def get_incident(self, organization: str, identifier: str) -> Incident:
        """Return how a metric alert that fired stands.

        Costs one call.

        Raises:
            NotFound: there is no such incident, or this Sentry does not tell of them.
            Forbidden: the token is wrong or lacks event:read or alerts:read.
            RateLimited, Unavailable: worth another try.

        Source: getsentry/sentry, api/urls.py: organizations/{organization}/incidents/{identifier}/
        """
        path = of_organization(organization, "incidents", identifier)
        raw = await self._http.send_for_json("get_incident", "GET", path)
        return self.read("get_incident", reading.incident, raw)

    async def find_suspect_commit(
        self, organization: str, project: str, issue_id: str
    ) -> Commit | None:
        """Return the commit Sentry suspects of the latest event; None where it suspects none.

        Sentry knows commits only of repositories that are connected to it.

        Costs two calls.

        Raises:
            NotFound: there is no such issue, or none of its events is kept.
            Forbidden: the token is wrong or lacks event:read.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.sentry.io/api/events/retrieve-an-issue-event/, and getsentry/sentry,
        api/urls.py: projects/{organization}/{project}/events/{id}/committers/
        """
        latest = of_organization(organization, "issues", issue_id, "events", "latest")
        raw = await self._http.send_for_json("get_latest_event", "GET", latest)
        event_id = self.read("get_latest_event", lambda event: str(event["eventID"]), raw)
        path = of_project(organization, project, "events", event_id, "committers")
        try:
            raw = await self._http.send_for_json("list_committers", "GET", path)
        except NotFound:  # what Sentry says of an event without a release or without commits
            return None
        return self.read("list_committers", reading.commit, raw)

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
        path = of_organization(organization, "releases")
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
            "dateStarted": None if started_at is None else written(started_at),
            "dateFinished": None if finished_at is None else written(finished_at),
            "name": name,
            "url": url,
        }
        body = {"environment": environment, **{k: v for k, v in given.items() if v is not None}}
        path = of_organization(organization, "releases", version, "deploys")
        raw = await self._http.send_for_json("create_deploy", "POST", path, body=body)
        return self.read("create_deploy", lambda deploy: str(deploy["id"]), raw)
