"""Sentry's webhooks: proved on the raw bytes, kept well within a second, taken in once."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot import metrics
from bot.domain.alert import GroupState, Severity, Source
from bot.storage import inbox
from bot.web.sentry import SentrySender
from integrations.errors import InvalidSignature
from integrations.sentry import webhook
from sandbox import seeds
from sandbox.sentry.hooks import signature
from sandbox.sentry.people import USERS
from tests.alerts.sentry.desk import BAD, Desk, Hand

ALICE, BOB, CAROL = (user.actor() for user in USERS)


@dataclass
class Door:
    """The route, as whoever knows its address may call it."""

    desk: Desk
    url: str
    session: aiohttp.ClientSession

    async def post(
        self, body: bytes, *, secret: str = seeds.SENTRY_CLIENT_SECRET, **headers: str
    ) -> tuple[int, dict[str, str]]:
        signed = {
            "Sentry-Hook-Signature": signature(body, secret),
            "Sentry-Hook-Timestamp": f"{time.time():.0f}",
            "Sentry-Hook-Resource": "issue",
            "Request-ID": "r1",
        }
        given = signed | {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(self.url, data=body, headers=given) as answer:
            return answer.status, await answer.json()

    async def kept(self) -> tuple[int, int]:
        """How many wait, and how many were put aside."""
        async with self.desk.world.database.read() as connection:
            return await inbox.count(connection)


@pytest.fixture
async def post(desk: Desk, door: str) -> AsyncIterator[Door]:
    async with aiohttp.ClientSession() as session:
        yield Door(desk, door, session)


def a_body(action: str = "resolved", data: Mapping[str, Any] | None = None, **said: Any) -> bytes:
    issue = {
        "id": "4812",
        "shortId": "CRED-812",
        "title": "TypeError",
        "status": "resolved",
        "count": "3",
        "firstSeen": "2026-11-23T11:58:00Z",
        "lastSeen": "2026-11-23T12:00:00Z",
        "project": {"slug": "api-gw"},
    }
    payload = {"action": action, "data": {"issue": issue} if data is None else data, **said}
    return json.dumps(payload).encode()


def counted(resource: str, outcome: str) -> float:
    return metrics.sentry_webhooks.labels(resource, outcome)._value.get()


async def test_a_signed_one_is_kept_and_answered_at_once(post: Door):
    began = time.perf_counter()

    assert await post.post(a_body()) == (202, {"outcome": "accepted"})

    assert time.perf_counter() - began < 0.5
    assert await post.kept() == (1, 0)


async def test_what_is_repeated_under_its_id_is_kept_once(post: Door):
    await post.post(a_body())

    assert await post.post(a_body()) == (202, {"outcome": "duplicate"})
    assert await post.post(a_body(), Request_ID="r2") == (202, {"outcome": "accepted"})
    assert await post.kept() == (2, 0)


async def test_what_is_not_proved_is_refused(post: Door):
    body = a_body()
    answers = [
        await post.post(body, secret="another"),
        await post.post(body, secret=""),
        await post.post(body, Sentry_Hook_Signature=""),
        await post.post(body, Sentry_Hook_Signature="é" * 64),
        await post.post(body + b" ", Sentry_Hook_Signature=signature(body)),
    ]

    assert [status for status, _ in answers] == [401] * 5
    assert await post.kept() == (0, 0)


async def test_without_a_secret_nothing_is_let_in():
    closed = SentrySender(lambda: datetime.now(UTC))
    with pytest.raises(InvalidSignature):
        await closed.read({"Sentry-Hook-Signature": signature(b"{}", "")}, b"{}")


async def test_what_is_old_or_from_the_future_is_refused(post: Door):
    for moment in ("", "soon", "nan", "-inf", "0", f"{time.time() + 3600:.0f}"):
        status, answer = await post.post(a_body(), Sentry_Hook_Timestamp=moment)
        assert status == 400, moment
        assert "time" in answer["error"]

    assert await post.kept() == (0, 0)


UNREADABLE = (
    b"",
    b"[]",
    b"{",
    b'{"action": "resolved"}',
    b'{"action": "created", "data": {"issue": {"id": "1"}}}',
    b'{"action": "triggered", "data": {"event": {}, "triggered_rule": "r"}}',
    b'{"action": "critical", "data": {"metric_alert": {"alert_rule": null}}}',
    b"[" * 100_000,
)


async def test_what_cannot_be_read_is_put_aside_for_a_person(post: Door):
    for body in UNREADABLE:
        assert await post.post(body) == (202, {"outcome": "unreadable"}), body[:80]

    assert await post.kept() == (0, len(UNREADABLE))


def test_what_an_error_says_without_end_is_read_as_far_as_a_title():
    event = {
        "issue_id": "1",
        "title": "password=" * 90_000,
        "culprit": "x" * 900_000,
        "datetime": "2026-11-23T12:00:00Z",
    }
    read = webhook.parse(a_body("triggered", {"event": event, "triggered_rule": "New"})).event
    assert read is not None
    assert (len(read.title), len(read.culprit)) == (1000, 1000)


async def test_a_resource_nobody_knows_is_kept_and_counted_and_those_beside_are_not_put_aside(
    post: Door, desk: Desk
):
    before = counted("unknown", "unknown"), counted("comment", "beside")
    await post.post(a_body("started", {"run_id": 1}), Request_ID="a")
    await post.post(a_body("created", {"comment": "hm", "issue_id": 1}), Request_ID="b")
    await post.post(a_body("created", {"installation": {"uuid": "u"}}), Request_ID="c")

    assert await desk.hears() == 1

    assert counted("unknown", "unknown") == before[0] + 1
    assert counted("comment", "beside") == before[1] + 1


async def test_an_issue_of_a_project_that_is_not_ours_changes_nothing(post: Door, desk: Desk):
    group = await desk.fires()
    body = a_body().replace(b"api-gw", b"website")
    await post.post(body)

    assert await desk.hears() == 0
    assert "CRED-812" not in await desk.text(group)


async def test_what_people_do_in_sentry_edits_the_card_and_the_thread_says_who(
    desk: Desk, hand: Hand
):
    group, issue = await hand.sees()
    acts = desk.sentry.acts

    acts.assign(issue, USERS[2], BOB)
    await desk.hears()
    assert "assigned to Carol Méndez" in await desk.text(group)

    acts.move(issue, "resolved", BOB)
    await desk.hears()
    text = await desk.text(group)
    assert "🟢 resolved by Bob Lindqvist · assigned to Carol Méndez" in text
    assert await desk.menus(group) == []

    acts.move(issue, "unresolved", ALICE)
    await desk.hears()
    assert "resolved" not in await desk.text(group)
    assert len(await desk.menus(group)) == 1

    acts.move(issue, "ignored", ALICE)
    await desk.hears()
    assert "⚫ archived by Alice Okafor" in await desk.text(group)
    said = [entry.rpartition(": ")[2] for entry in await desk.board.thread(group)]
    assert said == [
        "assigned to Carol Méndez",
        "resolved by Bob Lindqvist",
        "unresolved again by Alice Okafor",
        "archived by Alice Okafor",
    ]


async def test_a_new_issue_brings_the_next_look_forward(desk: Desk):
    await desk.runs(BAD)
    group = await desk.fires()
    await desk.looks_at(group)
    desk.breaks()

    await desk.hears()

    assert await desk.keeps() == 1
    assert "CRED-812" in await desk.text(group)


async def test_a_rule_that_fires_joins_the_open_group_of_its_place(desk: Desk):
    await desk.runs(BAD)
    group, other = await desk.fires(), await desk.fires(env="staging")
    issue = desk.breaks()

    desk.sentry.acts.alert_about(issue, "prod", rule="New <issue>")
    await desk.hears()

    assert len(await desk.board.groups()) == 2
    text = await desk.text(group)
    assert "TimeoutError" in text
    assert "alert rule “New &lt;issue&gt;”" in text
    assert "TimeoutError" not in await desk.text(other)
    [entry] = await desk.board.thread(group)
    assert entry.startswith("Sentry's alert rule “New &lt;issue&gt;” fired: <")
    await desk.keeps()
    text = await desk.text(group)
    assert "12 events, 4 users by <!date^" in text
    assert f"· *new in {BAD}* · alert rule" in text


async def test_without_an_open_group_it_opens_a_card_that_ends_with_the_issue(desk: Desk):
    await desk.runs(BAD)
    await desk.fires(env="staging")
    issue = desk.breaks()
    issue.level = "fatal"

    desk.sentry.acts.alert_about(issue, "prod")
    desk.sentry.acts.alert_about(issue, "prod")
    await desk.hears()

    [own] = [g for g in await desk.board.groups() if g.source is Source.SENTRY]
    assert desk.looks == [f"enrich:{own.id}:onset"]
    assert (own.severity, own.channel) == (Severity.CRITICAL, "#credlink-alerts")
    text = await desk.text(own)
    assert text.startswith(f"🔴 {issue.title}: credlink-api in prod · critical")
    assert "Sentry's alert rule “New issue in prod” fired." in text
    assert len(await desk.menus(own)) == 1
    await desk.looks_at(own)
    assert f"*Sentry*  <{desk.sentry.url}" in await desk.text(own)
    assert f"*new in {BAD}*" in await desk.text(own)

    desk.sentry.acts.move(issue, "ignored", BOB)
    await desk.hears()

    [own] = [g for g in await desk.board.groups() if g.source is Source.SENTRY]
    assert own.state is GroupState.RESOLVED
    assert "⚫ archived by Bob Lindqvist" in await desk.text(own)


async def test_an_alert_that_began_long_ago_is_not_what_an_issue_is_about(desk: Desk):
    await desk.fires(ago=timedelta(hours=2))
    desk.sentry.acts.alert_about(desk.breaks(), "prod")

    await desk.hears()

    assert [g.source for g in await desk.board.groups()] == [Source.ALERTMANAGER, Source.SENTRY]


async def test_a_rule_about_what_the_catalogue_does_not_know_stands_in_the_default_channel(
    desk: Desk, post: Door
):
    event = {
        "issue_id": "77",
        "title": "Boom",
        "datetime": "2026-11-23T12:00:00Z",
        "url": "https://sentry.io/api/0/projects/other/website/events/1/",
    }
    await post.post(a_body("triggered", {"event": event, "triggered_rule": "r"}))

    await desk.hears()

    [group] = await desk.board.groups()
    assert (group.service, group.environment, group.is_routed) == (None, None, False)
    assert "No route of the catalogue matches" in await desk.text(group)


async def test_a_metric_alert_fires_worsens_and_resolves_as_one_group(desk: Desk):
    acts = desk.sentry.acts

    acts.metric("warning")
    await desk.hears()
    [group] = await desk.board.groups()
    assert (group.severity, group.source) == (Severity.WARNING, Source.SENTRY)
    text = await desk.text(group)
    assert text.startswith("🟠 Too many errors in prod: credlink-api in prod · warning")
    assert "1000 events in the last 10 minutes · Filter: level:error" in text
    assert "|Alert in Sentry>" in text

    acts.metric("critical")
    await desk.hears()
    [group] = await desk.board.groups()
    assert group.severity is Severity.CRITICAL
    assert any("warning → critical" in entry for entry in await desk.board.thread(group))

    acts.metric("resolved")
    await desk.hears()
    [group] = await desk.board.groups()
    assert group.state is GroupState.RESOLVED

    acts.metric("critical")
    await desk.hears()
    assert [g.occurrence for g in await desk.board.groups()] == [1, 2]


async def test_a_metric_alert_that_was_never_seen_firing_opens_no_card_when_it_resolves(desk: Desk):
    desk.sentry.acts.metric("resolved")

    assert await desk.hears() == 0
    assert await desk.board.groups() == []
