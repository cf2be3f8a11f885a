"""App Home: opened, kept true while it changes, pressed from, and otherwise left in peace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from sqlalchemy import update

from bot.cards import gate, guard
from bot.catalog import People as Group
from bot.catalog import Verb
from bot.changes.guards.locking import LockRequest
from bot.changes.show import ShowChange
from bot.domain.alert import AlertGroup, Severity, Source
from bot.domain.card import Urgency
from bot.domain.change import ChangeState
from bot.home.look import LookAtHomes
from bot.slack.api import SlackApi
from bot.slack.events import Events
from bot.slack.home import Homes
from bot.slack.listeners import Listeners
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.storage import alerts
from bot.storage import homes as store_of_homes
from bot.storage.database import Database
from bot.storage.schema.cards import cards
from bot.storage.schema.guards import locks
from bot.storage.schema.homes import homes as home_rows
from sandbox import seeds
from sandbox.transcript import as_text
from sandbox.workspace.client import WorkspaceClient
from tests.changes import guarded
from tests.changes.guarded import Guarded, asked
from tests.slack.answering import NAMES
from tests.slack.delivery import calls, rhythm
from tests.slack.edge import Done, Edge, by_socket, until

ALICE, BOB, MALLORY = seeds.ALICE, seeds.BOB, seeds.MALLORY


@dataclass
class HomeScene:
    """Prod under guard, and what people see in their homes."""

    prod: Guarded
    homes: Homes
    people: WorkspaceClient

    async def opens(self, person: seeds.Person) -> None:
        await self.people.open_home(person.id)

    async def view(self, person: seeds.Person) -> dict[str, Any] | None:
        """What Slack shows in this person's home."""
        return cast(dict[str, Any] | None, (await self.people.state(person.id)).get("home"))

    async def shows(self, person: seeds.Person, *words: str, without: str = "\0") -> dict[str, Any]:
        """Wait until the home says all these words."""

        async def look() -> dict[str, Any] | None:
            view = await self.view(person)
            text = as_text(view, NAMES) if view is not None else ""
            fits = view is not None and all(w in text for w in words) and without not in text
            return view if fits else None

        return cast(dict[str, Any], await until(look))

    async def locks(self, by: Any = guarded.CAROL, reason: str = "migration") -> None:
        request = LockRequest(environment="prod", service=guarded.API, reason=reason)
        await self.prod.locking.lock(request, asked=asked(by))

    async def is_looked_at_again(self, person: seeds.Person) -> None:
        """Wait until the home may be published again, and see that there is nothing to publish."""

        async def is_due() -> bool:
            async with self.prod.database.read() as connection:
                found = await store_of_homes.due(connection, "local")
            return person.id in {one.person for one in found}

        await until(is_due)
        assert await self.homes.round() == 0

    async def direct(self, person: seeds.Person) -> str:
        """All that the bot wrote to this person."""
        channel = await self.people.direct_message(person.id)
        return "\n".join(as_text(m, NAMES) for m in await self.people.messages(person.id, channel))


@pytest.fixture
def prod(store: Database) -> Guarded:
    return Guarded(store, guarded.a_catalog(approvals=1))


@pytest.fixture
async def scene(workspace, people, api, prod) -> AsyncIterator[HomeScene]:
    async with keeping(workspace, people, api, prod) as it:
        yield it


@asynccontextmanager
async def keeping(
    workspace, people: WorkspaceClient, api: SlackApi, prod: Guarded
) -> AsyncIterator[HomeScene]:
    """A bot that keeps homes and takes presses on locks and approvals."""
    directory, replies = People(api, ["S0DEPLOY", "S0APPROVE"]), Replies(api)
    await directory.start()
    homes = a_publisher(api, prod, directory)
    events = Events(
        people=directory,
        replies=replies,
        greeting=cast(Any, None),
        bot_user_id=seeds.BOT_USER_ID,
        entered=lambda channel: None,
        home_opened=homes.opened,
    )
    actions = {
        guard.UNLOCK: prod.locking.press_unlock,
        gate.APPROVE: prod.approving.approve,
    }
    listeners = Listeners(
        api=api,
        identity=await api.who(),
        signing_secret="",
        tables=replace(Done().tables(), actions=actions, events=events.table()),
        groups=directory.groups_of,
        replies=replies,
        database=prod.database,
        now=prod.now,
    )
    await homes.start()
    try:
        async with by_socket(Edge(Done(), listeners, replies), workspace):
            yield HomeScene(prod, homes, people)
    finally:
        await homes.stop()
        await replies.stop()
        await directory.stop()


