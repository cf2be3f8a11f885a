"""The REST API's routes about what an account is set up with: people, on call, services, webhooks.

Source: https://developer.pagerduty.com/api-reference
"""

from aiohttp import web
from multidict import MultiMapping

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.pagerduty.account import POLICIES, PRIORITIES, USERS, Account
from sandbox.pagerduty.documents import (
    ESCALATION_POLICY_ID,
    SCHEDULE_ID,
    Document,
    Documents,
)
from sandbox.pagerduty.problems import invalid, not_found, only, page
from sandbox.pagerduty.rota import DAY_S, Rota, Shift
from sandbox.pagerduty.times import read_moment
from sandbox.pagerduty.webhooks import EVENT_TYPES, Subscription

LONGEST_AHEAD_S = 90 * DAY_S


class Directory:
    """Reads the account; the one thing that can be changed is a subscription's being disabled."""

    def __init__(
        self,
        account: Account,
        documents: Documents,
        clock: Clock,
        subscriptions: list[Subscription],
    ) -> None:
        self._account = account
        self._documents = documents
        self._clock = clock
        self._created_at = clock.now()
        self.rota = Rota(clock.now())
        self._subscriptions = subscriptions

    def routes(self) -> list[web.RouteDef]:
        hooks = "/webhook_subscriptions"
        return [
            web.get("/users", self.list_users, name="list_users"),
            web.get("/users/{id}", self.get_user, name="get_user"),
            web.get("/escalation_policies", self.list_policies, name="list_escalation_policies"),
            web.get("/escalation_policies/{id}", self.get_policy, name="get_escalation_policy"),
            web.get("/oncalls", self.list_oncalls, name="list_oncalls"),
            web.get("/services", self.list_services, name="list_services"),
            web.get("/services/{id}", self.get_service, name="get_service"),
            web.get(
                "/services/{id}/change_events",
                self.list_service_changes,
                name="list_service_change_events",
            ),
            web.get("/change_events", self.list_changes, name="list_change_events"),
            web.get("/priorities", self.list_priorities, name="list_priorities"),
            web.get(hooks, self.list_subscriptions, name="list_webhook_subscriptions"),
            web.get(f"{hooks}/{{id}}", self.get_subscription, name="get_webhook_subscription"),
            web.post(
                f"{hooks}/{{id}}/enable",
                self.enable_subscription,
                name="enable_webhook_subscription",
            ),
            web.post(
                f"{hooks}/{{id}}/ping", self.ping_subscription, name="test_webhook_subscription"
            ),
        ]

    async def list_users(self, request: web.Request) -> web.Response:
        """`query` is looked for in names and addresses, so a whole address may still find two."""
        only(request, "query", "team_ids[]", "include[]")
        words = request.query.get("query", "").lower()
        found = [u for u in USERS if words in u.name.lower() or words in u.email.lower()]
        return page(request, "users", [self._documents.user(user) for user in found])

    async def get_user(self, request: web.Request) -> web.Response:
        only(request, "include[]", paged=False)
        for user in USERS:
            if user.id == request.match_info["id"]:
                return web.json_response({"user": self._documents.user(user)})
        raise not_found()

    async def list_policies(self, request: web.Request) -> web.Response:
        only(request, "query", "user_ids[]", "team_ids[]", "include[]", "sort_by")
        words = request.query.get("query", "").lower()
        found = [policy for policy in POLICIES if words in policy.name.lower()]
        listed = [self._documents.escalation_policy(policy, self.rota) for policy in found]
        return page(request, "escalation_policies", listed)

    async def get_policy(self, request: web.Request) -> web.Response:
        only(request, "include[]", paged=False)
        for policy in POLICIES:
            if policy.id == request.match_info["id"]:
                document = self._documents.escalation_policy(policy, self.rota)
                return web.json_response({"escalation_policy": document})
        raise not_found()

    async def list_oncalls(self, request: web.Request) -> web.Response:
        """Who is on call now, or at some time between `since` and `until`."""
        only(
            request,
            "escalation_policy_ids[]",
            "schedule_ids[]",
            "user_ids[]",
            "earliest",
            "since",
            "until",
            "include[]",
            "time_zone",
        )
        query, now = request.query, self._clock.now()
        since = read_moment(query, "since", now)
        until = read_moment(query, "until", since)
        if not since <= until <= now + LONGEST_AHEAD_S:
            raise invalid("Until must not be before since, nor more than 90 days from now")
        shifts = [shift for shift in self.rota.shifts(since, until) if _fits(query, shift)]
        if query.get("earliest") == "true":
            shifts = list({(s.level, s.user.id): s for s in reversed(shifts)}.values())[::-1]
        with_user = "users" in query.getall("include[]", [])
        entries = [self._documents.on_call(shift, with_user=with_user) for shift in shifts]
        return page(request, "oncalls", entries)

    async def list_services(self, request: web.Request) -> web.Response:
        only(request, "query", "team_ids[]", "include[]", "sort_by", "name", "time_zone")
        words = request.query.get("query", "").lower()
        fits = words in seeds.SERVICE
        return page(request, "services", [self._service()] if fits else [])

    async def get_service(self, request: web.Request) -> web.Response:
        only(request, "include[]", paged=False)
        self._must_be_ours(request)
        return web.json_response({"service": self._service()})

    async def list_changes(self, request: web.Request) -> web.Response:
        only(request, "since", "until", "team_ids[]", "integration_ids[]")
        changes = [self._documents.change_event(change) for change in self._account.changes]
        return page(request, "change_events", changes[::-1])

    async def list_service_changes(self, request: web.Request) -> web.Response:
        self._must_be_ours(request)
        return await self.list_changes(request)

    async def list_priorities(self, request: web.Request) -> web.Response:
        only(request)
        return page(request, "priorities", [self._documents.priority(p) for p in PRIORITIES])

    async def list_subscriptions(self, request: web.Request) -> web.Response:
        only(request, "filter_type", "filter_id")
        return page(
            request, "webhook_subscriptions", [self._document(s) for s in self._subscriptions]
        )

    async def get_subscription(self, request: web.Request) -> web.Response:
        only(request, paged=False)
        return web.json_response(
            {"webhook_subscription": self._document(self._subscription(request))}
        )

    async def enable_subscription(self, request: web.Request) -> web.Response:
        subscription = self._subscription(request)
        subscription.enable()
        return web.json_response({"webhook_subscription": self._document(subscription)})

    async def ping_subscription(self, request: web.Request) -> web.Response:
        """Send `pagey.ping`, PagerDuty's test event."""
        event = self._documents.ping(self._clock.now())
        self._subscription(request).send(event, order_key=event["event"]["id"])
        return web.Response(status=202)

    def _service(self) -> Document:
        return self._documents.service(created_at=self._created_at)

    def _must_be_ours(self, request: web.Request) -> None:
        if request.match_info["id"] != seeds.PAGERDUTY_SERVICE_ID:
            raise not_found()

    def _subscription(self, request: web.Request) -> Subscription:
        for subscription in self._subscriptions:
            if subscription.id == request.match_info["id"]:
                return subscription
        raise not_found()

    def _document(self, subscription: Subscription) -> Document:
        """A subscription as listed: the secret was shown once, when it was made."""
        return {
            "id": subscription.id,
            "type": "webhook_subscription",
            "active": True,
            "description": "Tells CredLink's bot what happens to incidents",
            "events": [name for name in EVENT_TYPES if name.startswith("incident.")],
            "filter": {"type": "service_reference", "id": seeds.PAGERDUTY_SERVICE_ID},
            "delivery_method": {
                "id": f"{subscription.id}D",
                "type": "http_delivery_method",
                "url": subscription.url,
                "secret": None,
                "temporarily_disabled": subscription.is_disabled,
                "custom_headers": [],
            },
        }


def _fits(query: MultiMapping[str], shift: Shift) -> bool:
    """Whether the filters leave this entry in."""
    own = {
        "escalation_policy_ids[]": ESCALATION_POLICY_ID,
        "schedule_ids[]": SCHEDULE_ID if shift.start is not None else "",
        "user_ids[]": shift.user.id,
    }
    return all(id_ in query.getall(name, [id_]) for name, id_ in own.items())
