"""SNS is as strict as AWS: nothing before a confirmation, no second try after a refusal."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.aws.sns import NOTIFICATION, SUBSCRIPTION, UNSUBSCRIPTION, Sns, Subscription

TOPIC = "arn:aws:sns:us-east-1:222222222222:credlink-oncall"


@dataclass
class Endpoint:
    """Whoever is subscribed: it answers with `statuses` in turn, then with 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.types.append(request.headers["x-amz-sns-message-type"])
        assert request.content_type == "text/plain"
        self.got.append(await request.json())
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    app = web.Application()
    app.add_routes([web.post("/", made.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


@pytest.fixture
async def sns() -> AsyncIterator[Sns]:
    server = Sns(pace=1000.0)
    await server.start()
    yield server
    await server.stop()


async def confirmed(sns: Sns, endpoint: Endpoint) -> Subscription:
    subscription = Subscription(TOPIC, endpoint.url, is_confirmed=True)
    sns.subscriptions.append(subscription)
    return subscription


async def test_nothing_is_delivered_before_the_address_to_confirm_was_called(
    sns: Sns, endpoint: Endpoint
) -> None:
    subscription = Subscription(TOPIC, endpoint.url)
    sns.subscriptions.append(subscription)
    sns.publish(TOPIC, "unheard")
    await sns.settled()
    assert endpoint.got == []

    asked = sns.confirmation(subscription, SUBSCRIPTION)
    async with aiohttp.ClientSession() as session:
        wrong = asked["SubscribeURL"].replace(subscription.token, "guessed")
        async with session.get(wrong) as answer:
            assert answer.status == 400
        async with session.get(asked["SubscribeURL"]) as answer:
            assert "SubscriptionArn" in await answer.text()
    sns.publish(TOPIC, "heard", subject="ALARM")
    sns.publish("arn:aws:sns:us-east-1:222222222222:other", "elsewhere")
    await sns.settled()

    assert [(one["Type"], one["Message"]) for one in endpoint.got] == [(NOTIFICATION, "heard")]


@pytest.mark.parametrize(("statuses", "tries"), [([503, 500], 3), ([400], 1), ([500] * 9, 4)])
async def test_only_what_failed_is_sent_again_and_not_for_ever(
    sns: Sns, endpoint: Endpoint, statuses: list[int], tries: int
) -> None:
    await confirmed(sns, endpoint)
    endpoint.statuses = statuses

    sns.publish(TOPIC, "fires")
    await sns.settled()

    assert len(endpoint.got) == tries
    assert len({one["MessageId"] for one in endpoint.got}) == 1


async def test_an_end_is_told_with_a_way_back(sns: Sns, endpoint: Endpoint) -> None:
    subscription = await confirmed(sns, endpoint)

    sns.unsubscribe(subscription)
    await sns.settled()

    assert endpoint.types == [UNSUBSCRIPTION]
    assert endpoint.got[0]["SubscribeURL"].startswith(sns.url)
    assert sns.subscriptions == []