def a_publisher(
    api: SlackApi, prod: Guarded, directory: People, *, owner: str = "local", **pace: float
) -> Homes:
    look = LookAtHomes(
        catalog=prod.catalog,
        show_change=ShowChange(prod.catalog, directory.groups_of),
        groups_of=directory.groups_of,
        workspace_url="https://credlink.slack.example/",
        now=prod.now,
    )
    return Homes(database=prod.database, api=api, look=look, owner=owner, rhythm=rhythm(**pace))


async def test_who_opens_it_sees_what_stands_and_what_there_is_none_of(scene: HomeScene):
    await scene.opens(ALICE)
    await scene.shows(ALICE, "Running", "*prod*  credlink-api  not known yet", "nothing locked")


async def test_it_follows_what_changes_and_costs_nothing_while_nothing_does(
    scene: HomeScene, workspace
):
    await scene.opens(ALICE)
    await scene.shows(ALICE, "nothing locked")
    await scene.is_looked_at_again(ALICE)
    assert len(calls(workspace, "views.publish")) == 1

    await scene.locks(reason="migration")
    await scene.shows(ALICE, "🟡 Locked: prod · credlink-api", "“migration”", "@carol")
    assert len(calls(workspace, "views.publish")) == 2


async def test_time_that_goes_by_is_no_change(scene: HomeScene, workspace):
    await scene.locks()
    await scene.prod.proposes(asked_by=ALICE.id)
    await scene.opens(ALICE)
    await scene.shows(ALICE, "Locked", "✗ in the way: lock")
    scene.prod.later(minutes=4)
    await scene.is_looked_at_again(ALICE)
    assert len(calls(workspace, "views.publish")) == 1


async def test_a_press_there_acts_and_is_answered_in_the_direct_messages(scene: HomeScene):
    await scene.locks()
    await scene.opens(BOB)
    view = await scene.shows(BOB, "Locked: prod")
    await scene.people.press_button(BOB.id, view, "Unlock")

    await scene.shows(BOB, "nothing locked", without="Locked")

    async def answered() -> bool:
        return "Unlocked credlink-api in prod" in await scene.direct(BOB)

    assert await until(answered)


async def test_who_may_not_is_told_so_there_and_nothing_happens(scene: HomeScene):
    await scene.locks()
    await scene.opens(MALLORY)
    view = await scene.shows(MALLORY, "Locked: prod")
    await scene.people.press_button(MALLORY.id, view, "Unlock")

    async def refused() -> bool:
        return "Only `approvers` may" in await scene.direct(MALLORY)

    assert await until(refused)
    await scene.shows(MALLORY, "Locked: prod")


async def test_proposals_wait_for_those_who_may_approve_and_are_given_there(scene: HomeScene):
    change = await scene.prod.proposes(asked_by=ALICE.id)
    for person in (ALICE, BOB, MALLORY):
        await scene.opens(person)
    own = await scene.shows(ALICE, "Your own proposals", "waits for approval · 0 of 1", "[Cancel]")
    assert "[Approve" not in as_text(own)
    await scene.shows(MALLORY, "Running", without="Proposed")
    waiting = await scene.shows(BOB, "Waiting for your approval", "*v1.1.9* → *v1.2.0*")

    await scene.people.press_button(BOB.id, waiting, "Approve")
    await scene.shows(BOB, "Under way", without="Waiting")
    await scene.shows(ALICE, "Under way", without="own proposals")
    assert (await scene.prod.change(change.id)).state is ChangeState.STARTING


async def test_what_stands_in_a_channel_is_linked(scene: HomeScene):
    await scene.locks()
    async with scene.prod.database.write() as connection:
        await connection.execute(update(cards).values(channel_id="C0PROD001", ts="1700.000100"))
    await scene.opens(ALICE)
    view = await scene.shows(ALICE, "Locked: prod · credlink-api* · card")
    assert "https://credlink.slack.example/archives/C0PROD001/p1700000100|card" in str(view)


