"""Somebody who scales prod through the bot's own front door, short of Slack."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.cards.answer import Answer
from bot.cards.scaling import CANCEL, CONFIRM, KEEP, REVERT
from bot.catalog import Catalog
from bot.changes.scaling.accept import AcceptScaling
from bot.changes.scaling.press import PressScaling
from bot.changes.scaling.promise import ScalingPromises
from bot.changes.scaling.show import ShowScaling
from bot.domain.asked import Actor, Press
from bot.domain.scaling.scaling import Scaling, ScalingRequest, ScalingState
from bot.domain.scaling.wish import read_wish
from bot.engine import Engine
from bot.storage import scalings
from bot.storage.schema.audit import audit_entries
from bot.world import World
from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.seeds import SERVICE
from tests.changes.operator import ALICE, GROUPS, PACE, asked, utc_now

DEADLINE_S = 20.0
SHORT = timedelta(seconds=30)
"""The shortest promise; 1.5 s here."""
LONG = timedelta(hours=2)
S = ScalingState
RESOURCE = {
    "ServiceNamespace": "ecs",
    "ScalableDimension": "ecs:service:DesiredCount",
    "ResourceId": f"service/{PROD.cluster}/{SERVICE}",
}


def scaling_catalog(catalog: Catalog, **prod: Any) -> Catalog:
    """The catalogue in which deployers may scale, from 3 to 10 tasks."""
    raw = catalog.model_dump(mode="json")
    raw["people"]["deployers"]["may"]["prod"].append("scale")
    raw["services"][SERVICE]["environments"]["prod"] |= {"scale": {"min": 3, "max": 10}, **prod}
    return Catalog.model_validate(raw)


class Scaler:
    """Scales prod, and has what is due done as the running bot's chore would."""

    def __init__(self, world: World, engine: Engine, aws: AwsWorld) -> None:
        self.world, self.engine, self.aws = world, engine, aws
        self.promises = ScalingPromises(world.database, engine, world.now, world.wake, PACE)
        shared = (world.database, world.catalog, self.promises, world.now, world.wake)
        self.accept = AcceptScaling(*shared)
        self.press = PressScaling(*shared)
        self.buttons = {
            CONFIRM: self.press.confirm,
            CANCEL: self.press.cancel,
            KEEP: self.press.keep,
            REVERT: self.press.revert,
        }
        self.autoscaling = aws.client("application-autoscaling", PROD.account)
        self.ecs = aws.client("ecs", PROD.account)

    # Asking

    async def asks(
        self, word: str, length: timedelta | None = None, *, by: Actor = ALICE, **said: Any
    ) -> Scaling:
        wish = read_wish(word)
        assert wish is not None
        request = ScalingRequest(environment="prod", wish=wish, length=length, **said)
        return await self.accept(request, asked=asked(by))

    async def proposes(
        self, word: str, length: timedelta | None = None, *, by: Actor = ALICE, **said: Any
    ) -> Scaling:
        return await self.until(await self.asks(word, length, by=by, **said), S.PROPOSED)

    async def scales(
        self, word: str, length: timedelta | None = None, *, by: Actor = ALICE, **said: Any
    ) -> Scaling:
        """Ask, confirm, and wait until everything runs."""
        proposed = await self.proposes(word, length, by=by, **said)
        await self.presses(CONFIRM, proposed, by=by)
        return await self.until(proposed, S.STANDING)

    async def presses(
        self, action_id: str, scaling: Scaling, *, by: Actor = ALICE, key: str | None = None
    ) -> Answer | None:
        """Press a button drawn for `scaling` as it was then."""
        press = Press(asked(by, key), action_id, scaling.id, scaling.state_revision)
        return await self.buttons[action_id](press)

    # Looking

    async def now(self, scaling: Scaling) -> Scaling:
        async with self.world.database.read() as connection:
            return await scalings.get(connection, scaling.id)

    async def until(self, scaling: Scaling, *states: ScalingState) -> Scaling:
        """Wait until it stands in one of `states`, or has ended in another."""
        return await self.until_true(scaling, lambda now: now.state in states or now.is_final)

    async def until_true(self, scaling: Scaling, happened: Callable[[Scaling], bool]) -> Scaling:
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        while not happened(now := await self.now(scaling)):
            assert asyncio.get_running_loop().time() < deadline, now
            await self.promises.sweep()
            await asyncio.sleep(0.02)
        return now

    async def ends(self, scaling: Scaling) -> Scaling:
        return await self.until_true(scaling, lambda now: now.is_final)

    async def card(self, scaling: Scaling) -> str:
        """The card's text, as one string."""
        show = ShowScaling(self.world.catalog, lambda person: GROUPS[person])
        async with self.world.database.read() as connection:
            message = await show(connection, scaling.id, utc_now())
        return str([message.text, *message.blocks])

    async def audited(self, scaling: Scaling) -> list[tuple[str, str]]:
        """What the audit says of it, as (act, outcome), in order."""
        entries = select(audit_entries.c.act, audit_entries.c.outcome)
        mine = entries.where(audit_entries.c.subject == scaling.id).order_by(audit_entries.c.number)
        async with self.world.database.read() as connection:
            return [(row.act, row.outcome) for row in await connection.execute(mine)]

    # What AWS has

    @property
    def bounds(self) -> tuple[int, int]:
        target = self._target
        return target["MinCapacity"], target["MaxCapacity"]

    @property
    def suspended(self) -> set[bool]:
        return set(self._target["SuspendedState"].values())

    @property
    def _target(self) -> dict[str, Any]:
        found = self.autoscaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[RESOURCE["ResourceId"]]
        )
        return dict(found["ScalableTargets"][0])

    @property
    def desired(self) -> int:
        found = self.ecs.describe_services(cluster=PROD.cluster, services=[SERVICE])
        return int(found["services"][0]["desiredCount"])

    @property
    def writes(self) -> list[str]:
        """What anybody asked AWS to change, by operation."""
        return [call.operation for call in self.aws.writes]

    # What others do

    async def somebody_else_sets(self, low: int, high: int) -> None:
        """Move the bounds past the bot, as Terraform or the console would."""
        await asyncio.to_thread(
            self.autoscaling.register_scalable_target,
            **RESOURCE,
            MinCapacity=low,
            MaxCapacity=high,
        )

    async def nothing_scales_it(self) -> None:
        await asyncio.to_thread(self.autoscaling.deregister_scalable_target, **RESOURCE)

    # When the power goes

    @contextmanager
    def powerless(self) -> Iterator[None]:
        """Rows are written, and nothing is begun."""
        begin = ScalingPromises.begin
        ScalingPromises.begin = lambda *_: None  # type: ignore[method-assign]
        try:
            yield
        finally:
            ScalingPromises.begin = begin  # type: ignore[method-assign]
