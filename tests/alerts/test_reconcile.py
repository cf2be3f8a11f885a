"""No card stays red for ever: ends that were never told, and systems that tell nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from bot.alerts.missed import GONE_FOR
from bot.alerts.reconcile import ReconcileAlertmanager
from bot.alerts.reconcile_pagerduty import ReconcilePagerDuty
from bot.domain.alert import AlertGroup, GroupState
from bot.domain.firing import YOUNG
from bot.domain.incident import IncidentStatus
from bot.domain.notice import Notice
from bot.storage import incidents, notices
from bot.web.senders import PAGERDUTY_PATH
from bot.world import World
from integrations.alertmanager.client import AlertmanagerClient
from sandbox.pagerduty import PagerDuty
from sandbox.pagerduty.account import ON_CALL, PRIORITIES, USERS
from sandbox.standin import Fault
from tests.alerts.board import Board
from tests.alerts.builders import (
    DEDUP_KEY,
    NOW,
    a_catalog,
    an_alert,
    an_update,
)
from tests.alerts.holding import Alertmanager, Clock, a_held
from tests.integrations.monitoring import running

MINUTE = timedelta(minutes=1)
LOOK = timedelta(seconds=30)


@dataclass
class Watch:
    """The board, the clock, and what looks at Alertmanager."""

    world: World
    clock: Clock
    begun: list[str] = field(default_factory=list)

    @property
    def board(self) -> Board:
        return Board(self.world.database, self.world.catalog)

    async def begin(self, identities: Sequence[str]) -> None:
        self.begun += identities

    async def looks(self, after: timedelta = LOOK) -> int:
        """The chore is done that much later."""
        self.clock.goes_on(after)
        return await ReconcileAlertmanager(self.world, self.begin)()

    async def group(self) -> AlertGroup:
        [*_, group] = await self.board.groups()
        return group

    async def said(self) -> list[Notice]:
        """What system cards say, the first first."""
        async with self.world.database.read() as connection:
            return list(reversed(await notices.latest(connection, "")))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alertmanager() -> Alertmanager:
    return Alertmanager()


@pytest.fixture
def watch(world: World, clock: Clock, alertmanager: Alertmanager) -> Watch:
    held = cast(AlertmanagerClient, alertmanager)
    return Watch(replace(world, alertmanager=held, now=clock, pace=1.0), clock)


async def test_what_alertmanager_holds_no_longer_ends_when_its_end_could_have_come(
    watch: Watch, alertmanager: Alertmanager
):
    await watch.board.hears(an_update())
    alertmanager.holds = [a_held()]
    await watch.looks()
    alertmanager.holds = []

    assert await watch.looks() == 0  # its end may be on its way
    assert await watch.looks(GONE_FOR - MINUTE) == 0
    assert (await watch.group()).state is GroupState.FIRING
    assert await watch.looks(MINUTE) == 1

    group = await watch.group()
    assert group.state is GroupState.RESOLVED
    assert group.resolved_at == NOW + 2 * LOOK, "it ended when it was missed first, not now"
    assert group.peak is not None
    *_, ended, lost = await watch.board.thread(group)
    assert ended.startswith("every alert resolved after ")
    assert lost.startswith("Alertmanager no longer has it, and sent no end")
    assert "It ended between <!date^" in lost
    text = await watch.board.text(group)
    assert "🟢 Resolved: HighErrorRatio" in text
    assert "Alertmanager no longer has it, and sent no end." in text
    assert watch.begun == [f"enrich:{group.id}:end"]
    assert await watch.looks(MINUTE) == 0


async def test_its_own_end_is_the_better_one(watch: Watch, alertmanager: Alertmanager):
    await watch.board.hears(an_update())
    alertmanager.holds = [a_held()]
    await watch.looks()
    alertmanager.holds = []
    await watch.looks()
    await watch.board.hears(an_update(an_alert(status="resolved")))
    assert await watch.looks(GONE_FOR) == 0
    assert not any("no longer" in said for said in await watch.board.thread(await watch.group()))


async def test_one_that_fires_again_is_not_ended(watch: Watch, alertmanager: Alertmanager):
    await watch.board.hears(an_update())
    alertmanager.holds = [a_held()]
    await watch.looks()
    alertmanager.holds = []
    await watch.looks()
    alertmanager.holds = [a_held()]
    await watch.looks(GONE_FOR - MINUTE)
    alertmanager.holds = []
    assert await watch.looks(MINUTE) == 0  # counted from its second going
    assert await watch.looks(GONE_FOR) == 1


async def test_a_silenced_one_is_still_held(watch: Watch, alertmanager: Alertmanager):
    await watch.board.hears(an_update())
    alertmanager.holds = [a_held(state="suppressed", silenced_by=("s1",))]
    for _ in range(3):
        assert await watch.looks(GONE_FOR) == 0
    assert (await watch.group()).state is GroupState.FIRING


async def test_what_another_alertmanager_sent_is_left_alone(watch: Watch):
    await watch.board.hears(an_update())
    for _ in range(3):
        assert await watch.looks(GONE_FOR) == 0


async def test_one_that_has_just_been_started_is_not_believed(
    watch: Watch, alertmanager: Alertmanager
):
    await watch.board.hears(an_update())
    alertmanager.holds = [a_held()]
    await watch.looks()
    alertmanager.holds, alertmanager.up_since = [], watch.clock.at
    assert await watch.looks(YOUNG - MINUTE) == 0
    assert await watch.looks(MINUTE) == 0  # the first look that counts
    assert await watch.looks(GONE_FOR - MINUTE) == 0
    alertmanager.holds = [a_held()]  # Prometheus sends again at last
    assert await watch.looks() == 0
    assert (await watch.group()).state is GroupState.FIRING


@pytest.mark.prometheus
async def test_a_real_one_is_restarted_and_nothing_ends_that_fires(watch: Watch, tmp_path: Path):
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: bot}\nreceivers: [{name: bot}]\n")
    arguments = ("--config.file=alertmanager.yml", "--storage.path=data")
    alone = "--cluster.listen-address="
    labels = {"alertname": "HighErrorRatio", "env": "prod", "service": "credlink-api"}

    async def prometheus_sends(url: str, **said: Any) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{url}/api/v2/alerts", json=[{"labels": labels, **said}]) as answer,
        ):
            assert answer.status == 200

    async def beside(url: str, after: timedelta) -> int:
        client = AlertmanagerClient(url)
        watch.world = replace(watch.world, alertmanager=client)
        try:
            return await watch.looks(after)
        finally:
            await client.aclose()

    watch.clock.at = datetime.now(UTC)
    async with running("prometheus-alertmanager", tmp_path, *arguments, alone) as url:
        await prometheus_sends(url)
        client = AlertmanagerClient(url)
        [alert] = await client.get_alerts()
        await client.aclose()
        told = an_alert(alert.fingerprint, starts_at=alert.starts_at)
        await watch.board.hears(an_update(told), at=watch.clock.at)
        assert await beside(url, LOOK) == 0
    assert await beside(url, LOOK) == 0  # away
    async with running("prometheus-alertmanager", tmp_path, *arguments, alone) as url:
        assert await beside(url, LOOK) == 0, "it holds nothing, and is not believed"
        await prometheus_sends(url)
        assert await beside(url, GONE_FOR) == 0
        assert await beside(url, GONE_FOR) == 0
        assert (await watch.group()).state is GroupState.FIRING
        await prometheus_sends(url, endsAt=datetime.now(UTC).isoformat())
        assert await beside(url, LOOK) == 0
        assert await beside(url, GONE_FOR) == 1
    assert (await watch.group()).state is GroupState.RESOLVED


async def test_that_alertmanager_is_silent_is_said_once_and_once_when_it_is_back(
    watch: Watch, alertmanager: Alertmanager
):
    await watch.looks()
    alertmanager.is_away = True
    await watch.looks()
    assert await watch.said() == [], "a restart is not worth a word"
    for _ in range(4):
        await watch.looks()
    [said] = await watch.said()
    assert said.headline == "⚪ Alertmanager does not answer"
    words = "".join(piece.text for line in said.lines for piece in line)
    assert "connection refused" in words
    assert "Next: see whether it runs" in words

    alertmanager.is_away = False
    await watch.looks()
    await watch.looks()
    [_, back] = await watch.said()
    assert back.headline == "🟢 Alertmanager answers again, after 2 min 30 s"
    assert set(await watch.board.channels()) == {watch.world.catalog.slack.default_channel}


@pytest.fixture
def paged(world: World) -> Watch:
    """PagerDuty's clock is the real one."""
    clock = Clock(datetime.now(UTC))
    return Watch(replace(world, now=clock, catalog=a_catalog()), clock)