async def test_another_view_than_we_know_of_is_replaced_all_the_same(scene: HomeScene, api):
    await scene.opens(ALICE)
    await scene.shows(ALICE, "nothing locked")
    await api.call("views.publish", user_id=ALICE.id, view={"type": "home", "blocks": []})
    await scene.locks()
    await scene.shows(ALICE, "Locked: prod")


async def test_slacks_limit_is_obeyed_and_the_news_comes_after_it(scene: HomeScene, workspace):
    await scene.people.fault("ratelimited", method="views.publish", retry_after=1)
    await scene.opens(ALICE)
    await scene.shows(ALICE, "nothing locked")
    first, second = calls(workspace, "views.publish")
    assert second.at - first.at >= 0.95


@pytest.mark.parametrize(
    "fault", [{"kind": "drop_before"}, {"kind": "drop_after"}, {"kind": "http", "status": 500}]
)
async def test_an_outcome_that_nobody_knows_is_published_again(scene: HomeScene, workspace, fault):
    await scene.people.fault(**fault, method="views.publish")
    await scene.opens(ALICE)
    await until(lambda: asyncio.sleep(0, len(calls(workspace, "views.publish")) > 1))
    await scene.shows(ALICE, "nothing locked")


async def test_a_replica_that_was_slow_does_not_put_back_what_was_before(
    scene: HomeScene, api, workspace
):
    """Two replicas see the same; only one publishes, from rows read after it took the lease."""
    directory = People(api, ["S0DEPLOY"])
    await directory.start()
    other = a_publisher(api, scene.prod, directory, owner="other")
    await scene.opens(ALICE)
    await scene.shows(ALICE, "nothing locked")
    for number in range(5):
        await scene.locks(reason=f"reason {number}")
        await asyncio.gather(scene.homes.round(), other.round())
        await scene.shows(ALICE, f"“reason {number}”")
        async with scene.prod.database.write() as connection:
            await connection.execute(update(locks).values(released_at=scene.prod.now()))
    await scene.shows(ALICE, "nothing locked")
    await directory.stop()
    assert len(calls(workspace, "views.publish")) <= 11


async def test_a_home_opened_yesterday_is_left_alone(scene: HomeScene, workspace):
    await scene.opens(ALICE)
    await scene.shows(ALICE, "nothing locked")
    async with scene.prod.database.write() as connection:
        await connection.execute(update(home_rows).values(opened_at=home_rows.c.opened_at - 90_000))
    await scene.locks()
    assert await scene.homes.round() == 0
    await scene.opens(ALICE)
    await scene.shows(ALICE, "Locked: prod")


@pytest.fixture
def watched(prod: Guarded) -> Guarded:
    """Prod, where deployers may see alerts and others may not."""
    watchers = Group(group=guarded.DEPLOYERS, may={"*": (Verb.ALERTS,)})
    people = {**prod.catalog.people, "watchers": watchers}
    return Guarded(prod.database, prod.catalog.model_copy(update={"people": people}))


async def test_what_fires_is_shown_first_and_to_those_who_may_see_alerts(
    workspace, people, api, watched
):
    group = AlertGroup(
        id="group-1",
        source=Source.ALERTMANAGER,
        receiver="bot",
        group_key="key",
        dedup_key="dedup",
        occurrence=1,
        name="HighErrorRatio",
        service=guarded.API,
        environment="prod",
        channel="#credlink-alerts",
        is_routed=True,
        severity=Severity.CRITICAL,
        started_at=watched.now(),
    )
    async with watched.database.write() as connection:
        await alerts.add(connection, group, urgency=Urgency.NEW)
    async with keeping(workspace, people, api, watched) as scene:
        await scene.opens(ALICE)
        await scene.opens(MALLORY)
        view = await scene.shows(ALICE, "🔴 HighErrorRatio: credlink-api in prod · critical")
        assert as_text(view).startswith("Firing")
        await scene.shows(MALLORY, "Running", without="HighErrorRatio")
