"""The REST API's routes about one issue, and the members it can be assigned to.

Source: https://docs.sentry.io/api/events/, getsentry/sentry: api/urls.py
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.sentry.acts import Acts
from sandbox.sentry.issues import PROJECT, Comment, Issue, Issues, moment
from sandbox.sentry.people import APPLICATION, INVITED, USERS, User
from sandbox.sentry.problems import Problem, json_object, not_found

UPDATE_FIELDS = {"status", "statusDetails", "substatus", "assignedTo"}
STATUSES = {"resolved", "unresolved", "ignored"}
SUBSTATUSES = {
    "archived_until_escalating",
    "archived_until_condition_met",
    "archived_forever",
    "ongoing",
}
REPEATED = "You have already posted that comment."
AUTHOR = "Bob Lindqvist"
"""Whose commit is suspected of every issue that a version began."""


class IssueApi:
    def __init__(self, issues: Issues, acts: Acts, url: Callable[[], str]) -> None:
        self._issues = issues
        self._acts = acts
        self._url = url

    def routes(self, api: str) -> list[web.RouteDef]:
        issue = f"{api}/issues/{{id}}"
        committers = "/api/0/projects/{organization}/{project}/events/{event}/committers/"
        return [
            web.get(f"{issue}/", self._get, name="get_issue"),
            web.put(f"{issue}/", self._update, name="update_issue"),
            web.get(f"{issue}/comments/", self._list_comments, name="list_comments"),
            web.post(f"{issue}/comments/", self._create_comment, name="create_comment"),
            web.get(f"{issue}/events/latest/", self._latest_event, name="get_latest_event"),
            web.get(committers, self._committers, name="list_committers"),
            web.get(f"{api}/members/", self._members, name="list_members"),
            web.get(f"{api}/incidents/{{identifier}}/", self._incident, name="get_incident"),
        ]

    async def _get(self, request: web.Request) -> web.Response:
        return self._document(self._issue(request))

    async def _update(self, request: web.Request) -> web.Response:
        issue, body = self._issue(request), await json_object(request)
        for unknown in sorted(body.keys() - UPDATE_FIELDS):
            raise Problem(400, "Unknown field.", field=unknown)
        status, substatus = body.get("status"), body.get("substatus")
        if status is not None and status not in STATUSES:
            raise Problem(400, f'"{status}" is not a valid choice.', field="status")
        if substatus is not None and substatus not in SUBSTATUSES:
            raise Problem(400, f'"{substatus}" is not a valid choice.', field="substatus")
        if substatus is not None and (status == "ignored") != substatus.startswith("archived"):
            raise Problem(400, "Substatus does not fit the status.", field="substatus")
        if "assignedTo" in body:
            self._acts.assign(issue, _user(body["assignedTo"]), APPLICATION)
        if status is not None:
            self._acts.move(issue, status, APPLICATION, substatus)
        return self._document(issue)

    async def _list_comments(self, request: web.Request) -> web.Response:
        return web.json_response([_comment(c) for c in self._issue(request).comments])

    async def _create_comment(self, request: web.Request) -> web.Response:
        issue, body = self._issue(request), await json_object(request)
        text = body.get("text")
        if not isinstance(text, str) or not text.strip():
            raise Problem(400, "This field is required.", field="text")
        if any(made.text == text and made.by == APPLICATION["name"] for made in issue.comments):
            raise Problem(400, REPEATED)
        return web.json_response(_comment(self._acts.comment(issue, text, APPLICATION)), status=201)

    async def _latest_event(self, request: web.Request) -> web.Response:
        issue = self._issue(request)
        return web.json_response(
            {
                "id": issue.event_id,
                "eventID": issue.event_id,
                "groupID": issue.id,
                "title": issue.title,
                "culprit": issue.culprit,
                "dateCreated": moment(issue.last_seen_at),
                "release": {"version": issue.first_release},
            }
        )

    async def _committers(self, request: web.Request) -> web.Response:
        """A commit is suspected of what a version began; of what was always there, none."""
        event = request.match_info["event"]
        issue = next((one for one in self._issues.all() if one.event_id == event), None)
        if request.match_info["project"] != PROJECT or issue is None:
            raise Problem(404, "Event not found")
        if issue is self._issues.all()[0]:
            raise Problem(404, "No committers found")
        return web.json_response({"committers": [_committer(issue)]})

    async def _members(self, request: web.Request) -> web.Response:
        query = request.query.get("query", "")
        key, _, value = query.partition(":")
        if query and key != "email":
            raise Problem(400, f"Invalid key for this search: {key}")
        members = [*(user.membership() for user in USERS), INVITED]
        found = [m for m in members if not query or m["email"].lower() == value.lower()]
        return web.json_response(found)

    async def _incident(self, request: web.Request) -> web.Response:
        """What is open while the metric alert fires."""
        number, known = request.match_info["identifier"], self._acts.incidents
        if not (number.isdigit() and 0 < int(number) <= len(known)):
            raise not_found()
        over_at = known[int(number) - 1]
        return web.json_response(
            {
                "id": number,
                "identifier": number,
                "status": 20 if over_at is None else 2,
                "dateClosed": None if over_at is None else moment(over_at),
            }
        )

    def _issue(self, request: web.Request) -> Issue:
        issue = self._issues.by_id(request.match_info["id"])
        if issue is None:
            raise not_found()
        return issue

    def _document(self, issue: Issue) -> web.Response:
        return web.json_response(issue.document(self._url(), issue.events.total()))


def _user(given: Any) -> User | None:
    if not given:
        return None
    found = next((user for user in USERS if given in {f"user:{user.id}", user.email}), None)
    if found is None:
        raise Problem(400, "Unknown actor input", field="assignedTo")
    return found


def _comment(made: Comment) -> dict[str, Any]:
    return {
        "id": made.id,
        "type": "note",
        "data": {"text": made.text},
        "user": {"name": made.by},
        "dateCreated": moment(made.at),
    }


def _committer(issue: Issue) -> dict[str, Any]:
    commit = {
        "id": f"{int(issue.id):x}".rjust(8, "4").ljust(40, "9"),
        "message": f"feat: {issue.culprit.split()[-1]} asks the gateway itself\n\nFor #421.",
        "dateCreated": moment(issue.first_seen_at - 7200),
        "pullRequest": None,
        "suspectCommitType": "via commit in release",
    }
    return {"author": {"name": AUTHOR, "email": "bob@credlink.example"}, "commits": [commit]}