async def reconciled(watch: Watch) -> None:
    await ReconcilePagerDuty(watch.world, PAGERDUTY_PATH)()


async def test_what_a_lost_webhook_would_have_told_reaches_the_card(
    paged: Watch, pagerduty: PagerDuty
):
    incident = pagerduty.account.trigger(
        key=DEDUP_KEY, summary="Errors", severity="critical", body={}
    )
    await paged.board.hears(an_update(an_alert(starts_at=paged.clock.at)), at=paged.clock.at)
    await reconciled(paged)
    assert (await paged.group()).state is GroupState.FIRING

    pagerduty.account.acknowledge(incident, ON_CALL)
    await reconciled(paged)
    await reconciled(paged)
    group = await paged.group()
    assert group.state is GroupState.ACKNOWLEDGED
    assert "acknowledged by Carol Méndez" in (await paged.board.thread(group))[-1]

    pagerduty.account.resolve(incident, ON_CALL)
    await reconciled(paged)
    async with paged.world.database.read() as connection:
        [known] = await incidents.of_group(connection, group.id)
    assert known.status is IncidentStatus.RESOLVED
    assert "resolved by Carol Méndez" in (await paged.board.thread(group))[-1]
    before = len(pagerduty.calls_of("get_incident"))
    await reconciled(paged)
    assert len(pagerduty.calls_of("get_incident")) == before, "what is over is asked no more"


