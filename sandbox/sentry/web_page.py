"""Sentry's website, as far as it is needed: the issues, and acting on one as any member."""

from html import escape

from aiohttp import web

from sandbox.sentry.acts import Acts
from sandbox.sentry.issues import ORGANIZATION, Issue, Issues, moment
from sandbox.sentry.people import USERS

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} · Sentry stand-in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
       color: #1d1c1d; background: #fff; }}
td, th {{ text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top;
         overflow-wrap: anywhere; }}
th {{ white-space: nowrap; }}
form {{ margin: 1rem 0; }} button, select {{ font: inherit; padding: .3rem .8rem; }}
</style></head><body>
<p><a href="{base}/">Issues</a> · a stand-in for Sentry</p>
"""
BASE = f"/organizations/{ORGANIZATION}/issues"


class WebPage:
    def __init__(self, issues: Issues, acts: Acts) -> None:
        self._issues = issues
        self._acts = acts

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._home, name="page_home"),
            web.get(f"{BASE}/", self._index, name="page_index"),
            web.get(f"{BASE}/{{id}}/", self._show, name="page"),
            web.get(f"{BASE}/{{id}}", self._show, name="page_bare"),
            web.post(f"{BASE}/{{id}}/act", self._act, name="page_act"),
        ]

    async def _home(self, _request: web.Request) -> web.Response:
        raise web.HTTPSeeOther(f"{BASE}/")

    async def _index(self, _request: web.Request) -> web.Response:
        rows = "".join(
            f'<tr><td><a href="{BASE}/{issue.id}/">{issue.short_id}</a></td>'
            f"<td>{escape(issue.status)}</td><td>{escape(issue.title)}</td></tr>"
            for issue in reversed(self._issues.all())
        )
        return _page("Issues", f"<h1>Issues</h1><table>{rows}</table>")

    async def _show(self, request: web.Request) -> web.Response:
        """What a person sees who follows an issue's permalink."""
        issue = self._issue(request)
        comments = "".join(
            f"<li>{escape(made.by)}: {escape(made.text)}</li>" for made in issue.comments
        )
        assignee = issue.assignee.name if issue.assignee else "nobody"
        return _page(
            issue.short_id,
            f"<h1>{issue.short_id} {escape(issue.title)}</h1>"
            f"<p>{issue.events.total()} events, first seen in {escape(issue.first_release)}, in "
            f"{escape(issue.culprit)}.</p>"
            f"<table><tr><th>Status</th><td>{escape(issue.status)}</td></tr>"
            f"<tr><th>Assigned to</th><td>{escape(assignee)}</td></tr>"
            f"<tr><th>First seen</th><td>{moment(issue.first_seen_at)}</td></tr></table>"
            f"{_form(issue)}<h2>Comments</h2><ul>{comments or '<li>None yet.</li>'}</ul>",
        )

    async def _act(self, request: web.Request) -> web.Response:
        """What the buttons send: `act` and the `user` to do it as."""
        issue, form = self._issue(request), await request.post()
        user = next((user for user in USERS if user.id == form.get("user")), None)
        if user is None:
            raise web.HTTPBadRequest(text="No such user.")
        match form.get("act"):
            case "resolved" | "ignored" | "unresolved" as status:
                self._acts.move(issue, status, user.actor())
            case "assign":
                self._acts.assign(issue, user, user.actor())
            case "alert":
                self._acts.alert_about(issue, str(form.get("environment") or "prod"))
            case act:
                raise web.HTTPBadRequest(text=f"There is no act {act!r}.")
        raise web.HTTPSeeOther(f"{BASE}/{issue.id}/")

    def _issue(self, request: web.Request) -> Issue:
        issue = self._issues.by_id(request.match_info["id"])
        if issue is None:
            raise web.HTTPNotFound(text="There is no such issue.")
        return issue


def _form(issue: Issue) -> str:
    people = "".join(f'<option value="{user.id}">{escape(user.name)}</option>' for user in USERS)
    acts = {
        "resolved": "Resolve",
        "ignored": "Archive",
        "unresolved": "Unresolve",
        "assign": "Assign to me",
        "alert": "Fire the alert rule about it",
    }
    buttons = " ".join(
        f'<button name="act" value="{act}">{label}</button>'
        for act, label in acts.items()
        if act != issue.status
    )
    return (
        f'<form method="post" action="{BASE}/{issue.id}/act">'
        f'<label>Act as <select name="user">{people}</select></label> {buttons}</form>'
    )


def _page(title: str, body: str) -> web.Response:
    head = _HEAD.format(title=escape(title), base=BASE)
    return web.Response(text=head + body + "</body></html>", content_type="text/html")
