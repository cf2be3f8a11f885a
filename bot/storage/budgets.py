"""Token buckets in the database, on its clock: all replicas draw on the same ones.

A bucket is one moment: when it will be full again. Taking a token moves it one token's time
later, so nothing has to be refilled, and whether a token is there is a comparison SQL can make.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, update

from bot.storage.database import Connection, Moment, database_now
from bot.storage.dialect import insert_into
from bot.storage.schema.cards import budgets


@dataclass(frozen=True, slots=True)
class Budget:
    """`capacity` tokens that come back one each `every_s`; `kept` of them are for what is urgent.

    `full_at` of the row minus `slack_s` is when a token is there.
    """

    name: str
    capacity: int
    every_s: float
    kept: int = 0

    def slack_s(self, *, urgent: bool) -> float:
        """How long before the bucket is full there is a token to take."""
        return (self.capacity - 1 - (0 if urgent else self.kept)) * self.every_s


def ready_at(budget: Budget, *, urgent: bool) -> ColumnElement[Any]:
    """SQL for the moment a token can be taken; long ago for a bucket never used."""
    full_at = select(budgets.c.full_at).where(budgets.c.name == budget.name).scalar_subquery()
    return func.coalesce(full_at, 0.0, type_=Moment) - budget.slack_s(urgent=urgent)


async def take(connection: Connection, budget: Budget, *, urgent: bool) -> bool:
    """Take one token; False, having taken none, when there is none for this urgency."""
    await _ensure(connection, budget)
    taken = (
        update(budgets)
        .where(
            budgets.c.name == budget.name,
            budgets.c.full_at - budget.slack_s(urgent=urgent) <= database_now(),
        )
        .values(full_at=_not_before_now() + budget.every_s)
        .returning(budgets.c.name)
    )
    return (await connection.execute(taken)).first() is not None


async def exhaust(connection: Connection, budget: Budget, *, for_s: float) -> None:
    """Slack said no: no token for anybody until `for_s` seconds from now, then one by one."""
    await _ensure(connection, budget)
    empty_until = database_now() + (for_s + budget.slack_s(urgent=True))
    await connection.execute(
        update(budgets)
        .where(budgets.c.name == budget.name, budgets.c.full_at < empty_until)
        .values(full_at=empty_until)
    )


async def _ensure(connection: Connection, budget: Budget) -> None:
    row = insert_into(connection, budgets).values(name=budget.name, full_at=database_now())
    await connection.execute(row.on_conflict_do_nothing())


def _not_before_now() -> ColumnElement[Any]:
    now = database_now()
    return case((budgets.c.full_at > now, budgets.c.full_at), else_=now)
