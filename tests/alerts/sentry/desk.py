"""A card with Sentry's issues: alerts fire, errors happen, webhooks come, people press."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.group import GroupAlerts
from bot.alerts.join import JoinIncident
from bot.alerts.receive import Receiver
from bot.alerts.sentry.keep import KeepIssues
from bot.alerts.sentry.press import ActOnIssue
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.asked import Actor, Asked, Press
from bot.domain.evidence.issues import SOURCE
from bot.domain.finding import Phase
from bot.domain.plan import Observed, Revision
from bot.domain.sentry import SentryIssue
from bot.engine import Engine
from bot.storage import audit, inbox, revisions
from bot.storage import sentry as issues
from bot.world import World
from sandbox import seeds
from sandbox.sentry import Sentry
from sandbox.sentry.issues import Issue
from tests.alerts import builders
from tests.alerts.board import Board
from tests.alerts.builders import an_alert, an_update

DEADLINE_S = 10.0
BAD = "v1.3.0-errors"
GOOD = "v1.1.9"
STAGING_KEY = '{}:{alertname="HighErrorRatio", env="staging"}'
_keys = itertools.count(1)


def a_catalog() -> Catalog:
    place = {
        "account": "222222222222",
        "region": "us-east-1",
        "cluster": "credlink-prod",
        "ecs_service": "credlink-api",
    }
    service = {
        "sentry": {"organization": "credlink", "project": "api-gw"},
        "repository": "https://github.com/example/credlink-api",
        "environments": {"prod": place, "staging": {**place, "cluster": "credlink-staging"}},
    }
    return builders.a_catalog(services={"credlink-api": service})


@dataclass
class Desk:
    """The card as a person sees it, and Sentry beside it."""

    world: World
    sentry: Sentry
    looks: list[str] = field(default_factory=list)

    @property
    def board(self) -> Board:
        return Board(self.world.database, self.world.catalog)

    def later(self, length: timedelta) -> World:
        """The world as it is that much later, as it lives its time."""
        later = self.world.paced(length)
        return replace(self.world, now=lambda: self.world.now() + later)

    async def runs(self, version: str) -> None:
        """The version was seen to run in prod."""
        image = f"222222222222.dkr.ecr.us-east-1.amazonaws.com/credlink-api:{version}"
        running = Revision(task_definition="arn:x/credlink-api:7", image=image, version=version)
        now = self.world.now()
        seen = Observed(
            service="credlink-api",
            environment="prod",
            running=running,
            since=now,
            desired=4,
            healthy=4,
            rollout="COMPLETED",
            seen_at=now,
        )
        async with self.world.database.write() as connection:
            await revisions.see(connection, seen)

    async def fires(self, *, env: str = "prod", ago: timedelta = timedelta(0)) -> AlertGroup:
        """An alert group begins."""
        now = self.world.now()
        said = {"groupKey": STAGING_KEY} if env == "staging" else {}
        alert = an_alert(f"in {env}", starts_at=now - ago, env=env)
        await self.board.hears(an_update(alert, **said), at=now)
        return next(g for g in await self.board.groups() if g.environment == env)

    async def ends(self, group: AlertGroup) -> None:
        now = self.world.now()
        over = an_alert(
            f"in {group.environment}",
            starts_at=group.started_at,
            status="resolved",
            ends_at=now,
            env=group.environment or "",
        )
        await self.board.hears(an_update(over), at=now)

    def breaks(self, version: str = BAD, events: int = 12, environment: str = "prod") -> Issue:
        """Errors that no other version makes."""
        self.sentry.saw(environment, version, events)
        return self.sentry.issues.all()[-1]

    async def looks_at(self, group: AlertGroup) -> list[str]:
        """Sentry is asked; returns the source's name where it gave nothing."""
        sources = [source for source in SOURCES if source.name == SOURCE]
        return await ask_all(self.world, sources, group.id, Phase.ONSET)

    async def keeps(self) -> int:
        """The chore is done; returns how many groups were asked about."""
        return await KeepIssues(self.world)()

    async def hears(self) -> int:
        """Everything Sentry has sent is worked off; returns how many webhooks were put aside."""
        await self.sentry.hooks.drained()

        async def begin(identities: Sequence[str]) -> None:
            self.looks += identities

        receiver = Receiver(
            database=self.world.database,
            group=GroupAlerts(self.world.catalog),
            join=JoinIncident(self.world.catalog, pace=100),
            begin=begin,
            now=self.world.now,
            tell=lambda: None,
            pace=100,
        )
        await receiver.work_off()
        async with self.world.database.read() as connection:
            waiting, aside = await inbox.count(connection)
        assert waiting == 0
        return aside

    async def text(self, group: AlertGroup) -> str:
        return await self.board.text(group)

    async def issue(self, found: Issue) -> SentryIssue | None:
        async with self.world.database.read() as connection:
            return await issues.find(connection, found.id)

    async def menus(self, group: AlertGroup) -> list[dict[str, Any]]:
        blocks = (await self.board.card(group)).blocks
        return [b["accessory"] for b in blocks if b.get("accessory", {}).get("type") == "overflow"]

    async def audited(self) -> list[tuple[str, str, str]]:
        """Act, outcome and actor of every entry, the first one first."""
        async with self.world.database.read() as connection:
            found, _ = await audit.newest(connection, audit.Wanted(), at_most=50)
        return [(one.entry.act, one.entry.outcome, one.entry.actor) for one in reversed(found)]


@dataclass
class Hand:
    """Somebody at the card."""

    desk: Desk
    engine: Engine

    @property
    def act(self) -> ActOnIssue:
        world = self.desk.world
        return ActOnIssue(
            database=world.database,
            catalog=world.catalog,
            engine=self.engine,
            email_of=self._email_of,
            name_of=lambda user_id: next(p.real_name for p in seeds.PEOPLE if p.id == user_id),
            workspace_url="https://credlink.slack.com/",
            now=world.now,
            tell=lambda: None,
            pace=world.pace,
        )

    async def _email_of(self, user_id: str) -> str | None:
        return next((p.email for p in seeds.PEOPLE if p.id == user_id), None)

    async def sees(self, found: Issue | None = None) -> tuple[AlertGroup, Issue]:
        """A card with an issue."""
        await self.desk.runs(BAD)
        issue = found or self.desk.breaks()
        group = await self.desk.fires()
        await self.desk.looks_at(group)
        return group, issue

    async def presses(
        self, person: seeds.Person, group: AlertGroup, issue: Issue, kind: str, **said: Any
    ) -> None:
        """Press, and wait for what is asked after Slack has its acknowledgement."""
        known = await self.desk.issue(issue)
        assert known is not None
        asked = Asked(
            by=Actor(person.id),
            channel_id="C0ALERTS1",
            key=said.pop("key", f"trigger-{next(_keys)}"),
            correlation_id="c",
            at=self.desk.world.now(),
        )
        revision = said.pop("revision", known.state_revision)
        press = Press(asked, f"sentry.{kind}", f"{group.id}/{issue.id}", revision)
        act = said.pop("act", self.act)
        later = await getattr(act, kind)(press)
        if later is not None:
            await later.ask()

    async def until(self, group: AlertGroup, words: str) -> str:
        """The card's text once it says so."""

        async def says() -> str | None:
            text = await self.desk.text(group)
            return text if words in text else None

        return await eventually(says)


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        while not (found := await look()):  # noqa: ASYNC110  rows tell nobody
            await asyncio.sleep(0.02)
        return found
