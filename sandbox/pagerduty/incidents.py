"""The REST API's routes about incidents.

Source: https://developer.pagerduty.com/api-reference (Incidents)
"""

import asyncio

from aiohttp import web

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.pagerduty.account import Account, TooManyNotes
from sandbox.pagerduty.documents import Documents
from sandbox.pagerduty.problems import (
    Problem,
    invalid,
    json_object,
    not_found,
    only,
    page,
    wrapped,
)
from sandbox.pagerduty.records import Incident, Status, User
from sandbox.pagerduty.rota import Rota
from sandbox.pagerduty.times import read_moment
from sandbox.pagerduty.updates import Update, target_of, user_of
from sandbox.pagerduty.webhooks import until

MAX_INCIDENTS_AT_ONCE = 250
SNOOZE_LIMIT_S = 7 * 24 * 3600
# Without `since` the list reaches this far back.
LISTED_FOR_S = 30 * 24 * 3600

_SORTS = {"incident_number": "number", "created_at": "created_at"}


class Incidents:
    """Lists, reads and changes incidents; whoever changes one names themselves in `From`."""

    def __init__(
        self, account: Account, documents: Documents, clock: Clock, rota: Rota, *, pace: float
    ) -> None:
        self._account = account
        self._rota = rota
        self._documents = documents
        self._clock = clock
        self._pace = pace
        self._snoozes: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        one = "/incidents/{id}"
        return [
            web.get("/incidents", self.list_incidents, name="list_incidents"),
            web.put("/incidents", self.update_incidents, name="update_incidents"),
            web.get(one, self.get_incident, name="get_incident"),
            web.put(one, self.update_incident, name="update_incident"),
            web.get(f"{one}/alerts", self.list_alerts, name="list_incident_alerts"),
            web.get(f"{one}/notes", self.list_notes, name="list_incident_notes"),
            web.post(f"{one}/notes", self.create_note, name="create_incident_note"),
            web.get(f"{one}/log_entries", self.list_log, name="list_incident_log_entries"),
            web.get("/log_entries", self.list_all_log, name="list_log_entries"),
            web.post(f"{one}/snooze", self.snooze, name="create_incident_snooze"),
            web.post(
                f"{one}/responder_requests",
                self.request_responder,
                name="create_incident_responder_request",
            ),
        ]

    async def close(self) -> None:
        for task in self._snoozes:
            task.cancel()
        await asyncio.gather(*self._snoozes, return_exceptions=True)

    async def list_incidents(self, request: web.Request) -> web.Response:
        only(
            request,
            "statuses[]",
            "incident_key",
            "since",
            "until",
            "date_range",
            "service_ids[]",
            "user_ids[]",
            "urgencies[]",
            "sort_by",
            "include[]",
            "time_zone",
        )
        chosen = [i for i in self._account.incidents.values() if self._is_asked_for(i, request)]
        field, _, direction = request.query.get("sort_by", "incident_number:asc").partition(":")
        if field not in _SORTS or direction not in {"", "asc", "desc"}:
            raise invalid("sort_by must be incident_number or created_at, with :asc or :desc")
        chosen.sort(key=lambda i: getattr(i, _SORTS[field]), reverse=direction == "desc")
        return page(request, "incidents", [self._documents.incident(i) for i in chosen])

    async def get_incident(self, request: web.Request) -> web.Response:
        only(request, "include[]", paged=False)
        return web.json_response({"incident": self._documents.incident(self._incident(request))})

    async def update_incident(self, request: web.Request) -> web.Response:
        by = self._from(request)
        incident = self._incident(request)
        changes = await wrapped(request, "incident")
        update = Update(changes)
        update.apply(self._account, incident, by, self._on_call(update.level))
        return web.json_response({"incident": self._documents.incident(incident)})

    async def update_incidents(self, request: web.Request) -> web.Response:
        """Change many at once; a mistake in one leaves all as they were."""
        by = self._from(request)
        items = (await json_object(request)).get("incidents")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise invalid("Incidents must be a list of objects under the key 'incidents'")
        if len(items) > MAX_INCIDENTS_AT_ONCE:
            raise invalid(f"At most {MAX_INCIDENTS_AT_ONCE} incidents at once")
        updates = [(self._by_id(item.get("id")), Update(item)) for item in items]
        for incident, update in updates:
            update.must_fit(incident)
        for incident, update in updates:
            update.apply(self._account, incident, by, self._on_call(update.level))
        return web.json_response(
            {"incidents": [self._documents.incident(incident) for incident, _ in updates]}
        )

    async def list_alerts(self, request: web.Request) -> web.Response:
        only(request, "alert_key", "statuses[]", "sort_by", "include[]")
        incident = self._incident(request)
        key = request.query.get("alert_key")
        return page(
            request,
            "alerts",
            [
                self._documents.alert(alert, incident)
                for alert in incident.alerts
                if key is None or alert.key == key
            ],
        )

    async def list_notes(self, request: web.Request) -> web.Response:
        only(request, paged=False)
        notes = self._incident(request).notes
        return web.json_response({"notes": [self._documents.note(note) for note in notes]})

    async def create_note(self, request: web.Request) -> web.Response:
        by = self._from(request)
        incident = self._incident(request)
        content = (await wrapped(request, "note")).get("content")
        if not isinstance(content, str) or not content:
            raise invalid("Content can't be blank")
        try:
            note = self._account.annotate(incident, content, by)
        except TooManyNotes:
            raise invalid("Incident has reached the limit of 2000 notes") from None
        return web.json_response({"note": self._documents.note(note)}, status=201)

    async def list_log(self, request: web.Request) -> web.Response:
        only(request, "since", "until", "is_overview", "include[]", "time_zone")
        incident = self._incident(request)
        entries = [self._documents.log_entry(entry, incident) for entry in incident.log]
        return page(request, "log_entries", entries[::-1])

    async def list_all_log(self, request: web.Request) -> web.Response:
        only(request, "since", "until", "is_overview", "include[]", "time_zone")
        entries = self._account.log_entries()
        return page(request, "log_entries", [self._documents.log_entry(e, i) for i, e in entries])

    async def snooze(self, request: web.Request) -> web.Response:
        by = self._from(request)
        incident = self._incident(request)
        duration_s = (await json_object(request)).get("duration")
        if not isinstance(duration_s, int) or not 1 <= duration_s <= SNOOZE_LIMIT_S:
            raise invalid(f"Duration must be between 1 and {SNOOZE_LIMIT_S} seconds")
        if incident.status is Status.RESOLVED:
            raise invalid("Incident Already Resolved")
        self._account.snooze(incident, duration_s / self._pace, by)
        task = asyncio.create_task(self._wake_later(incident))
        self._snoozes.add(task)
        task.add_done_callback(self._snoozes.discard)
        return web.json_response({"incident": self._documents.incident(incident)}, status=201)

    async def request_responder(self, request: web.Request) -> web.Response:
        by = self._from(request)
        incident = self._incident(request)
        body = await json_object(request)
        requester = user_of(body.get("requester_id"))
        message = body.get("message")
        targets = body.get("responder_request_targets")
        if not isinstance(message, str) or not isinstance(targets, list) or not targets:
            raise invalid("Message and responder_request_targets are required")
        if incident.status is Status.RESOLVED:
            raise invalid("Incident Already Resolved")
        asked = [target_of(target.get("responder_request_target") or {}) for target in targets]
        before = len(incident.responder_requests)
        for target in asked:
            called = (target,) if isinstance(target, User) else self._on_call(1)
            for responder in called:
                self._account.ask_responder(incident, target, responder, message, by)
        made = self._documents.responder_request(incident.responder_requests[before], incident)
        made["requester"] = self._documents.user_reference(requester)
        made["responder_request_targets"] = [
            one
            for asked_of in incident.responder_requests[before:]
            for one in self._documents.responder_request(asked_of, incident)[
                "responder_request_targets"
            ]
        ]
        return web.json_response({"responder_request": made}, status=201)

    def _on_call(self, level: int | None) -> tuple[User, ...]:
        """Who is on call on a level now.

        Raises:
            Problem: the policy has no such level.
        """
        if level is None:
            return ()
        now = self._clock.now()
        found = tuple(s.user for s in self._rota.shifts(now, now) if s.level == level)
        if not found:
            raise invalid(f"Escalation level {level} is not in the escalation policy")
        return found

    async def _wake_later(self, incident: Incident) -> None:
        until_at = incident.snoozed_until
        if until_at is not None:
            await until(self._clock, until_at, unless=lambda: incident.snoozed_until != until_at)
            self._account.wake(incident)

    def _is_asked_for(self, incident: Incident, request: web.Request) -> bool:
        query = request.query
        wanted = {
            "statuses[]": {incident.status.value},
            "incident_key": {incident.key},
            "service_ids[]": {seeds.PAGERDUTY_SERVICE_ID},
            "user_ids[]": {entry.user.id for entry in incident.assignments},
            "urgencies[]": {incident.urgency},
        }
        if any(name in query and not own & set(query.getall(name)) for name, own in wanted.items()):
            return False
        if query.get("date_range") == "all":
            return True
        since = read_moment(query, "since", self._clock.now() - LISTED_FOR_S)
        before = read_moment(query, "until", float("inf"))
        # PagerDuty counts in whole seconds; an incident of this very second is in.
        return int(since) <= incident.created_at <= before

    def _incident(self, request: web.Request) -> Incident:
        return self._by_id(request.match_info["id"])

    def _by_id(self, id_: object) -> Incident:
        """By id or by number, as PagerDuty takes both."""
        for incident in self._account.incidents.values():
            if id_ in {incident.id, str(incident.number)}:
                return incident
        raise not_found()

    def _from(self, request: web.Request) -> User:
        """Who is acting: `From` must be the e-mail address of a user of the account."""
        email = request.headers.get("From")
        if not email:
            raise invalid("From header is required and must be the email of a valid user")
        user = self._account.user_by_email(email)
        if user is None:
            raise Problem(400, 1008, "Requester User Not Found")
        return user
