"""A stand-in for Sentry: issues by first release, acts on them, webhooks, releases, deploys.

Source: https://docs.sentry.io/api/
"""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.sentry import search
from sandbox.sentry.acts import Acts
from sandbox.sentry.hooks import Hooks
from sandbox.sentry.issue_api import IssueApi
from sandbox.sentry.issues import ORGANIZATION, PROJECT, Issue, Issues, moment
from sandbox.sentry.problems import Problem, json_object, not_found
from sandbox.sentry.web_page import WebPage
from sandbox.standin import Handler, StandIn

MOST_ISSUES = 100
SORTS = ("date", "new", "freq", "user", "trends", "inbox", "recommended")
VERSION_LIMIT = 200
RELEASE_FIELDS = {"version", "projects", "url", "ref", "refs", "commits", "dateReleased"}
DEPLOY_FIELDS = {"environment", "name", "url", "dateStarted", "dateFinished", "projects"}
ENVIRONMENT_LIMIT = 64
QUERY = {
    "query",
    "project",
    "environment",
    "statsPeriod",
    "start",
    "end",
    "sort",
    "limit",
    "cursor",
}


@dataclass(slots=True)
class Release:
    version: str
    projects: set[str]
    created_at: float
    url: str | None
    released_at: str | None
    deploys: list[dict[str, Any]] = field(default_factory=list)


