"""A runbook's steps in a thread of a strict workspace: ticked by several, edited in place, kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.runbooks.show import render as show_runbook
from bot.alerts.runbooks.tick import TickStep
from bot.alerts.show import render as show_group
from bot.cards.runbook import TICK
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.card import Kind
from bot.domain.evidence.runbook import SOURCE
from bot.domain.finding import Phase
from bot.slack.api import SlackApi
from bot.slack.channels import Channels
from bot.slack.deliver import Deliverer
from bot.slack.listeners import Listeners
from bot.slack.replies import Replies
from bot.storage.database import Database
from bot.world import World
from integrations.aws.accounts import Accounts
from sandbox import seeds
from sandbox.transcript import as_text
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.server import Workspace
from tests.alerts.board import Board
from tests.alerts.builders import a_catalog, an_alert, an_update
from tests.slack.answering import NAMES, utc_now
from tests.slack.delivery import calls, rhythm
from tests.slack.edge import Done, Edge, by_socket, until

CHANNEL = "C0ALERTS1"
ALICE, BOB, MALLORY = seeds.ALICE, seeds.BOB, "U0MALLORY"
RUNBOOK = """# HighErrorRatio

## Is it real

1. Open the chart and look *which path* fails.
2. Count the errors:
   ```
   aws logs filter-log-events --filter-pattern '<error>'
   ```

## Stop it

1. Roll back, if a deploy is named.
"""


@dataclass
class Thread:
    """The thread of one alert group, as people see it."""

    people: WorkspaceClient
    board: Board
    world: World
    deliverer: Deliverer
    group: AlertGroup

    async def checklist(self, *words: str) -> dict[str, Any]:
        """Wait for the message with the steps, once it says all these words."""

        async def look() -> dict[str, Any] | None:
            for one in await self.replies():
                text = as_text(one, NAMES)
                if "Runbook" in text and all(word in text for word in words):
                    return one
            return None

        return cast(dict[str, Any], await until(look))

    async def replies(self) -> list[dict[str, Any]]:
        shown = await self.people.messages(ALICE.id, CHANNEL)
        found = []
        for card in shown:
            if not card.get("ephemeral"):
                found += (await self.people.messages(ALICE.id, CHANNEL, card["ts"]))[1:]
        return found

    async def ticks(
        self, person: seeds.Person, shown: dict[str, Any], step: int, *, is_on: bool = True
    ) -> None:
        """Click the box of a step as this message shows it, however old that is."""
        block = boxes(shown)[step]
        chosen = block["accessory"]["options"] if is_on else []
        action = {
            "type": "checkboxes",
            "block_id": block["block_id"],
            "action_id": TICK,
            "selected_options": chosen,
        }
        place = {"channel": CHANNEL, "ts": shown["ts"]}
        done = {"as": person.id, **place, "stale": True, "action": action}
        assert (await self.people._post("press", done))["ok"]


def boxes(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in message["blocks"] if "accessory" in one]


def labels(message: dict[str, Any]) -> list[str]:
    """What stands beside each box, and whether it is ticked."""
    found = []
    for block in boxes(message):
        box = block["accessory"]
        said = box["options"][0]["text"]["text"].split(" <!date")[0]
        found.append(f"{'x' if 'initial_options' in box else ' '} {said}")
    return found


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (folder / "HighErrorRatio.md").write_text(RUNBOOK)
    said = a_catalog().model_dump(by_alias=True)
    said["services"]["credlink-api"]["runbooks"] = str(folder)
    said["people"] = {"deployers": {"group": "S0DEPLOY", "may": {"prod": ["acknowledge"]}}}
    return Catalog.model_validate(said)


@asynccontextmanager
async def standing(
    workspace: Workspace, people: WorkspaceClient, api: SlackApi, store: Database, catalog: Catalog
) -> AsyncIterator[Thread]:
    """A bot that shows alert groups and runbooks, and takes ticks; one group fires."""
    channels, replies = Channels(api, ("#credlink-alerts",)), Replies(api)
    await channels.start()
    await channels.enter()
    deliverer = Deliverer(
        database=store,
        api=api,
        channels=channels,
        renders={Kind.ALERT_GROUP: show_group, Kind.RUNBOOK: show_runbook},
        owner="local",
        now=utc_now,
        rhythm=rhythm(),
    )
    tick = TickStep(
        database=store,
        catalog=catalog,
        name_of=lambda person: NAMES[person],
        tell=deliverer.wake,
    )
    listeners = Listeners(
        api=api,
        identity=await api.who(),
        signing_secret="",
        tables=replace(Done().tables(), actions={TICK: tick}),
        groups=lambda one: frozenset({"S0DEPLOY"} if one in {ALICE.id, BOB.id} else ()),
        replies=replies,
        database=store,
        now=utc_now,
    )
    world = World(
        database=store,
        catalog=catalog,
        aws=cast(Accounts, None),
        now=utc_now,
        wake=deliverer.wake,
    )
    board = Board(store, catalog)
    await board.hears(an_update())
    [group] = await board.groups()
    await deliverer.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(replies.stop)
        stack.push_async_callback(deliverer.stop)
        await stack.enter_async_context(by_socket(Edge(Done(), listeners, replies), workspace))
        yield Thread(people, board, world, deliverer, group)


async def found(thread: Thread) -> None:
    asked = [one for one in SOURCES if one.name == SOURCE]
    assert await ask_all(thread.world, asked, thread.group.id, Phase.ONSET) == []


async def test_steps_stand_in_the_thread_and_are_ticked_by_several_with_nothing_lost(
    workspace, people, api, store, catalog
):
    async with standing(workspace, people, api, store, catalog) as thread:
        await found(thread)
        shown = await thread.checklist("0 of 3 steps done")
        text = as_text(shown, NAMES)
        assert "Is it real" in text
        assert "```aws logs filter-log-events --filter-pattern '<error>'```" in text
        assert labels(shown) == ["  done"] * 3

        await asyncio.gather(
            thread.ticks(ALICE, shown, 0), thread.ticks(BOB, shown, 2), thread.ticks(BOB, shown, 0)
        )

        both = await thread.checklist("2 of 3 steps done")
        assert both["ts"] == shown["ts"]
        done = labels(both)
        assert done[1:] == ["  done", f"x {NAMES[BOB.id]}"]
        assert done[0] in {f"x {NAMES[ALICE.id]}", f"x {NAMES[BOB.id]}"}
        assert "<@" not in str(both["blocks"])

    # A bot that starts anew goes on with the same message and what was ticked.
    async with standing(workspace, people, api, store, catalog) as thread:
        await found(thread)
        await thread.ticks(ALICE, both, 1)
        all_done = await thread.checklist("3 of 3 steps done")
        assert all_done["ts"] == shown["ts"]
    assert len(calls(workspace, "chat.postMessage")) == 2
    # The bot joined its channel before it had a socket to hear of it.
    assert [said for said in workspace.verdict() if not said.startswith("member_joined")] == []


async def test_an_old_view_takes_back_nothing_that_it_did_not_show(
    workspace, people, api, store, catalog
):
    async with standing(workspace, people, api, store, catalog) as thread:
        await found(thread)
        old = await thread.checklist("0 of 3")
        await thread.ticks(ALICE, old, 0)
        new = await thread.checklist("1 of 3")

        await thread.ticks(BOB, old, 0, is_on=False)
        still = await thread.checklist("1 of 3")
        await thread.ticks(BOB, new, 0, is_on=False)
        off = await thread.checklist("0 of 3")

        # One's own is taken back even before the message was drawn anew.
        await thread.ticks(ALICE, off, 1)
        await thread.ticks(ALICE, off, 1, is_on=False)
        await thread.ticks(BOB, off, 2)

        async def only_bobs() -> bool:
            last = await thread.checklist("1 of 3")
            return labels(last) == ["  done", "  done", f"x {NAMES[BOB.id]}"]

        assert await until(only_bobs)
        assert labels(still)[0] == f"x {NAMES[ALICE.id]}"


async def test_who_may_not_acknowledge_may_not_tick_and_a_box_of_nothing_says_so(
    workspace, people, api, store, catalog
):
    async with standing(workspace, people, api, store, catalog) as thread:
        await found(thread)
        shown = await thread.checklist("0 of 3")
        carol = seeds.CAROL
        before = boxes(shown)[0]["block_id"]

        await thread.ticks(carol, shown, 0)

        async def told() -> list[str]:
            seen = await people.messages(carol.id, CHANNEL, await parent(thread))
            return [as_text(one, NAMES) for one in seen if one.get("ephemeral")]

        assert "acknowledge" in (await until(told))[0]

        async def redrawn() -> bool:
            return boxes(await thread.checklist("0 of 3"))[0]["block_id"] != before

        assert await until(redrawn)


async def parent(thread: Thread) -> str:
    """The card's message, once it stands."""

    async def look() -> str | None:
        shown = await thread.people.messages(ALICE.id, CHANNEL)
        return next((one["ts"] for one in shown if "HighErrorRatio" in as_text(one, NAMES)), None)

    return str(await until(look))


