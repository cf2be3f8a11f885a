"""PagerDuty's website, as far as it is needed: what is open, and acting as any of its users."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from aiohttp import web

from sandbox.pagerduty.account import PRIORITIES, USERS, Account, AlreadyResolved
from sandbox.pagerduty.records import Dated, Incident, Priority, Status, new_id

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} · PagerDuty stand-in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
       color: #1d1c1d; background: #fff; }}
.status {{ padding: .1rem .6rem; border-radius: 1rem; color: #fff; }}
.triggered {{ background: #a0122c; }} .acknowledged {{ background: #8a5a00; }}
.resolved {{ background: #16664a; }}
th {{ white-space: nowrap; }}
td, th {{ text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top;
         overflow-wrap: anywhere; }}
form {{ margin: 1rem 0; }} button, select {{ font: inherit; padding: .3rem .8rem; }}
</style></head><body>
<p><a href="/incidents">Incidents</a> · a stand-in for PagerDuty: nobody is paged</p>
"""


def wants_page(request: web.Request) -> bool:
    """Tell a browser from a client of the REST API, which shares these addresses."""
    return "Authorization" not in request.headers and "text/html" in request.headers.get(
        "Accept", ""
    )


class WebPage:
    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.index, name="page_index"),
            web.post("/incidents/{id}/act", self.act, name="page_act"),
        ]

    async def index(self, request: web.Request) -> web.Response:
        rows = "".join(
            f"<tr><td>#{incident.number}</td><td>{_status(incident)}</td>"
            f'<td><a href="/incidents/{incident.id}">{escape(incident.title)}</a></td></tr>'
            for incident in reversed(self._account.incidents.values())
        )
        changes = "".join(
            f"<li>{_time(change.at)} {escape(change.summary)}{_links(change.links)}</li>"
            for change in reversed(self._account.changes)
        )
        return _page(
            "Incidents",
            f"<h1>Incidents</h1><table>{rows or '<tr><td>None yet.</td></tr>'}</table>"
            f"<h2>Changes</h2><ul>{changes or '<li>None yet.</li>'}</ul>",
        )

    async def show(self, request: web.Request) -> web.Response:
        incident = self._account.incidents.get(request.match_info["id"])
        if incident is None:
            return _page("Not found", "<h1>There is no such incident.</h1>", status=404)
        log = "".join(
            f"<li>{_time(entry.at)} {escape(entry.summary)}</li>" for entry in incident.log
        )
        notes = "".join(
            f"<li>{escape(note.user.name)}: {escape(note.content)}</li>" for note in incident.notes
        )
        return _page(
            f"#{incident.number} {incident.title}",
            f"<h1>#{incident.number} {escape(incident.title)}</h1><p>{_status(incident)}</p>"
            f"<table><tr><th>Urgency</th><td>{escape(incident.urgency)}</td></tr>"
            f"<tr><th>Priority</th><td>{escape(_name(incident.priority))}</td></tr>"
            f"<tr><th>Acknowledged by</th><td>{_people(incident.acknowledgements)}</td></tr>"
            f"<tr><th>Assigned to</th><td>{_people(incident.assignments)}</td></tr>"
            f"<tr><th>Incident key</th><td>{escape(incident.key)}</td></tr></table>"
            f"{_form(incident)}<h2>History</h2><ol>{log}</ol>"
            + (f"<h2>Notes</h2><ul>{notes}</ul>" if notes else ""),
        )

    async def act(self, request: web.Request) -> web.Response:
        """What the buttons send: `act` and the `user` to do it as."""
        form = await request.post()
        incident = self._account.incidents.get(request.match_info["id"])
        user = next((user for user in USERS if user.id == form.get("user")), None)
        if incident is None or user is None:
            raise web.HTTPBadRequest(text="No such incident or user.")
        try:
            match form.get("act"):
                case "acknowledge":
                    self._account.acknowledge(incident, user)
                case "resolve":
                    self._account.resolve(incident, user)
                case "note":
                    self._account.annotate(incident, str(form.get("note") or "(empty)"), user)
                case "update":
                    said = str(form.get("note") or "(empty)")
                    update = {"type": "incident_status_update", "id": new_id(), "message": said}
                    event = "incident.status_update_published"
                    self._account.say(event, incident, {**update, "trimmed": False}, user)
                case "priority":
                    self._account.set_priority(incident, _priority(form.get("priority")), user)
                case act:
                    raise web.HTTPBadRequest(text=f"There is no act {act!r}.")
        except AlreadyResolved:
            raise web.HTTPConflict(text="It is resolved already; go back and reload.") from None
        raise web.HTTPSeeOther(f"/incidents/{incident.id}")


def _form(incident: Incident) -> str:
    if incident.status is Status.RESOLVED:
        return ""
    people = "".join(f'<option value="{user.id}">{escape(user.name)}</option>' for user in USERS)
    priorities = "".join(
        f'<option value="{one.id}">{escape(one.name)}</option>' for one in PRIORITIES
    )
    return (
        f'<form method="post" action="/incidents/{incident.id}/act">'
        f'<label>Act as <select name="user">{people}</select></label> '
        '<button name="act" value="acknowledge">Acknowledge</button> '
        '<button name="act" value="resolve">Resolve</button>'
        '<p><input name="note" aria-label="Note" placeholder="A note"> '
        '<button name="act" value="note">Add note</button> '
        '<button name="act" value="update">Publish status update</button></p>'
        f'<p><select name="priority" aria-label="Priority">{priorities}</select> '
        '<button name="act" value="priority">Set priority</button></p></form>'
    )


def _name(priority: Priority | None) -> str:
    return priority.name if priority else "none"


def _priority(id_: object) -> Priority | None:
    return next((one for one in PRIORITIES if one.id == id_), None)


def _status(incident: Incident) -> str:
    return f'<span class="status {incident.status}">{incident.status}</span>'


def _links(links: Iterable[Mapping[str, Any]]) -> str:
    return "".join(
        f' · <a href="{escape(link["href"])}">{escape(link.get("text") or link["href"])}</a>'
        for link in links
    )


def _people(entries: list[Dated]) -> str:
    if not entries:
        return "nobody"
    return ", ".join(f"{escape(entry.user.name)} at {_time(entry.at)}" for entry in entries)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")


def _page(title: str, body: str, *, status: int = 200) -> web.Response:
    return web.Response(
        text=_HEAD.format(title=escape(title)) + body + "</body></html>",
        content_type="text/html",
        status=status,
    )