class Sentry(StandIn):
    """Issues are made of what `saw` is told; releases and deploys of what the API is told.

    What becomes of an issue is told to `webhook_url`, if there is one.
    """

    name = "sentry"

    def __init__(self, *, clock: Clock | None = None, webhook_url: str | None = None) -> None:
        super().__init__(clock=clock)
        self.hooks = Hooks(webhook_url, self.clock)
        self.acts = Acts(self.hooks, self.clock)
        self.issues = Issues(self.clock.now(), on_new=self.acts.created)
        self.releases: dict[str, Release] = {}
        self._deploy_ids = itertools.count(1)

    def saw(self, environment: str, version: str, events: int) -> None:
        """Count errors of a version; made to be handed to `CredlinkApi` as `on_errors`."""
        self.issues.saw(
            environment=environment, version=version, events=events, at=self.clock.now()
        )

    def new_error(self, environment: str, version: str, events: int) -> None:
        """Have a version make an error that it never made before, whatever its tag says."""
        self.issues.report(
            environment=environment, version=version, events=events, at=self.clock.now()
        )

    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self.acts.url = self.url

    async def stop(self) -> None:
        await self.hooks.close()
        await super().stop()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._answer])
        api = "/api/0/organizations/{organization}"
        release = f"{api}/releases/{{version}}"
        app.add_routes(
            [
                web.get(f"{api}/", self._get_organization, name="get_organization"),
                web.get(f"{api}/issues/", self._list_issues, name="list_issues"),
                web.get(f"{api}/releases/", self._list_releases, name="list_releases"),
                web.post(f"{api}/releases/", self._create_release, name="create_release"),
                web.get(f"{release}/", self._get_release, name="get_release"),
                web.get(f"{release}/deploys/", self._list_deploys, name="list_deploys"),
                web.post(f"{release}/deploys/", self._create_deploy, name="create_deploy"),
                *IssueApi(self.issues, self.acts, lambda: self.url).routes(api),
                *WebPage(self.issues, self.acts).routes(),
            ]
        )
        return app

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = request.match_info.route.name or "unknown"
        if operation.startswith("page"):
            return await handler(request)

        async def effect(request: web.Request) -> web.StreamResponse:
            try:
                _check(request)
                return await handler(request)
            except Problem as problem:
                return problem.response()
            except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
                return not_found().response()

        arguments: dict[str, Any] = {**request.match_info, **request.query}
        if request.can_read_body:
            arguments["body"] = await request.text()
        response = await self.with_faults(operation, request, effect)
        self.record(operation, arguments, response.status)
        return response

    async def _get_organization(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": "1", "slug": ORGANIZATION, "name": "CredLink"})

    async def _list_issues(self, request: web.Request) -> web.Response:
        query = request.query
        if unknown := query.keys() - QUERY:
            raise Problem(400, f"Unknown parameters: {', '.join(sorted(unknown))}")
        if query.get("sort", "date") not in SORTS:
            raise Problem(400, "Invalid sort")
        # Sentry shows what is unresolved unless the search says otherwise.
        asked = search.read(
            query.get("query", "is:unresolved"),
            environments=query.getall("environment", []),
            period=search.period(query, self.clock.now()),
        )
        found: list[tuple[Issue, int]] = []
        for issue in self.issues.all():
            events = issue.count(set(asked.environments), asked.since, asked.until)
            if events and asked.fits(issue):
                found.append((issue, events))
        by = query.get("sort", "date")
        if by in {"freq", "user"}:
            found.sort(key=lambda pair: pair[1], reverse=True)
        elif by == "new":
            found.sort(key=lambda pair: pair[0].first_seen_at, reverse=True)
        else:
            found.sort(key=lambda pair: pair[0].last_seen_at, reverse=True)
        return self._page_of(request, [issue.document(self.url, n) for issue, n in found])

    def _page_of(self, request: web.Request, documents: list[dict[str, Any]]) -> web.Response:
        """Answer with one page and, in the Link header, where the next one is."""
        limit, cursor = request.query.get("limit", str(MOST_ISSUES)), request.query.get("cursor")
        offset = (cursor or "0:0:0").split(":")[1]
        if not (limit.isdigit() and offset.isdigit() and 0 < int(limit) <= MOST_ISSUES):
            raise Problem(400, f"Invalid limit or cursor: at most {MOST_ISSUES}")
        start, end = int(offset), int(offset) + int(limit)
        more = str(end < len(documents)).lower()
        link = f'<{self.url}{request.path}?cursor=0:{end}:0>; rel="next"; results="{more}"'
        return web.json_response(
            documents[start:end], headers={"Link": f'{link}; cursor="0:{end}:0"'}
        )

    async def _list_releases(self, request: web.Request) -> web.Response:
        newest_first = sorted(
            self.releases.values(), key=lambda release: release.created_at, reverse=True
        )
        return self._page_of(request, [_release(release) for release in newest_first])

    async def _create_release(self, request: web.Request) -> web.Response:
        """201 for a new version; 208 for one that exists, which gets the projects it lacks."""
        body = await json_object(request)
        _check_fields(body, RELEASE_FIELDS, dates=("dateReleased",))
        version, projects = body.get("version"), body.get("projects")
        if not isinstance(version, str) or not version.strip():
            raise Problem(400, "This field is required.", field="version")
        if len(version) > VERSION_LIMIT or version in {".", ".."} or set("/\\\n\t") & set(version):
            raise Problem(400, "Release with name may not contain that.", field="version")
        if not isinstance(projects, list) or not projects:
            raise Problem(400, "This field is required.", field="projects")
        if set(projects) != {PROJECT}:
            raise Problem(400, "Invalid project ids or slugs", field="projects")
        known = self.releases.get(version)
        if known is not None:
            known.projects |= set(projects)
            return web.json_response(_release(known), status=208)
        release = Release(
            version,
            set(projects),
            self.clock.now(),
            url=body.get("url"),
            released_at=body.get("dateReleased"),
        )
        self.releases[version] = release
        return web.json_response(_release(release), status=201)

    async def _get_release(self, request: web.Request) -> web.Response:
        return web.json_response(_release(self._release(request)))

    async def _list_deploys(self, request: web.Request) -> web.Response:
        return web.json_response(self._release(request).deploys[::-1])

    async def _create_deploy(self, request: web.Request) -> web.Response:
        release = self._release(request)
        body = await json_object(request)
        _check_fields(body, DEPLOY_FIELDS, dates=("dateStarted", "dateFinished"))
        environment = body.get("environment")
        if not isinstance(environment, str) or not environment:
            raise Problem(400, "This field is required.", field="environment")
        if len(environment) > ENVIRONMENT_LIMIT:
            raise Problem(
                400, "Ensure this field has no more than 64 characters.", field="environment"
            )
        if not set(body.get("projects") or release.projects) <= release.projects:
            raise Problem(400, "Invalid projects", field="projects")
        deploy = {
            "id": str(next(self._deploy_ids)),
            "environment": environment,
            "name": body.get("name"),
            "url": body.get("url"),
            "dateStarted": body.get("dateStarted"),
            "dateFinished": body.get("dateFinished") or moment(self.clock.now()),
        }
        release.deploys.append(deploy)
        return web.json_response(deploy, status=201)

    def _release(self, request: web.Request) -> Release:
        release = self.releases.get(request.match_info["version"])
        if release is None:
            raise not_found()
        return release


def _check_fields(body: dict[str, Any], known: set[str], *, dates: tuple[str, ...]) -> None:
    """Refuse what Sentry would ignore, and dates and addresses that it cannot read."""
    for unknown in sorted(body.keys() - known):
        raise Problem(400, "Unknown field.", field=unknown)
    for name in dates:
        try:
            datetime.fromisoformat(body.get(name) or "2000-01-01")
        except (TypeError, ValueError):
            raise Problem(400, "Datetime has wrong format.", field=name) from None
    url = body.get("url")
    if url is not None and not str(url).startswith(("http://", "https://")):
        raise Problem(400, "Enter a valid URL.", field="url")


def _check(request: web.Request) -> None:
    """Refuse a wrong token, and an organization that the token is not for."""
    if request.headers.get("Authorization") != f"Bearer {seeds.SENTRY_TOKEN}":
        raise Problem(401, "Invalid token")
    if request.match_info.get("organization", ORGANIZATION) != ORGANIZATION:
        raise not_found()


def _release(release: Release) -> dict[str, Any]:
    return {
        "version": release.version,
        "shortVersion": release.version,
        "status": "open",
        "url": release.url,
        "dateCreated": moment(release.created_at),
        "dateReleased": release.released_at,
        "deployCount": len(release.deploys),
        "projects": [{"slug": slug, "name": slug} for slug in sorted(release.projects)],
    }