async def test_what_moved_while_webhooks_were_lost_and_notes_of_that_time_reach_the_thread(
    paged: Watch, pagerduty: PagerDuty
):
    incident = pagerduty.account.trigger(
        key=DEDUP_KEY, summary="Errors", severity="critical", body={}
    )
    await paged.board.hears(an_update(an_alert(starts_at=paged.clock.at)), at=paged.clock.at)
    await reconciled(paged)
    ours = pagerduty.subscribe(f"https://bot.example{PAGERDUTY_PATH}")
    ours.disabled_until = pagerduty.clock.now() + 3600

    pagerduty.account.set_priority(incident, PRIORITIES[0], ON_CALL)
    pagerduty.account.reassign(incident, (USERS[1],), ON_CALL)
    pagerduty.account.annotate(incident, "it is the pool", ON_CALL)
    await reconciled(paged)
    await reconciled(paged)

    group = await paged.group()
    assert await paged.board.thread(group) == [
        "PagerDuty #1 now with Bob Lindqvist · priority P1",
        "Note on PagerDuty #1 by Carol Méndez:\n> it is the pool",
    ]
    assert "triggered, paging Bob Lindqvist · P1" in await paged.board.text(group)
    assert len(pagerduty.calls_of("list_incident_notes")) == 1, "only once webhooks were lost"


async def test_an_incident_nobody_told_of_gets_its_card_unless_it_is_old(
    paged: Watch, pagerduty: PagerDuty
):
    pagerduty.account.trigger(key="k1", summary="By hand", severity="critical", body={})
    old = pagerduty.account.trigger(key="k2", summary="Last month", severity="critical", body={})
    old.created_at -= timedelta(days=30).total_seconds()
    await reconciled(paged)
    assert await paged.board.waits(paged.clock.at - NOW + MINUTE) == 1
    assert (await paged.group()).name == "By hand"


async def test_a_webhook_that_pagerduty_gave_up_on_is_switched_on_again(
    paged: Watch, pagerduty: PagerDuty
):
    ours = pagerduty.subscribe(f"https://bot.example{PAGERDUTY_PATH}")
    theirs = pagerduty.subscribe("https://other.example/hook")
    ours.disabled_until = theirs.disabled_until = pagerduty.clock.now() + 3600
    await reconciled(paged)
    await reconciled(paged)
    assert not ours.is_disabled
    assert theirs.is_disabled, "what is somebody else's is left alone"
    [said] = await paged.said()
    assert said.headline == "🟠 PagerDuty had stopped to send me webhooks; it sends again"


async def test_where_that_is_refused_it_is_said_once(paged: Watch, pagerduty: PagerDuty):
    ours = pagerduty.subscribe(f"https://bot.example{PAGERDUTY_PATH}")
    ours.disabled_until = pagerduty.clock.now() + 3600
    pagerduty.faults.append(Fault("enable_webhook_subscription", times=2, status=403))
    await reconciled(paged)
    await reconciled(paged)
    [said] = await paged.said()
    assert said.headline == "⚪ PagerDuty sends me no webhooks"
    await reconciled(paged)
    assert [said.headline.partition(",")[0] for said in await paged.said()] == [
        "⚪ PagerDuty sends me no webhooks",
        "🟢 PagerDuty sends me webhooks again",
    ]


async def test_pagerduty_away_is_said_once(paged: Watch, pagerduty: PagerDuty):
    pagerduty.faults.append(Fault("list_incidents", times=3, status=503))
    for _ in range(3):
        await reconciled(paged)
        paged.clock.goes_on(MINUTE)
    await reconciled(paged)
    assert [said.headline.partition(",")[0] for said in await paged.said()] == [
        "⚪ PagerDuty does not answer",
        "🟢 PagerDuty answers again",
    ]
