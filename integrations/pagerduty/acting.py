"""What is changed in PagerDuty, always as a person."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from integrations.errors import Rejected
from integrations.pagerduty import reading
from integrations.pagerduty.calls import Calls, one
from integrations.pagerduty.models import Incident, Note, Reference

ALREADY_RESOLVED = "Already Resolved"
NO_SUCH_REQUESTER = "Requester User Not Found"
"""Nobody has the e-mail in `From`."""
LONGEST_SNOOZE = timedelta(days=7)


class Acting(Calls):
    """Changes of incidents. `from_email` must be a PagerDuty user's, whom PagerDuty then shows."""

    async def get_incident(self, incident_id: str) -> Incident:
        """Return an incident as it is now.

        Costs one call.

        Raises:
            NotFound: there is no such incident.
            Forbidden: the token is wrong or may not read incidents.
            RateLimited, Unavailable: worth another try.

        Source: https://developer.pagerduty.com/api-reference/005299ddb1bb4-get-an-incident
        """
        return await self.run(
            "get_incident",
            lambda: reading.incident(one(self.rest.rget(f"/incidents/{incident_id}"))),
        )

    async def acknowledge_incident(self, incident_id: str, *, from_email: str) -> Incident:
        """Acknowledge as the person with this e-mail and return the incident after it.

        May be repeated: acknowledging again changes nothing but the time it lasts.

        Costs one call.

        Raises:
            NotFound: there is no such incident.
            Rejected: it is resolved already, or nobody in PagerDuty has this e-mail.
            Forbidden: the token is wrong or read-only, or this person may not respond.
            RateLimited, Unavailable: worth another try.

        Source: https://developer.pagerduty.com/api-reference/8a0e1aa2ec666-update-an-incident
        """
        return await self._update(
            "acknowledge_incident", incident_id, {"status": "acknowledged"}, from_email=from_email
        )

    async def resolve_incident(self, incident_id: str, *, from_email: str) -> Incident:
        """Resolve as the person with this e-mail and return the incident after it.

        May be repeated: an incident that is resolved already is returned as it is.

        Costs one call, two if it was resolved already. Errors as `acknowledge_incident`.

        Source: https://developer.pagerduty.com/api-reference/8a0e1aa2ec666-update-an-incident
        """
        try:
            return await self._update(
                "resolve_incident", incident_id, {"status": "resolved"}, from_email=from_email
            )
        except Rejected as exc:
            if ALREADY_RESOLVED not in exc.detail:
                raise
        return await self.get_incident(incident_id)

    async def escalate_incident(self, incident_id: str, level: int, *, from_email: str) -> Incident:
        """Page who is on call on this level of the incident's own policy, and return the incident.

        One that was acknowledged is triggered again. Not idempotent: a repetition pages again.

        Costs one call. Errors as `acknowledge_incident`; a level the policy lacks is Rejected.

        Source: https://developer.pagerduty.com/api-reference/8a0e1aa2ec666-update-an-incident
        """
        changes = {"escalation_level": level}
        return await self._update("escalate_incident", incident_id, changes, from_email=from_email)

    async def set_priority(
        self, incident_id: str, priority_id: str, *, from_email: str
    ) -> Incident:
        """Give an incident one of the account's priorities; may be repeated.

        Costs one call. Errors as `acknowledge_incident`.

        Source: https://developer.pagerduty.com/api-reference/8a0e1aa2ec666-update-an-incident
        """
        changes = {"priority": {"id": priority_id, "type": "priority_reference"}}
        return await self._update("set_priority", incident_id, changes, from_email=from_email)

    async def snooze_incident(
        self, incident_id: str, length: timedelta, *, from_email: str
    ) -> Incident:
        """Keep an incident acknowledged for so long, 7 days at most; then it is triggered again.

        A repetition begins the time anew, from whole seconds.

        Costs one call. Errors as `acknowledge_incident`.

        Source: https://developer.pagerduty.com/api-reference, Snooze an incident
        """
        duration = max(1, round(min(length, LONGEST_SNOOZE).total_seconds()))
        return await self.run(
            "snooze_incident",
            lambda: reading.incident(
                one(
                    self.rest.rpost(
                        f"/incidents/{incident_id}/snooze",
                        json={"duration": duration},
                        headers={"From": from_email},
                    )
                )
            ),
        )

    async def request_responder(
        self,
        incident_id: str,
        target: Reference,
        *,
        message: str,
        requester_id: str,
        from_email: str,
    ) -> None:
        """Ask a user, or whoever an escalation policy calls, to join.

        `target.type` is `user_reference` or `escalation_policy_reference`. Not idempotent: every
        call pages again; `Incident.responder_requests` says what was asked.

        Costs one call. Errors as `acknowledge_incident`; Forbidden too where the account's plan
        has no responder requests (HTTP 402).

        Source: https://developer.pagerduty.com/api-reference, Create a responder request
        """
        asked = {"responder_request_target": {"id": target.id, "type": target.type}}
        body = {
            "requester_id": requester_id,
            "message": message,
            "responder_request_targets": [asked],
        }
        await self.run(
            "request_responder",
            lambda: one(
                self.rest.jpost(
                    f"/incidents/{incident_id}/responder_requests",
                    json=body,
                    headers={"From": from_email},
                )
            ),
        )

    async def create_note(self, incident_id: str, content: str, *, from_email: str) -> Note:
        """Write a note on an incident as the person with this e-mail.

        Not idempotent: every call is a note more, of 2,000 an incident may have. It may be written
        on a resolved one.

        Costs one call. Errors as `acknowledge_incident`.

        Source: https://developer.pagerduty.com/api-reference/a1ac30885eb7a-create-a-note-on-an-incident
        """
        return await self.run(
            "create_note",
            lambda: reading.note(
                one(
                    self.rest.rpost(
                        f"/incidents/{incident_id}/notes",
                        json={"content": content},
                        headers={"From": from_email},
                    )
                )
            ),
        )

    async def _update(
        self, operation: str, incident_id: str, changes: Mapping[str, Any], *, from_email: str
    ) -> Incident:
        return await self.run(
            operation,
            lambda: reading.incident(
                one(
                    self.rest.rput(
                        f"/incidents/{incident_id}",
                        json={"type": "incident_reference", **changes},
                        headers={"From": from_email},
                    )
                )
            ),
        )