async def test_a_card_that_was_deleted_comes_back_with_the_steps_below_it(
    workspace, people, api, store, catalog
):
    async with standing(workspace, people, api, store, catalog) as thread:
        await found(thread)
        shown = await thread.checklist("0 of 3")
        await thread.ticks(ALICE, shown, 0)
        await thread.checklist("1 of 3")
        await api.call("chat.delete", channel=CHANNEL, ts=await parent(thread))
        await thread.board.hears(an_update(an_alert(severity="warning")))
        thread.deliverer.wake()

        async def again() -> dict[str, Any] | None:
            new = await thread.checklist("1 of 3")
            return new if new["ts"] != shown["ts"] else None

        assert labels(await until(again))[0] == f"x {NAMES[ALICE.id]}"


async def test_steps_that_were_posted_unheard_are_found_in_the_thread_and_not_posted_again(
    workspace, people, api, store, catalog
):
    async with standing(workspace, people, api, store, catalog) as thread:
        await parent(thread)
        await people.fault("drop_after", method="chat.postMessage")
        await found(thread)
        shown = await thread.checklist("0 of 3")

        await thread.ticks(ALICE, shown, 0)

        assert (await thread.checklist("1 of 3"))["ts"] == shown["ts"]
        assert len(await thread.replies()) == 1


async def test_steps_whose_card_is_gone_before_them_come_below_the_one_that_comes_back(
    workspace, people, api, store, catalog
):
    async with standing(workspace, people, api, store, catalog) as thread:
        gone = await parent(thread)
        await api.call("chat.delete", channel=CHANNEL, ts=gone)

        await found(thread)

        await thread.checklist("0 of 3")
        assert await parent(thread) != gone
