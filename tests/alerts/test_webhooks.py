"""The routes of both senders: proved, kept, 202; what is wrong is answered clearly and counted."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from bot import metrics
from bot.storage import inbox
from bot.storage.database import Database
from bot.web.senders import (
    ALERTMANAGER_BYTES,
    ALERTMANAGER_PATH,
    PAGERDUTY_PATH,
    AlertmanagerSender,
    PagerDutySender,
)
from bot.web.server import Listener
from bot.web.webhooks import Webhooks
from tests.alerts.builders import DEDUP_KEY, a_body, a_payload, an_event_body

TOKEN = "alertmanager-token"
OLD, NEW = "old-secret", "new-secret"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Door:
    """The listener, with what it kept and counted."""

    database: Database
    url: str
    session: aiohttp.ClientSession
    woken: list[None] = field(default_factory=list)

    async def alertmanager(
        self, body: bytes, headers: Mapping[str, str] = BEARER
    ) -> tuple[int, dict[str, str]]:
        async with self.session.post(self.url + ALERTMANAGER_PATH, data=body, headers=headers) as r:
            return r.status, await r.json()

    async def pagerduty(self, body: bytes, *secrets: str, sign: bytes | None = None) -> int:
        signed = body if sign is None else sign
        offered = ",".join(
            "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            for secret in secrets
        )
        headers = {"X-PagerDuty-Signature": offered} if secrets else {}
        async with self.session.post(self.url + PAGERDUTY_PATH, data=body, headers=headers) as r:
            return r.status

    async def kept(self) -> tuple[int, int]:
        async with self.database.read() as connection:
            return await inbox.count(connection)

    async def next_partition(self) -> str:
        async with self.database.write() as connection:
            delivery = await inbox.claim(connection, "test", for_s=30)
            assert delivery is not None
            await inbox.finish(connection, delivery)
            return delivery.partition_key


def counted(source: str, outcome: str) -> float:
    return metrics.webhooks.labels(source, outcome)._value.get()


@pytest.fixture
async def door(sqlite: Database) -> AsyncIterator[Door]:
    woken: list[None] = []
    app = web.Application()
    webhooks = Webhooks(
        sqlite,
        wake=lambda: woken.append(None),
        senders=(AlertmanagerSender((TOKEN,)), PagerDutySender((NEW, OLD))),
    )
    app.add_routes(webhooks.routes())
    listener = Listener(app, "127.0.0.1:0")
    await listener.start()
    async with aiohttp.ClientSession() as session:
        yield Door(sqlite, listener.url, session, woken)
    await listener.stop()


async def test_a_webhook_is_kept_and_wakes_the_worker(door: Door):
    before = counted("alertmanager", "accepted")

    status, said = await door.alertmanager(a_body())

    assert (status, said) == (202, {"outcome": "accepted"})
    assert await door.kept() == (1, 0)
    assert len(door.woken) == 1
    assert counted("alertmanager", "accepted") == before + 1
    assert await door.next_partition() == DEDUP_KEY


async def test_a_password_of_basic_credentials_proves_it_too(door: Door):
    given = base64.b64encode(f"anybody:{TOKEN}".encode()).decode()

    status, _ = await door.alertmanager(a_body(), {"Authorization": f"Basic {given}"})

    assert status == 202


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer "},
        {"Authorization": TOKEN},
    ],
)
async def test_without_the_token_nothing_is_read_or_kept(door: Door, headers):
    before = counted("alertmanager", "unproved")

    status, said = await door.alertmanager(a_body(), headers)

    assert status == 401
    assert "token" in said["error"]
    assert await door.kept() == (0, 0)
    assert counted("alertmanager", "unproved") == before + 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "no `version`"),
        (b'{"hello": 1}', "no `version`"),
        (json.dumps({**a_payload(), "version": "5"}).encode(), "payload version '5'"),
        (json.dumps({**a_payload(), "alerts": []}).encode(), "alerts"),
        (json.dumps({**a_payload(), "groupKey": 7}).encode(), "groupKey"),
        (b"\xff\xfe\x00", "not JSON"),
    ],
)
async def test_what_is_not_version_4_is_refused_in_words_and_counted(
    door: Door, body: bytes, says: str
):
    before = counted("alertmanager", "malformed")

    status, said = await door.alertmanager(body)

    assert status == 400
    assert says in said["error"]
    assert await door.kept() == (0, 0)
    assert counted("alertmanager", "malformed") == before + 1


async def test_the_same_delivery_twice_is_202_and_kept_once(door: Door):
    before = counted("alertmanager", "duplicate")
    answers = await asyncio.gather(*(door.alertmanager(a_body()) for _ in range(4)))

    assert [status for status, _ in answers] == [202] * 4
    assert await door.kept() == (1, 0)
    assert counted("alertmanager", "duplicate") == before + 3


async def test_too_large_a_body_is_refused_before_it_is_taken_in(door: Door):
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(ALERTMANAGER_BYTES // 65536 + 2):
            yield b" " * 65536

    async with door.session.post(
        door.url + ALERTMANAGER_PATH, data=endless(), headers=BEARER
    ) as answer:
        assert answer.status == 413
        assert "max_alerts" in (await answer.json())["error"]
    assert await door.kept() == (0, 0)


async def test_trouble_of_ours_is_a_5xx_so_that_it_is_sent_again(door: Door):
    async with door.database.write() as connection:
        await connection.exec_driver_sql("DROP TABLE inbox")

    status, said = await door.alertmanager(a_body())

    assert status == 503
    assert "again" in said["error"]


@pytest.mark.parametrize("secrets", [(OLD,), (NEW,), ("wrong", NEW)])
async def test_pagerduty_is_believed_by_any_secret_in_force(door: Door, secrets):
    assert await door.pagerduty(an_event_body(), *secrets) == 202
    assert await door.next_partition() == DEDUP_KEY


@pytest.mark.parametrize("secrets", [(), ("wrong",)])
async def test_a_forged_signature_is_401_and_counted(door: Door, secrets):
    before = counted("pagerduty", "unproved")

    assert await door.pagerduty(an_event_body(), *secrets) == 401
    assert await door.kept() == (0, 0)
    assert counted("pagerduty", "unproved") == before + 1


async def test_the_signature_is_of_the_bytes_as_they_came(door: Door):
    body = an_event_body()
    same_json = json.dumps(json.loads(body), indent=1).encode()

    assert await door.pagerduty(same_json, NEW, sign=body) == 401


async def test_an_event_sent_twice_or_replayed_is_kept_once(door: Door):
    for _ in range(3):
        assert await door.pagerduty(an_event_body(), NEW) == 202

    assert await door.kept() == (1, 0)


async def test_a_signed_event_nobody_can_read_is_kept_aside_not_refused(door: Door):
    """Three refusals and PagerDuty is silent for a day."""
    for _ in range(2):
        assert await door.pagerduty(b'{"event": {"id": "x"}}', NEW) == 202

    assert await door.kept() == (0, 1)


async def test_a_door_without_a_key_is_closed(sqlite: Database):
    app = web.Application()
    closed = (AlertmanagerSender(), PagerDutySender())
    app.add_routes(Webhooks(sqlite, lambda: None, closed).routes())
    listener = Listener(app, "127.0.0.1:0")
    await listener.start()
    async with aiohttp.ClientSession() as session:
        door = Door(sqlite, listener.url, session)
        answers = [(await door.alertmanager(a_body()))[0], await door.pagerduty(b"{}", "")]
    await listener.stop()

    assert answers == [401, 401]
