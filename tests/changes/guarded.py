"""Prod under guard: people with rights, proposals, and everything short of Slack and the engine."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.catalog import Catalog
from bot.changes.approve import ApproveChange
from bot.changes.guards.can_deploy import TellGate
from bot.changes.guards.freezing import Freezing
from bot.changes.guards.keep import KeepGuards
from bot.changes.guards.locking import Locking
from bot.changes.proposals import situation_of
from bot.domain.asked import Actor, Asked, Press
from bot.domain.card import Kind, Urgency
from bot.domain.change import Change, ChangeState
from bot.domain.situation import Situation
from bot.storage import approvals, cards, changes
from bot.storage.database import Database
from bot.storage.schema.audit import audit_entries
from bot.storage.schema.cards import cards as cards_table
from tests.changes.builders import NOW, a_change, a_plan

DEPLOYERS, APPROVERS, FORCERS = "S0DEPLOY", "S0APPROVE", "S0FORCE"
ALICE = Actor("U0ALICE01", frozenset({DEPLOYERS}))
BOB = Actor("U0BOB0001", frozenset({DEPLOYERS, APPROVERS}))
CAROL = Actor("U0CAROL01", frozenset({APPROVERS}))
MALLORY = Actor("U0MALLORY")
PEOPLE = {person.id: person for person in (ALICE, BOB, CAROL, MALLORY)}
API, WEB = "credlink-api", "credlink-web"

_keys = itertools.count(1)


def a_catalog(**deploy: Any) -> Catalog:
    """Two services in staging and in prod, with this policy in prod."""

    def place(name: str, channel: str | None = None, **policy: Any) -> dict[str, Any]:
        return {
            "account": "222222222222",
            "region": "us-east-1",
            "cluster": name,
            "ecs_service": name,
            "channel": channel,
            "deploy": policy,
        }

    return Catalog.model_validate(
        {
            "people": {
                "deployers": {"group": DEPLOYERS, "may": {"prod": ["deploy", "rollback"]}},
                "approvers": {"group": APPROVERS, "may": {"prod": ["approve", "lock", "freeze"]}},
                "forcers": {"group": FORCERS, "may": {"prod": ["force"]}},
                "everyone": {"may": {"prod": ["status"]}},
            },
            "services": {
                API: {
                    "pagerduty": {"service": "PCREDLNK"},
                    "environments": {
                        "staging": place("staging"),
                        "prod": place("prod", "#credlink-prod", **deploy),
                    },
                },
                WEB: {
                    "environments": {
                        "staging": place("staging"),
                        "prod": place("prod", "#credlink-web", **deploy),
                    }
                },
            },
        }
    )


def asked(by: Actor, key: str | None = None) -> Asked:
    key = key or f"trigger-{next(_keys)}"
    return Asked(by=by, channel_id="C0OPS0001", key=key, correlation_id="c-1", at=NOW)


@dataclass
class Promised:
    """Remembers which workflows were told of which act."""

    told: list[tuple[str, int]] = field(default_factory=list)

    def tell(self, change_id: str, state_revision: int) -> None:
        self.told.append((change_id, state_revision))


@dataclass
class Guarded:
    """One world, whose clock a test moves."""

    database: Database
    catalog: Catalog
    at: datetime = NOW
    promises: Promised = field(default_factory=Promised)
    woken: int = 0
    groups: dict[str, frozenset[str]] = field(
        default_factory=lambda: {person.id: person.groups for person in PEOPLE.values()}
    )

    def __post_init__(self) -> None:
        shared = (self.database, self.catalog)
        self.locking = Locking(*shared, self.now, self.wake)
        self.freezing = Freezing(*shared, self.now, self.wake)
        self.tell = TellGate(*shared, self.now)
        self.keep_guards = KeepGuards(self.database, self.now, self.wake)
        self.approving = ApproveChange(
            *shared, self.promises, self.now, self.wake, lambda who: self.groups[who]
        )

    def now(self) -> datetime:
        return self.at

    def wake(self) -> None:
        self.woken += 1

    def later(self, **length: float) -> None:
        self.at += timedelta(**length)

    async def proposes(self, identity: str = "change-1", **said: Any) -> Change:
        """A deploy that waits in prod for ten minutes."""
        change = a_change(
            identity,
            **{
                "state": ChangeState.PROPOSED,
                "state_revision": 2,
                "plan": a_plan(definition_hash="hash-1"),
                "asked_at": self.at,
                "expires_at": self.at + timedelta(minutes=10),
                **said,
            },
        )
        async with self.database.write() as connection:
            await changes.add(connection, change)
            await cards.open_card(
                connection,
                kind=Kind.CHANGE,
                subject_id=change.id,
                channel=change.channel,
                urgency=Urgency.NEW,
            )
        return change

    async def change(self, identity: str = "change-1") -> Change:
        async with self.database.read() as connection:
            return await changes.get(connection, identity)

    async def situation(self, change: Change) -> Situation:
        async with self.database.read() as connection:
            return await situation_of(connection, self.catalog, change, at=self.at)

    async def approvals(self, identity: str = "change-1") -> list[tuple[str, bool]]:
        """Whose word was given, and whether it stands."""
        async with self.database.read() as connection:
            found = await approvals.of_change(connection, identity)
        return [(one.by, one.stands) for one in found]

    async def audited(self) -> list[tuple[str, str, str]]:
        """Who did what with which outcome."""
        asked_for = select(audit_entries).order_by(audit_entries.c.number)
        async with self.database.read() as connection:
            rows = await connection.execute(asked_for)
            return [(row.actor, row.act, row.outcome) for row in rows]

    async def cards(self, kind: Kind) -> list[tuple[str, str, int]]:
        """The cards of a kind: subject, channel, how often they were wanted."""
        asked_for = select(cards_table).where(cards_table.c.kind == kind)
        async with self.database.read() as connection:
            rows = await connection.execute(asked_for.order_by(cards_table.c.channel))
            return [(row.subject_id, row.channel, row.wanted) for row in rows]

    async def text(self, render: Any, subject_id: str) -> str:
        """What a card says, as one string."""
        async with self.database.read() as connection:
            message = await render(connection, subject_id, self.at)
        return str([message.text, *message.blocks])


def press(
    change: Change, by: Actor, *, key: str | None = None, revision: int | None = None
) -> Press:
    """A press on the card as it was drawn for `change`."""
    drawn = change.state_revision if revision is None else revision
    return Press(asked(by, key), "change.approve", change.id, drawn)
