"""`/credlink alerts`: our open groups beside what Alertmanager says, for whoever may look."""

from datetime import timedelta
from typing import cast

import pytest

from bot.answers.firing import GatherFiring
from bot.answers.health.addresses import Addresses
from bot.cards.firing import firing as card
from bot.catalog import Catalog
from bot.domain.incident import IncidentStatus
from bot.domain.question import QuestionKind
from bot.errors import NotAllowed, NotKnown, UsageError
from bot.storage.database import Database
from bot.world import World
from commands import alerts
from integrations.alertmanager.client import AlertmanagerClient
from integrations.aws.accounts import Accounts
from tests.alerts.board import Board
from tests.alerts.builders import NOW, a_catalog, an_alert, an_incident, an_update
from tests.alerts.holding import Alertmanager, Clock, a_held
from tests.answers.looking import ALICE, MALLORY, Desk

EU_KEY = '{}:{alertname="Slow", env="eu"}'


@pytest.fixture
def database(sqlite: Database) -> Database:
    return sqlite


@pytest.fixture
def alertmanager() -> Alertmanager:
    return Alertmanager()


def a_desk(
    database: Database,
    alertmanager: Alertmanager | None,
    clock: Clock = Clock(NOW + timedelta(minutes=6)),  # noqa: B008  it stands still
    **said: object,
) -> Desk:
    catalog: Catalog = a_catalog(**said)
    world = World(
        database=database,
        catalog=catalog,
        aws=cast(Accounts, None),
        now=clock,
        alertmanager=cast(AlertmanagerClient, alertmanager),
    )
    addresses = Addresses.of(
        prometheus=None, alertmanager=None, grafana=None, sentry=None, slack="https://x.example/"
    )
    gather = GatherFiring(world, addresses)
    desk = Desk(world, QuestionKind.ALERTS, gather, card)

    async def run(words, asked):
        return await alerts.run(words, asked, ask=desk.ask, how="how", catalog=catalog)

    desk.run = run
    return desk


async def test_ours_and_those_it_never_told_us_of(database: Database, alertmanager: Alertmanager):
    board = Board(database, a_catalog())
    await board.hears(an_update())
    await board.hears_of(an_incident(IncidentStatus.ACKNOWLEDGED))
    alertmanager.holds = [
        a_held(),
        a_held("b2", name="NodeDown", receivers=("ops-mail",)),
        a_held("c3", name="Planned", state="suppressed", silenced_by=("s1",)),
    ]
    desk = a_desk(database, alertmanager)
    await desk.types("alerts")
    said = await desk.card()
    assert said.startswith("🔴 2 alerts fire, the worst critical")
    assert "🟡 *HighErrorRatio* · credlink-api in prod · critical" in said
    assert "*4.2 %* · since 14:32 UTC (6 min 5 s) · Carol Méndez is on it (PagerDuty #4711)" in said
    assert "Alertmanager has these too, and has not told me of them" in said
    assert "NodeDown · credlink-api in prod · critical" in said
    assert "goes to ops-mail" in said
    assert "Planned" not in said


async def test_what_it_does_not_have_is_marked(database: Database, alertmanager: Alertmanager):
    await Board(database, a_catalog()).hears(an_update())
    desk = a_desk(database, alertmanager)
    await desk.types("alerts prod credlink-api")
    assert "Alertmanager does not have it now; it has sent no end" in await desk.card()


@pytest.mark.parametrize("is_connected", [True, False])
async def test_its_silence_is_never_good_news(
    database: Database, alertmanager: Alertmanager, is_connected: bool
):
    alertmanager.is_away = True
    desk = a_desk(database, alertmanager if is_connected else None)
    await desk.types("alerts")
    said = await desk.card()
    assert said.startswith("⚪ Not known what fires")
    why = "connection refused" if is_connected else "the bot has no address of it"
    assert f"Alertmanager did not say what fires ({why})" in said


async def test_nothing_fires_by_its_word(database: Database, alertmanager: Alertmanager):
    clock = Clock(NOW + timedelta(minutes=6))
    desk = a_desk(database, alertmanager, clock)
    await desk.types("alerts prod")
    assert (await desk.card()).startswith("🟢 Nothing fires in prod")
    clock.goes_on(timedelta(seconds=1))
    alertmanager.up_since = NOW + timedelta(minutes=5)
    await desk.types("alerts")
    assert (await desk.card()).startswith("⚪ Nothing fires that Alertmanager knows of yet")


async def test_places_where_one_may_not_look_are_counted_and_not_told(
    database: Database, alertmanager: Alertmanager
):
    people = {"deployers": {"group": "S0DEPLOY", "may": {"prod": ["alerts"]}}}
    eu = an_update(an_alert("e1", env="eu", alertname="Slow"), groupKey=EU_KEY)
    await Board(database, a_catalog()).hears(eu)
    alertmanager.holds = [
        a_held("e1", name="Slow", labels={"env": "eu"}),
        a_held("e2", name="Secret", labels={"env": "eu"}),
    ]
    desk = a_desk(database, alertmanager, people=people)
    await desk.types("alerts", by=ALICE)
    said = await desk.card()
    assert said.startswith("⚪ Nothing fires where you may look")
    assert "2 more where you may not look" in said
    assert "Slow" not in said
    assert "Secret" not in said
    with pytest.raises(NotAllowed):
        await desk.types("alerts", by=MALLORY)


async def test_words_that_name_nothing_are_refused(database: Database, alertmanager: Alertmanager):
    desk = a_desk(database, alertmanager)
    with pytest.raises(NotKnown, match=r"I know no prodd \(did you mean prod\?\)"):
        await desk.types("alerts prodd")
    with pytest.raises(UsageError, match="no more"):
        await desk.types("alerts prod credlink-api more")
