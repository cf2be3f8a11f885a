"""PagerDuty's REST API, as the bot uses it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from integrations.errors import NotFound
from integrations.pagerduty import reading
from integrations.pagerduty.acting import Acting
from integrations.pagerduty.calls import LONGEST_LIST, SYSTEM, one
from integrations.pagerduty.models import (
    EscalationPolicy,
    Incident,
    IncidentAlert,
    LogEntry,
    Note,
    OnCall,
    Priority,
    Service,
    User,
    WebhookSubscription,
)

__all__ = ["LONGEST_LIST", "SYSTEM", "PagerDutyClient"]


class PagerDutyClient(Acting):
    """One PagerDuty account. A key may make 960 calls a minute.

    Changes are made as a person: `from_email` must be a PagerDuty user's, and that user is who
    PagerDuty shows. Nothing is tried again here.
    """

    async def list_incidents(
        self,
        *,
        since: datetime | None = None,
        statuses: Iterable[str] = (),
        incident_key: str | None = None,
        service_ids: Iterable[str] = (),
    ) -> tuple[Incident, ...]:
        """Return incidents, newest first; without `since` those of PagerDuty's default range.

        `incident_key` finds the incident an event of that dedup key opened. At most 500.

        Costs one call for a hundred incidents.

        Source: https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents
        """
        params: dict[str, Any] = {"sort_by": "created_at:desc"}
        if since is not None:
            params["since"] = since.astimezone(UTC).isoformat()
        if wanted := list(statuses):
            params["statuses[]"] = wanted
        if services := list(service_ids):
            params["service_ids[]"] = services
        if incident_key is not None:
            params["incident_key"] = incident_key
        return await self.list_all("list_incidents", "/incidents", params, reading.incident)

    async def find_user_by_email(self, email: str) -> User:
        """Return the user with exactly this e-mail, whatever its case.

        PagerDuty searches names and e-mails for parts, so what it finds is compared here.

        Costs one call.

        Raises:
            NotFound: nobody in PagerDuty has this e-mail.
            Forbidden: the token is wrong or may not read users.
            RateLimited, Unavailable: worth another try.

        Source: https://developer.pagerduty.com/api-reference/c96e889522dd6-list-users
        """
        found = await self.list_all("find_user_by_email", "/users", {"query": email}, reading.user)
        for user in found:
            if user.email.casefold() == email.casefold():
                return user
        raise NotFound(SYSTEM, "find_user_by_email", f"nobody has the e-mail {email}")

    async def list_incident_alerts(self, incident_id: str) -> tuple[IncidentAlert, ...]:
        """Return the alerts in an incident; merged and grouped ones keep keys of their own.

        Costs one call for a hundred alerts. Errors as `get_incident`.

        Source: https://developer.pagerduty.com/api-reference/4bc42e7ac0c59-list-alerts-for-an-incident
        """
        path = f"/incidents/{incident_id}/alerts"
        return await self.list_all("list_incident_alerts", path, {}, reading.alert)

    async def get_service(self, service_id: str) -> Service:
        """Return a service with the escalation policy that its incidents follow.

        Costs one call.

        Raises:
            NotFound: there is no such service.
            Forbidden: the token is wrong or may not read services.
            RateLimited, Unavailable: worth another try.

        Source: https://developer.pagerduty.com/api-reference/165ad96a22ffd-get-a-service
        """
        return await self.run(
            "get_service",
            lambda: reading.service(one(self.rest.rget(f"/services/{service_id}"))),
        )

    async def list_oncalls(
        self,
        *,
        escalation_policy_ids: Iterable[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[OnCall, ...]:
        """Return who is on call, first level first; without policies, of all of them.

        Without `since` and `until`, those who are on call now, each once a level. With them every
        shift that has some time between the two, which may end 90 days from now at most. At most
        500.

        Costs one call for a hundred.

        Source: https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls
        """
        params: dict[str, Any] = {"include[]": ["users"]}
        if since is None and until is None:
            params["earliest"] = "true"
        if since is not None:
            params["since"] = since.astimezone(UTC).isoformat()
        if until is not None:
            params["until"] = until.astimezone(UTC).isoformat()
        if policies := list(escalation_policy_ids):
            params["escalation_policy_ids[]"] = policies
        found = await self.list_all("list_oncalls", "/oncalls", params, reading.oncall)
        return tuple(sorted(found, key=lambda oncall: oncall.level))

    async def list_notes(self, incident_id: str) -> tuple[Note, ...]:
        """Return an incident's notes.

        Costs one call: PagerDuty gives all of them at once. Errors as `get_incident`.

        Source: https://developer.pagerduty.com/api-reference, List notes for an incident
        """
        return await self.run(
            "list_notes",
            lambda: tuple(map(reading.note, self.rest.rget(f"/incidents/{incident_id}/notes"))),
        )

    async def list_log_entries(self, incident_id: str, *, since: datetime) -> tuple[LogEntry, ...]:
        """Return what happened to an incident since then, newest first.

        Costs one call for a hundred. Errors as `get_incident`.

        Source: https://developer.pagerduty.com/api-reference, List log entries for an incident
        """
        path = f"/incidents/{incident_id}/log_entries"
        params = {"since": since.astimezone(UTC).isoformat()}
        return await self.list_all("list_log_entries", path, params, reading.log_entry)

    async def get_escalation_policy(self, policy_id: str) -> EscalationPolicy:
        """Return a policy with its levels.

        Costs one call. Errors as `get_service`.

        Source: https://developer.pagerduty.com/api-reference, Get an escalation policy
        """
        return await self.run(
            "get_escalation_policy",
            lambda: reading.escalation_policy(
                one(self.rest.rget(f"/escalation_policies/{policy_id}"))
            ),
        )

    async def list_escalation_policies(self) -> tuple[EscalationPolicy, ...]:
        """Return the account's policies, by name. At most 500.

        Costs one call for a hundred. Errors as `get_service`.

        Source: https://developer.pagerduty.com/api-reference, List escalation policies
        """
        path = "/escalation_policies"
        return await self.list_all(
            "list_escalation_policies", path, {"sort_by": "name"}, reading.escalation_policy
        )

    async def list_users(self) -> tuple[User, ...]:
        """Return the account's users. At most 500.

        Costs one call for a hundred. Errors as `find_user_by_email`.

        Source: https://developer.pagerduty.com/api-reference/c96e889522dd6-list-users
        """
        return await self.list_all("list_users", "/users", {}, reading.user)

    async def list_priorities(self) -> tuple[Priority, ...]:
        """Return the account's priorities, the most severe first; 25 at most, accounts have five.

        Costs one call.

        Raises:
            NotFound: the account has no priorities switched on.
            Forbidden: the token is wrong or may not read them.
            RateLimited, Unavailable: worth another try.

        Source: https://developer.pagerduty.com/api-reference, List priorities
        """
        return await self.run(
            "list_priorities",
            lambda: tuple(map(reading.priority, self.rest.rget("/priorities"))),
        )

    async def list_webhook_subscriptions(self) -> tuple[WebhookSubscription, ...]:
        """Return where PagerDuty sends events to, and what it has given up on for a day.

        Costs one call for a hundred.

        Source: https://developer.pagerduty.com/api-reference/78ae7c9fda9e4-list-webhook-subscriptions
        """
        return await self.list_all(
            "list_webhook_subscriptions",
            "/webhook_subscriptions",
            {},
            reading.webhook_subscription,
        )

    async def enable_webhook_subscription(self, subscription_id: str) -> WebhookSubscription:
        """Have PagerDuty send again before its 24 hours are over; may be repeated.

        Events of the meantime are lost: compare with `list_incidents`.

        Costs one call.

        Source: https://developer.pagerduty.com/api-reference/f8d97a10b21a4-enable-a-webhook-subscription
        """
        path = f"/webhook_subscriptions/{subscription_id}/enable"
        return await self.run(
            "enable_webhook_subscription",
            lambda: reading.webhook_subscription(
                one(self.rest.jpost(path))["webhook_subscription"]
            ),
        )
