"""One service in an AWS of memory alone, and a bot that may die at any moment.

The steps are the workflow's own, done one after another as the engine would after every crash: the
row says which is next.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from bot.changes.scaling.press import PressScaling
from bot.changes.scaling.show import ShowScaling
from bot.changes.scaling.work import STEPS
from bot.domain.asked import Actor, Press
from bot.domain.scaling.capacity import Bounds
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.domain.scaling.wish import Wish, WishKind
from bot.storage import scalings
from bot.storage.database import Connection, Database
from bot.world import World
from integrations.aws.scaling_models import ScalableTarget
from tests.changes.answers import Aws, a_deployment, a_service
from tests.changes.operator import ALICE, GROUPS, a_catalog, asked
from tests.changes.scaling.scaler import scaling_catalog
from tests.domain.scalings import NOW, bounds

S = ScalingState
FILE = "bot.sqlite"
FIRST = bounds(3, 10)
HOUR = timedelta(hours=1)


class Died(BaseException):
    """The process was killed."""


class Life:
    """Counts what it does outside itself, and ends before the one with this number, or after it."""

    def __init__(self) -> None:
        self.acts, self.ends_at = 0, 0
        self.is_after = False

    @asynccontextmanager
    async def act(self) -> AsyncIterator[None]:
        self.acts += 1
        if self.acts == self.ends_at and not self.is_after:
            raise Died
        yield
        if self.acts == self.ends_at and self.is_after:
            raise Died


class MortalDatabase(Database):
    """Every writing transaction is a moment to die before, or after."""

    life: Life

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Connection]:
        async with self.life.act(), super().write() as connection:
            yield connection


class PretendedAws(Aws):
    """One account whose service is scaled between bounds, and runs what it is to at once."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self.life, self.capacity, self.asked_for = life, FIRST, 0
        self.autoscaling = self
        self.refuses: Exception | None = None

    async def describe_service(self, *_: Any) -> Any:
        desired = min(max(4, self.capacity.minimum), self.capacity.maximum)
        steady = a_deployment(rollout_state="COMPLETED")
        return a_service(steady, desired=desired, running=desired)

    async def describe_target(self, *_: Any) -> ScalableTarget:
        return ScalableTarget(minimum=self.capacity.minimum, maximum=self.capacity.maximum)

    async def register_target(self, *_: Any, minimum: int, maximum: int, **__: Any) -> None:
        if self.refuses is not None:
            raise self.refuses
        async with self.life.act():
            self.capacity = bounds(minimum, maximum)
            self.asked_for += 1


class Pretended:
    """A bot on SQLite with that AWS, whose clock stands until somebody moves it."""

    def __init__(self, folder: Any) -> None:
        self.life = Life()
        self.aws = PretendedAws(self.life)
        self.database = MortalDatabase(f"sqlite:///{folder}/{FILE}")
        self.database.life = self.life
        self.at = NOW
        self.number = 0
        self.world = World(
            database=self.database,
            catalog=scaling_catalog(a_catalog()),
            aws=self.aws,
            now=lambda: self.at,
        )
        self.presses = PressScaling(
            self.database, self.world.catalog, self, self.world.now, self.world.wake
        )

    def begin(self, _scaling: Scaling) -> None:
        """Leave it to whoever goes on with what is unfinished."""

    async def asks(self, to: Bounds, *, for_a_while: bool, by: Actor = ALICE) -> Scaling:
        """Write what was asked for, without a card, and have it proposed."""
        self.number += 1
        scaling = Scaling(
            id=f"scaling-{self.number}",
            environment="prod",
            service="credlink-api",
            channel="#credlink-prod",
            asked_by=by.id,
            asked_at=self.at,
            wish=Wish(kind=WishKind.RANGE, minimum=to.minimum, maximum=to.maximum),
            state=S.LOOKING,
            state_revision=1,
            changed_at=self.at,
            lasts_s=HOUR.total_seconds() if for_a_while else None,
            expires_at=self.at + HOUR,
        )
        async with self.database.write() as connection:
            await scalings.add(connection, scaling)
        return await self.goes_on(scaling)

    async def scales(self, to: Bounds, *, for_a_while: bool, by: Actor = ALICE) -> Scaling:
        """Ask and confirm."""
        return await self.confirms(await self.asks(to, for_a_while=for_a_while, by=by), by=by)

    async def confirms(self, scaling: Scaling, *, by: Actor = ALICE) -> Scaling:
        await self.presses.confirm(self.press(scaling, by))
        return await self.goes_on(scaling)

    async def keeps(self, scaling: Scaling, *, by: Actor = ALICE) -> None:
        await self.presses.keep(self.press(await self.now(scaling), by))

    async def reverts(self, scaling: Scaling, *, by: Actor = ALICE) -> Scaling:
        """Press *Revert now*, and have it done."""
        await self.presses.revert(self.press(await self.now(scaling), by))
        return await self.goes_on(scaling)

    def press(self, scaling: Scaling, by: Actor = ALICE) -> Press:
        return Press(asked(by), "scaling.…", scaling.id, scaling.state_revision)

    async def is_due(self, scaling: Scaling) -> Scaling:
        """Its time is over, and what is to be done then is done."""
        async with self.database.write() as connection:
            await scalings.move(connection, scaling.id, S.DUE, of={S.STANDING}, at=self.at)
        return await self.goes_on(scaling)

    async def now(self, scaling: Scaling) -> Scaling:
        async with self.database.read() as connection:
            return await scalings.get(connection, scaling.id)

    async def card(self, scaling: Scaling) -> str:
        """The card's text, as one string."""
        show = ShowScaling(self.world.catalog, lambda person: GROUPS[person])
        async with self.database.read() as connection:
            message = await show(connection, scaling.id, self.at)
        return str([message.text, *message.blocks])

    async def does_a_step(self, scaling: Scaling) -> None:
        now = await self.now(scaling)
        await STEPS[now.state](self.world, now)

    async def goes_on(self, scaling: Scaling) -> Scaling:
        """Do its steps until nothing is to be done."""
        for _ in range(40):
            now = await self.now(scaling)
            if now.is_at_rest:
                return now
            await STEPS[now.state](self.world, now)
        raise AssertionError(f"it never rests: {now}")

    async def standing(self) -> tuple[Scaling, ...]:
        async with self.database.read() as connection:
            return await scalings.promises(connection, "prod", "credlink-api")
