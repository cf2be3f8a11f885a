"""`/credlink oncall`, with PagerDuty as the stand-in plays it: who, until when, who is next."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bot.answers import oncall as answers
from bot.answers.oncall import look_up
from bot.cards.answer_card import AnswerView
from bot.cards.oncall import oncall as card
from bot.catalog import Catalog
from bot.domain.oncall import Roster
from bot.domain.question import Question, QuestionKind
from bot.storage.database import Database
from bot.world import World
from integrations.aws.accounts import Accounts
from integrations.errors import Unavailable
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import OnCall
from sandbox import seeds
from sandbox.clock import ManualClock
from sandbox.pagerduty import PagerDuty
from sandbox.standin import Fault
from sandbox.transcript import as_text
from tests.slack.answering import a_catalog

SERVICE = "credlink-api"
WEEK_S = 7 * 86_400


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def pagerduty(clock: ManualClock) -> AsyncIterator[PagerDuty]:
    server = PagerDuty(clock=clock)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def world(pagerduty: PagerDuty, clock: ManualClock) -> AsyncIterator[World]:
    client = PagerDutyClient(pagerduty.url, seeds.PAGERDUTY_TOKEN)
    yield a_world(clock, pagerduty=client)
    await client.aclose()


def a_world(clock: ManualClock, **said: Any) -> World:
    catalog: Catalog = said.pop("catalog", a_catalog())
    return World(
        database=cast(Database, None),
        catalog=catalog,
        aws=cast(Accounts, None),
        now=lambda: datetime.fromtimestamp(clock.now(), UTC),
        **said,
    )


def shown(roster: Roster, *services: str) -> str:
    """The card that answers with this, as text."""
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    question = Question(
        id="q",
        kind=QuestionKind.ONCALL,
        asked_by=seeds.ALICE.id,
        asked_at=at,
        channel="C0OPS0001",
        words={"services": list(services)},
        found=roster.as_json(),
        is_complete=True,
        completed_at=at,
    )
    message = card(AnswerView(question=question, now=at))
    return as_text({"blocks": message.blocks})


async def test_who_until_when_and_who_is_next_with_the_schedule_linked(world, pagerduty):
    roster = await look_up(world, [SERVICE])
    text = shown(roster, SERVICE)
    assert "🟢 *On call for credlink-api*  Carol Méndez until 2" in text
    assert "level 1  *Carol Méndez* until" in text
    assert "then Alice Okafor" in text
    assert "level 2  *Bob Lindqvist* always" in text
    assert "CredLink on call · schedule CredLink weekly" in text
    [level, _] = roster.services[SERVICE].levels
    assert level.current[0].schedule_url == f"{pagerduty.url}/schedules/PSCHEDU"


async def test_nobody_is_called_by_being_named(world):
    text = shown(await look_up(world, [SERVICE]), SERVICE)
    assert seeds.CAROL.id not in text
    assert "@" not in text.replace(f"asked by @{seeds.ALICE.id}", "")


async def test_a_week_later_it_is_the_next(world, clock):
    clock.advance(WEEK_S)
    text = shown(await look_up(world, [SERVICE]), SERVICE)
    assert "Alice Okafor until" in text
    assert "then Bob Lindqvist" in text


async def test_a_policy_that_the_catalogue_names_is_not_looked_up(pagerduty, clock):
    place = a_catalog().model_dump(by_alias=True)["services"][SERVICE]["environments"]
    paged = {"service": seeds.PAGERDUTY_SERVICE_ID, "escalation_policy": "PEPCRED"}
    catalog = a_catalog(services={SERVICE: {"pagerduty": paged, "environments": place}})
    client = PagerDutyClient(pagerduty.url, seeds.PAGERDUTY_TOKEN)
    roster = await look_up(a_world(clock, pagerduty=client, catalog=catalog), [SERVICE])
    await client.aclose()
    assert not roster.services[SERVICE].is_nobody
    assert {call.operation for call in pagerduty.calls} == {"list_oncalls"}


async def test_every_service_has_its_line_and_one_without_pagerduty_says_so(world):
    text = shown(await look_up(world, [SERVICE, "docs"]), SERVICE, "docs")
    assert "🟢 *credlink-api*  Carol Méndez until" in text
    assert "⚪ *docs*  not paged: the catalogue names nothing in PagerDuty for it" in text


async def test_that_nobody_is_on_call_is_said_loudly(world, pagerduty):
    pagerduty.rota.weekly.clear()
    pagerduty.rota.always = None
    roster = await look_up(world, [SERVICE, "docs"])
    assert "🔴 *On call for credlink-api*  *nobody is on call*" in shown(roster, SERVICE)
    assert "A page would reach no one" in shown(roster, SERVICE)
    assert shown(roster, SERVICE, "docs").startswith("*🔴 Nobody is on call for credlink-api*")


async def test_nobody_on_the_first_level_is_not_well(world, pagerduty):
    pagerduty.rota.weekly.clear()
    text = shown(await look_up(world, [SERVICE]), SERVICE)
    assert "🟠 *On call for credlink-api*  *nobody on the first level*; on level 2 Bob" in text
    assert "level 1  🔴 *nobody*\nlevel 2  *Bob Lindqvist* always" in text


async def test_a_pagerduty_that_does_not_answer_is_named_within_its_time(
    world, pagerduty, monkeypatch
):
    monkeypatch.setattr(answers, "WITHIN_S", 0.2)
    pagerduty.faults.append(Fault("list_oncalls", times=9, delay_s=0.6))
    began = time.monotonic()
    roster = await look_up(world, [SERVICE])
    assert time.monotonic() - began < 1
    text = shown(roster, SERVICE)
    assert "⚪ *On call for credlink-api*  unknown: PagerDuty did not answer within 0.2 s" in text


async def test_a_token_that_is_refused_is_said_in_pagerdutys_words(world, clock, pagerduty):
    client = PagerDutyClient(pagerduty.url, "wrong")
    text = shown(await look_up(a_world(clock, pagerduty=client), [SERVICE]), SERVICE)
    await client.aclose()
    assert "unknown: PagerDuty did not say it (" in text
    assert "wrong" not in text


async def test_without_a_connection_to_pagerduty_it_is_unknown_and_never_nobody(clock):
    text = shown(await look_up(a_world(clock), [SERVICE]), SERVICE)
    assert "unknown: PagerDuty did not say it (the bot has no address or token of it)" in text
    assert "nobody" not in text


class ShortSighted(PagerDutyClient):
    """A PagerDuty that is down whenever it is asked about a stretch of time."""

    async def list_oncalls(self, **asked: Any) -> tuple[OnCall, ...]:
        if asked.get("since") is not None:
            raise Unavailable("pagerduty", "list_oncalls", "HTTP 502")
        return await super().list_oncalls(**asked)


async def test_who_is_on_call_now_is_told_even_if_who_is_next_is_not(clock, pagerduty):
    client = ShortSighted(pagerduty.url, seeds.PAGERDUTY_TOKEN)
    text = shown(await look_up(a_world(clock, pagerduty=client), [SERVICE]), SERVICE)
    await client.aclose()
    assert "🟢 *On call for credlink-api*  Carol Méndez until" in text
    assert "who is next is unknown: PagerDuty did not say it (HTTP 502)" in text
    assert "Alice Okafor" not in text
    assert "nobody" not in text
