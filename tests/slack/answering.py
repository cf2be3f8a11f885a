"""The bot's answers in a workspace: from the slash command to the card, and the Refresh on it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import select

from bot.answers.ask import AskQuestion, Gather
from bot.answers.show import ShowAnswer
from bot.cards.answer_card import AGAIN
from bot.cards.blocks import Message
from bot.cards.oncall import oncall as oncall_card
from bot.catalog import Catalog
from bot.domain.card import Kind
from bot.domain.question import QuestionKind
from bot.slack.api import SlackApi
from bot.slack.channels import Channels
from bot.slack.deliver import Deliverer
from bot.slack.edge import SlackEdge
from bot.slack.listeners import Listeners
from bot.slack.people import People
from bot.slack.replies import Replies
from bot.storage.database import Connection, Database
from bot.storage.schema.answers import answers
from commands import oncall
from sandbox import seeds
from sandbox.transcript import as_text, buttons
from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.server import Workspace
from tests.slack.delivery import rhythm
from tests.slack.edge import Done, Edge, by_socket, until

OPS, GENERAL = "C0OPS0001", "C0GENERAL"
NAMES = {person.id: person.name for person in seeds.PEOPLE} | {seeds.BOT_USER_ID: "credlink"}
ASKING = "asking…"


def utc_now() -> datetime:
    return datetime.now(UTC)


def a_catalog(**changed: Any) -> Catalog:
    """One service that PagerDuty pages for, and one that it does not know."""
    place = {
        "account": "222222222222",
        "region": "us-east-1",
        "cluster": "credlink-prod",
        "ecs_service": "credlink-api",
        "channel": "#credlink-prod",
    }
    return Catalog.model_validate(
        {
            "people": {
                "deployers": {"group": "S0DEPLOY", "may": {"*": ["oncall", "status"]}},
            },
            "services": {
                "credlink-api": {
                    "pagerduty": {"service": seeds.PAGERDUTY_SERVICE_ID},
                    "environments": {"prod": place},
                },
                "docs": {"environments": {"prod": place}},
            },
            **changed,
        }
    )


@dataclass
class Answers:
    """A bot that answers, and what people see of it."""

    asking: AskQuestion
    channels: Channels
    people: WorkspaceClient

    async def types(self, person: seeds.Person, channel: str, text: str) -> str:
        """Type a command; returns what only this person sees, at once."""
        said = await self.people.say(person.id, channel, text)
        assert said["ok"], said
        return as_text(said["ephemeral"], NAMES) if said.get("ephemeral") else ""

    async def card(
        self, channel: str, *words: str, seen_by: seeds.Person = seeds.ALICE
    ) -> dict[str, Any]:
        """Wait for the newest card with all these words; once it is complete."""

        async def look() -> dict[str, Any] | None:
            for message in reversed(await self.people.messages(seen_by.id, channel)):
                text = as_text(message, NAMES)
                is_over = "asked by" in text and ASKING not in text
                if not message.get("ephemeral") and is_over and all(w in text for w in words):
                    return message
            return None

        return cast(dict[str, Any], await until(look))

    async def cards(self, channel: str, *, seen_by: seeds.Person = seeds.ALICE) -> list[str]:
        found = await self.people.messages(seen_by.id, channel)
        return [as_text(m, NAMES) for m in found if "asked by" in as_text(m, NAMES)]

    async def told(self, person: seeds.Person, channel: str, words: str) -> None:
        """Wait for something only this person sees."""

        async def look() -> bool:
            found = await self.people.messages(person.id, channel)
            return any(m.get("ephemeral") and words in as_text(m, NAMES) for m in found)

        assert await until(look)

    def can_be_asked_anew(self, card: Mapping[str, Any]) -> bool:
        return "Refresh" in buttons(card)


@asynccontextmanager
async def answering(
    workspace: Workspace,
    people: WorkspaceClient,
    store: Database,
    gather: Gather,
    *,
    catalog: Catalog | None = None,
    shown: Callable[[Any], Message] = oncall_card,
) -> AsyncIterator[Answers]:
    """A bot that is in #credlink-ops and in no other channel, and answers `oncall`."""
    catalog = catalog or a_catalog()
    api = SlackApi(seeds.BOT_TOKEN, f"{workspace.url}/api/", timeout_s=2.0)
    await api.start()
    channels = Channels(api, ("#credlink-ops",))
    await channels.start()
    await channels.enter()
    directory, replies, identity = People(api, ["S0DEPLOY"]), Replies(api), await api.who()
    await directory.start()
    deliverer = Deliverer(
        database=store,
        api=api,
        channels=channels,
        renders={Kind.ANSWER: ShowAnswer({QuestionKind.ONCALL: shown})},
        owner="local",
        now=utc_now,
        rhythm=rhythm(),
    )
    asking = AskQuestion(
        database=store,
        catalog=catalog,
        gathers={QuestionKind.ONCALL: gather},
        stand=SlackEdge(api, identity, channels, directory, replies).stand,
        now=utc_now,
        wake=deliverer.wake,
    )
    run = partial(oncall.run, ask=asking, how="Write `oncall`.", catalog=catalog)
    listeners = Listeners(
        api=api,
        identity=identity,
        signing_secret="",
        tables=replace(
            Done().tables(), verbs={"oncall": run}, actions={AGAIN: asking.again}, events={}
        ),
        groups=directory.groups_of,
        replies=replies,
        database=store,
        now=utc_now,
    )
    await deliverer.start()
    try:
        async with by_socket(Edge(Done(), listeners, replies), workspace):
            yield Answers(asking, channels, people)
    finally:
        await asking.stop()
        await deliverer.stop()
        await replies.stop()
        await directory.stop()
        await api.stop()


async def no_rows(connection: Connection) -> bool:
    """Whether nothing was ever asked."""
    return (await connection.execute(select(answers.c.id))).first() is None
