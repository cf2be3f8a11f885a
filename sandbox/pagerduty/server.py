"""The stand-in itself: PagerDuty's three faces on one loopback port."""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web

from sandbox import seeds
from sandbox.clock import Clock
from sandbox.pagerduty.account import Account, Occurrence
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.documents import Document, Documents
from sandbox.pagerduty.events_api import EventsApi
from sandbox.pagerduty.incidents import Incidents
from sandbox.pagerduty.problems import InvalidEvent, Problem, not_found
from sandbox.pagerduty.rate_limit import RateLimit
from sandbox.pagerduty.records import new_id
from sandbox.pagerduty.web_page import WebPage, wants_page
from sandbox.pagerduty.webhooks import TIMEOUT_S, Subscription
from sandbox.standin import Handler, StandIn

_AUTHORIZATION = f"Token token={seeds.PAGERDUTY_TOKEN}"


class PagerDuty(StandIn):
    """Events API v2 in, REST API v2, signed v3 webhooks out, and a page to act on as a person.

    `webhook_url` is subscribed to everything that happens to incidents; `subscribe` does so later.
    `pace` divides every wait of PagerDuty's: between attempts, while disabled, while snoozed.
    """

    name = "pagerduty"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        webhook_url: str | None = None,
        pace: float = 1.0,
        webhook_timeout_s: float = TIMEOUT_S,
    ) -> None:
        super().__init__(clock=clock)
        self.account = Account(self.clock, self._announce)
        self.subscriptions: list[Subscription] = []
        self.told: list[Document] = []
        """The body of every webhook so far, whoever is subscribed."""
        self._pace = pace
        self._webhook_timeout_s = webhook_timeout_s
        self.documents = Documents(lambda: self.url)
        self._directory = Directory(self.account, self.documents, self.clock, self.subscriptions)
        self.rota = self._directory.rota
        self._incidents = Incidents(self.account, self.documents, self.clock, self.rota, pace=pace)
        self._page = WebPage(self.account)
        self._rate_limit = RateLimit(self.clock)
        if webhook_url is not None:
            self.subscribe(webhook_url)

    def subscribe(self, url: str) -> Subscription:
        """Send every incident event to `url` from now on, signed with the seeded secret."""
        subscription = Subscription(
            id=new_id(),
            url=url,
            secret=seeds.PAGERDUTY_WEBHOOK_SECRET,
            clock=self.clock,
            pace=self._pace,
            timeout_s=self._webhook_timeout_s,
        )
        self.subscriptions.append(subscription)
        return subscription

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._answer])
        app.add_routes(EventsApi(self.account, self.clock).routes())
        app.add_routes(self._incidents.routes())
        app.add_routes(self._directory.routes())
        app.add_routes(self._page.routes())
        return app

    async def stop(self) -> None:
        await super().stop()
        await self._incidents.close()
        await asyncio.gather(*(subscription.close() for subscription in self.subscriptions))

    async def webhooks_drained(self) -> None:
        """Return when every webhook so far was taken or given up."""
        for subscription in self.subscriptions:
            await subscription.drained()

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Show a person the page; check and record a call, which may meet a fault."""
        operation = request.match_info.route.name or "unknown"
        if operation.startswith("page_"):
            return await handler(request)
        if operation in {"list_incidents", "get_incident"} and wants_page(request):
            show = self._page.index if operation == "list_incidents" else self._page.show
            return await show(request)

        async def effect(request: web.Request) -> web.StreamResponse:
            try:
                return await self._checked(request, handler)
            except (Problem, InvalidEvent) as refusal:
                return refusal.response()
            except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
                return not_found().response()

        arguments = await _arguments(request)
        response = await self.with_faults(operation, request, effect)
        self.record(operation, arguments, response.status)
        return response

    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check the token and the rate limit, which the Events API does not share."""
        if request.path.startswith("/v2/"):
            return await handler(request)
        if request.headers.get("Authorization") != _AUTHORIZATION:
            raise Problem(401, 2006, "Unauthorized", "The API key is missing or not valid")
        if not self._rate_limit.count():
            return web.json_response(
                {"error": {"message": "Rate Limit Exceeded", "code": 2020}},
                status=429,
                headers=self._rate_limit.headers(),
            )
        response = await handler(request)
        response.headers.update(self._rate_limit.headers())
        return response

    def _announce(self, occurrence: Occurrence) -> None:
        event = self.documents.webhook(occurrence)
        self.told.append(event)
        for subscription in self.subscriptions:
            subscription.send(event, order_key=occurrence.incident.id)


async def _arguments(request: web.Request) -> dict[str, Any]:
    """What the call said: path, query, body and on whose behalf."""
    arguments: dict[str, Any] = {**request.match_info}
    for name in request.query:
        values = request.query.getall(name)
        arguments[name] = values if name.endswith("[]") else values[-1]
    with contextlib.suppress(ValueError):
        arguments["body"] = json.loads(await request.read())
    if "From" in request.headers:
        arguments["From"] = request.headers["From"]
    return arguments
