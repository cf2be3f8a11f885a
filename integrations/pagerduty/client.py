"""PagerDuty's REST API, through the maintainers' own library in threads."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pagerduty

from integrations.answers import failure
from integrations.errors import IntegrationError, NotFound, Rejected, Unavailable, told
from integrations.pagerduty import reading
from integrations.pagerduty.models import (
    Incident,
    IncidentAlert,
    Note,
    OnCall,
    Service,
    User,
    WebhookSubscription,
)
from integrations.threads import Threads

T = TypeVar("T")

SYSTEM = "pagerduty"
LONGEST_LIST = 500
"""No list is followed further; a page is 100."""
ALREADY_RESOLVED = "Already Resolved"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class PagerDutyClient:
    """One PagerDuty account. A key may make 960 calls a minute.

    Changes are made as a person: `from_email` must be a PagerDuty user's, and that user is who
    PagerDuty shows. Nothing is tried again here.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 15.0,
        deadline_s: float = 30.0,
        threads: int = 4,
    ) -> None:
        self._token = token
        self._deadline_s = deadline_s
        self._threads = Threads(SYSTEM, threads)
        self._rest = _Rest(token, base_url=base_url.rstrip("/"))
        # Connecting, reading, writing, and waiting for a connection of the pool.
        self._rest.timeout = (connect_timeout_s, read_timeout_s, read_timeout_s, connect_timeout_s)

    async def get_incident(self, incident_id: str) -> Incident:
        """Return an incident as it is now.

        Costs one call.

        Raises:
            NotFound: there is no such incident.
            Forbidden: the token is wrong or may not read incidents.
            RateLimited, Unavailable: worth another try.

        Source: https://developer.pagerduty.com/api-reference/005299ddb1bb4-get-an-incident
        """
        return await self._run(
            "get_incident",
            lambda: reading.incident(_one(self._rest.rget(f"/incidents/{incident_id}"))),
        )

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
        return await self._list("list_incidents", "/incidents", params, reading.incident)

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
            "acknowledge_incident", incident_id, "acknowledged", from_email=from_email
        )

    async def resolve_incident(self, incident_id: str, *, from_email: str) -> Incident:
        """Resolve as the person with this e-mail and return the incident after it.

        May be repeated: an incident that is resolved already is returned as it is.

        Costs one call, two if it was resolved already. Errors as `acknowledge_incident`.

        Source: https://developer.pagerduty.com/api-reference/8a0e1aa2ec666-update-an-incident
        """
        try:
            return await self._update(
                "resolve_incident", incident_id, "resolved", from_email=from_email
            )
        except Rejected as exc:
            if ALREADY_RESOLVED not in exc.detail:
                raise
        return await self.get_incident(incident_id)

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
        found = await self._list("find_user_by_email", "/users", {"query": email}, reading.user)
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
        return await self._list("list_incident_alerts", path, {}, reading.alert)

    async def get_service(self, service_id: str) -> Service:
        """Return a service with the escalation policy that its incidents follow.

        Costs one call.

        Raises:
            NotFound: there is no such service.
            Forbidden: the token is wrong or may not read services.
            RateLimited, Unavailable: worth another try.

        Source: https://developer.pagerduty.com/api-reference/165ad96a22ffd-get-a-service
        """
        return await self._run(
            "get_service",
            lambda: reading.service(_one(self._rest.rget(f"/services/{service_id}"))),
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
        found = await self._list("list_oncalls", "/oncalls", params, reading.oncall)
        return tuple(sorted(found, key=lambda oncall: oncall.level))

    async def create_note(self, incident_id: str, content: str, *, from_email: str) -> Note:
        """Write a note on an incident as the person with this e-mail.

        Not idempotent: every call is a note more, of 2,000 an incident may have.

        Costs one call. Errors as `acknowledge_incident`.

        Source: https://developer.pagerduty.com/api-reference/a1ac30885eb7a-create-a-note-on-an-incident
        """
        return await self._run(
            "create_note",
            lambda: reading.note(
                _one(
                    self._rest.rpost(
                        f"/incidents/{incident_id}/notes",
                        json={"content": content},
                        headers={"From": from_email},
                    )
                )
            ),
        )

    async def list_webhook_subscriptions(self) -> tuple[WebhookSubscription, ...]:
        """Return where PagerDuty sends events to, and what it has given up on for a day.

        Costs one call for a hundred.

        Source: https://developer.pagerduty.com/api-reference/78ae7c9fda9e4-list-webhook-subscriptions
        """
        return await self._list(
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
        return await self._run(
            "enable_webhook_subscription",
            lambda: reading.webhook_subscription(
                _one(self._rest.jpost(path))["webhook_subscription"]
            ),
        )

    async def _update(
        self, operation: str, incident_id: str, status: str, *, from_email: str
    ) -> Incident:
        return await self._run(
            operation,
            lambda: reading.incident(
                _one(
                    self._rest.rput(
                        f"/incidents/{incident_id}",
                        json={"type": "incident_reference", "status": status},
                        headers={"From": from_email},
                    )
                )
            ),
        )

    async def _list(
        self, operation: str, path: str, params: dict[str, Any], read: Callable[[Any], T]
    ) -> tuple[T, ...]:
        return await self._run(
            operation,
            lambda: tuple(
                map(read, islice(self._rest.iter_all(path, params=params), LONGEST_LIST))
            ),
        )

    async def _run(self, operation: str, call: Callable[[], T]) -> T:
        return await self._threads.run(
            operation, lambda: self._translated(operation, call), deadline_s=self._deadline_s
        )

    def _translated(self, operation: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except _Refused as exc:
            raise exc.failure(operation, secrets=(self._token,)) from None
        except pagerduty.Error as exc:
            # The library's own words end with a piece of the token, so they are not repeated.
            cause = exc.__cause__
            detail = (
                f"{type(cause).__name__}: {cause}" if cause else "the answer is not PagerDuty's"
            )
            raise Unavailable(SYSTEM, operation, told(detail, secrets=(self._token,))) from None
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            detail = f"the answer is not PagerDuty's ({exc!r})"
            raise Unavailable(SYSTEM, operation, told(detail, secrets=(self._token,))) from None

    async def aclose(self) -> None:
        """Take no more calls and close every connection."""
        await self._threads.aclose()
        self._rest.close()


def _one(answer: Any) -> dict[str, Any]:
    """The library unwraps lists and objects alike; here it must be an object."""
    if not isinstance(answer, dict):
        raise TypeError("not an object")
    return answer


class _Refused(Exception):
    """An answer that is no success, caught before the library decides to try again."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self._response = response

    def failure(self, operation: str, *, secrets: Iterable[str]) -> IntegrationError:
        return failure(
            SYSTEM,
            operation,
            self._response.status_code,
            headers=self._response.headers,
            body=self._response.content,
            secrets=secrets,
        )


class _Rest(pagerduty.RestApiV2Client):
    """The library without patience of its own.

    As it comes it tries again for ever when told to ask less, sleeping in its thread, and three
    times when there is no connection. Only the workflow decides on that.
    """

    max_network_attempts = 0
    timeout: Any  # the library passes it on to httpx, which takes more than its int

    def postprocess(self, response: Any, suffix: str | None = None) -> None:
        super().postprocess(response, suffix)
        if not response.is_success:
            raise _Refused(response)

    @property
    def url(self) -> str:
        return str(self._url)

    @url.setter
    def url(self, base_url: str) -> None:
        # The library insists on https, but on this machine a stand-in has no certificate.
        parts = urlsplit(base_url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise pagerduty.UrlError("PagerDuty's address must begin with https://")
        self._url = base_url
