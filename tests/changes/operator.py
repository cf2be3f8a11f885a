"""Somebody who asks the bot for changes, presses its buttons, and waits for what comes of it."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.cards.answer import Answer
from bot.cards.change_buttons import (
    ABORT,
    CANCEL,
    CONFIRM,
    HOLD,
    KEEP,
    PROMOTE,
    ROLL_BACK,
    WAIT,
)
from bot.catalog import Catalog
from bot.changes.accept import AcceptChange
from bot.changes.observe import Observe
from bot.changes.press import PressChange
from bot.changes.promise import Promises
from bot.changes.show import ShowChange
from bot.domain.asked import Actor, Asked, Press
from bot.domain.change import Change, ChangeKind, ChangeRequest, ChangeState
from bot.engine import Engine
from bot.storage import changes
from bot.storage.schema.cards import cards, thread_entries
from bot.storage.schema.changes import changes as changes_table
from bot.world import World
from sandbox.aws.registry import digest_of
from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.seeds import SERVICE

PACE = 20.0
DEADLINE_S = 20.0
DEPLOYERS, FORCERS = "S0DEPLOY", "S0FORCE"
DEPLOYERS_MAY = ("deploy", "rollback", "restart")
ALICE = Actor("U0ALICE01", frozenset({DEPLOYERS}))
BOB = Actor("U0BOB0001", frozenset({DEPLOYERS}))
FRANK = Actor("U0FRANK01", frozenset({DEPLOYERS, FORCERS}))
MALLORY = Actor("U0MALLORY")
GROUPS = {person.id: person.groups for person in (ALICE, BOB, FRANK, MALLORY)}

_keys = itertools.count(1)


def utc_now() -> datetime:
    return datetime.now(UTC)


def a_catalog(*, slo: Any = None, **deploy: Any) -> Catalog:
    """A catalogue with prod, deployed with this policy and judged by these queries."""
    policy = {
        "rollout_timeout": "60s",
        "watch_every": "1s",
        "proposal_expires": "10m",
        "bake": "0s",
        **deploy,
    }
    return Catalog.model_validate(
        {
            "pace": PACE,
            "people": {
                "deployers": {"group": DEPLOYERS, "may": {"prod": list(DEPLOYERS_MAY)}},
                "forcers": {"group": FORCERS, "may": {"prod": ["force"]}},
                "everyone": {"may": {"*": ["status"]}},
            },
            "services": {
                SERVICE: {
                    "repository": "https://github.com/example/credlink",
                    "environments": {
                        "prod": {
                            "account": PROD.account,
                            "role": f"arn:aws:iam::{PROD.account}:role/credlink-bot",
                            "region": "us-east-1",
                            "cluster": PROD.cluster,
                            "ecs_service": SERVICE,
                            "container": SERVICE,
                            "channel": "#credlink-prod",
                            "deploy": policy,
                            "slo": slo or {},
                        }
                    },
                }
            },
        }
    )


def asked(by: Actor = ALICE, key: str | None = None) -> Asked:
    return Asked(
        by=by,
        channel_id="C0OPS0001",
        key=key or f"trigger-{next(_keys)}",
        correlation_id="c-1",
        at=utc_now(),
    )


class Operator:
    """Works on prod through the bot's own front door, short of Slack."""

    def __init__(self, world: World, engine: Engine, aws: AwsWorld) -> None:
        self.world, self.engine, self.aws = world, engine, aws
        self.promises = Promises(world.database, engine, world.now, PACE)
        shared = {
            "database": world.database,
            "catalog": world.catalog,
            "promises": self.promises,
            "now": world.now,
            "wake": world.wake,
        }
        self.accept = AcceptChange(**shared)
        press = PressChange(**shared)
        self.buttons = {
            CONFIRM: press.confirm,
            CANCEL: press.cancel,
            ABORT: press.abort,
            HOLD: press.hold,
            PROMOTE: press.promote,
            KEEP: press.keep,
            WAIT: press.wait,
            ROLL_BACK: press.roll_back,
        }
        self.ecs = aws.client("ecs", PROD.account)

    # Asking

    async def asks_to_deploy(self, version: str, *, by: Actor = ALICE, **said: Any) -> Change:
        request = ChangeRequest(ChangeKind.DEPLOY, "prod", version, **said)
        return await self.accept(request, asked=asked(by))

    async def asks_to_roll_back(
        self, version: str | None = None, *, by: Actor = ALICE, **said: Any
    ) -> Change:
        request = ChangeRequest(ChangeKind.ROLLBACK, "prod", version, **said)
        return await self.accept(request, asked=asked(by))

    async def asks_to_restart(self, *, by: Actor = ALICE, **said: Any) -> Change:
        request = ChangeRequest(ChangeKind.RESTART, "prod", **said)
        return await self.accept(request, asked=asked(by))

    async def presses(
        self, action_id: str, change: Change, *, by: Actor = ALICE, key: str | None = None
    ) -> Answer | None:
        """Press a button drawn for `change` as it was then."""
        press = Press(asked(by, key), action_id, change.id, change.state_revision)
        return await self.buttons[action_id](press)

    async def deploys(self, version: str, **said: Any) -> Change:
        """Ask, wait for the plan, confirm."""
        asked_for = await self.asks_to_deploy(version, **said)
        proposed = await self.until(asked_for, ChangeState.PROPOSED)
        await self.presses("change.confirm", proposed)
        return proposed

    async def restarts(self, **said: Any) -> Change:
        """Ask, wait for the plan, confirm."""
        proposed = await self.until(await self.asks_to_restart(**said), ChangeState.PROPOSED)
        await self.presses("change.confirm", proposed)
        return proposed

    # Looking

    async def now(self, change: Change) -> Change:
        async with self.world.database.read() as connection:
            return await changes.get(connection, change.id)

    async def until(self, change: Change, *states: ChangeState) -> Change:
        """Wait until the change stands in one of `states`, or has ended in another."""
        return await self.until_true(change, lambda now: now.state in states or now.is_final)

    async def until_true(self, change: Change, happened: Callable[[Change], bool]) -> Change:
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        while not happened(now := await self.now(change)):
            assert asyncio.get_running_loop().time() < deadline, now
            await asyncio.sleep(0.02)
        return now

    async def ends(self, change: Change) -> Change:
        return await self.until_true(change, lambda now: now.is_final)

    async def card(self, change: Change, *, after: timedelta = timedelta()) -> str:
        """The card's text, as one string."""
        show = ShowChange(self.world.catalog, lambda person: GROUPS[person])
        async with self.world.database.read() as connection:
            message = await show(connection, change.id, utc_now() + after)
        return str([message.text, *message.blocks])

    async def thread(self, change: Change) -> dict[str, str]:
        """The entries of the card's thread by key, as text."""
        entries = select(thread_entries.c.key, thread_entries.c.message).join(
            cards, cards.c.id == thread_entries.c.card_id
        )
        async with self.world.database.read() as connection:
            rows = await connection.execute(entries.where(cards.c.subject_id == change.id))
            return {row.key: str(row.message) for row in rows}

    async def latest(self) -> Change:
        """The change asked for last."""
        newest = select(changes_table.c.id).order_by(changes_table.c.asked_at.desc()).limit(1)
        async with self.world.database.read() as connection:
            return await changes.get(connection, (await connection.execute(newest)).scalar_one())

    def definition(self, name: str) -> dict[str, Any]:
        return dict(self.ecs.describe_task_definition(taskDefinition=name, include=["TAGS"]))

    @property
    def updates(self) -> list[str]:
        """The revisions ECS was asked to run by anybody, in order."""
        return [
            call.parameters["taskDefinition"].rsplit("/", 1)[-1]
            for call in self.aws.writes
            if call.operation == "UpdateService" and "taskDefinition" in call.parameters
        ]

    def versions(self) -> list[str]:
        """The tags of the tasks that serve."""
        running = self.aws.running(PROD.account, PROD.cluster, SERVICE)
        return sorted(task.tag for task in running if task.healthy)

    def revisions(self) -> list[str]:
        """The task definition's revisions, newest first."""
        listed = self.ecs.list_task_definitions(familyPrefix=SERVICE, sort="DESC")
        return [arn.rsplit("/", 1)[-1] for arn in listed["taskDefinitionArns"]]

    def service_deployments(self) -> list[str]:
        """The status of every deployment ECS ever began, newest first."""
        listed = self.ecs.list_service_deployments(cluster=PROD.cluster, service=SERVICE)
        return [one["status"] for one in listed["serviceDeployments"]]

    async def until_ecs_says(self, status: str) -> None:
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        while self.service_deployments()[0] != status:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)

    async def clock_passes(self, moment: datetime) -> None:
        """Wait until then, and what is due then is done."""
        await asyncio.sleep(max(0.0, (moment - utc_now()).total_seconds()) + 0.3)

    async def looks_at_everything(self) -> None:
        """The chore that the running bot does again and again."""
        await Observe(self.world)()

    # When the power goes

    @contextmanager
    def powerless(self) -> Iterator[None]:
        """Rows are written, and nothing is begun or told."""
        begin, tell = Promises.begin, Promises.tell
        Promises.begin = Promises.tell = lambda *_: None
        try:
            yield
        finally:
            Promises.begin, Promises.tell = begin, tell

    async def sweeps_later(self) -> int:
        """Sweep as if everything written by now were old enough."""
        later = Promises(
            self.world.database, self.engine, lambda: utc_now() + timedelta(seconds=6), PACE
        )
        return await later.sweep()

    # What others do

    async def somebody_else_updates(self, **changes: Any) -> None:
        """Change the service past the bot, as a pipeline or the console would."""
        await asyncio.to_thread(
            self.ecs.update_service, cluster=PROD.cluster, service=SERVICE, **changes
        )

    async def somebody_else_deploys(self, tag: str) -> str:
        """Register a revision and run it past the bot; returns its name."""
        running = await asyncio.to_thread(self.ecs.describe_task_definition, taskDefinition=SERVICE)
        definition = {
            key: value
            for key, value in running["taskDefinition"].items()
            if key in {"family", "containerDefinitions", "networkMode", "cpu", "memory",
                       "requiresCompatibilities", "executionRoleArn", "taskRoleArn"}
        }  # fmt: skip
        repository = f"{PROD.account}.dkr.ecr.us-east-1.amazonaws.com/{SERVICE}"
        definition["containerDefinitions"][0]["image"] = f"{repository}@{digest_of(tag)}"
        registered = await asyncio.to_thread(self.ecs.register_task_definition, **definition)
        arn = registered["taskDefinition"]["taskDefinitionArn"]
        await self.somebody_else_updates(taskDefinition=arn)
        return str(arn.rsplit("/", 1)[-1])
