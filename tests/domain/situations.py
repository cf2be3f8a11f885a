"""Situations and what stands in them, made with only what a test wants to say."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.catalog import ANY, People, Verb
from bot.domain.asked import Actor
from bot.domain.change import Approval
from bot.domain.freeze import Frozen
from bot.domain.lock import Lock
from bot.domain.plan import Binding
from bot.domain.situation import Severe, Situation
from bot.domain.verification import Check, Level

NOW = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
"""A Friday."""
PLANNED = Binding("sha256:4b", "hash-1")
REBUILT = Binding("sha256:5c", "hash-1")
DEPLOYERS, APPROVERS, FORCERS, API_TEAM = "S0DEPLOY", "S0APPROVE", "S0FORCE", "S0APITEAM"
ALICE = Actor("U0ALICE01", frozenset({DEPLOYERS}))
BOB = Actor("U0BOB0001", frozenset({DEPLOYERS, APPROVERS}))
CAROL = Actor("U0CAROL01", frozenset({APPROVERS}))
FRANK = Actor("U0FRANK01", frozenset({DEPLOYERS, FORCERS}))
TEAM = Actor("U0TEAM001", frozenset({API_TEAM}))
MALLORY = Actor("U0MALLORY")
PEOPLE = {
    "deployers": People(group=DEPLOYERS, may={"prod": (Verb.DEPLOY, Verb.ROLLBACK)}),
    "approvers": People(group=APPROVERS, may={"prod": (Verb.APPROVE,)}),
    "forcers": People(group=FORCERS, may={"prod": (Verb.FORCE,)}),
    "api-team": People(group=API_TEAM, may={ANY: (Verb.DEPLOY, Verb.LOCK)}, services=("api",)),
}


def a_situation(**said: Any) -> Situation:
    """Prod on a Friday afternoon, where nothing is in Alice's way."""
    return Situation(
        **{
            "environment": "prod",
            "service": "api",
            "now": NOW,
            "people": PEOPLE,
            "asked_by": ALICE.id,
            "binding": PLANNED,
            **said,
        }
    )


def a_finding() -> Check:
    """What a scan found and the catalogue blocks."""
    return Check(name="scan", level=Level.BLOCK, text="1 CRITICAL was found.", mend="Mend it.")


def a_lock(**said: Any) -> Lock:
    return Lock(
        **{
            "id": "lock-1",
            "environment": "prod",
            "service": "api",
            "owner": BOB.id,
            "reason": "database migration",
            "at": NOW - timedelta(hours=2, minutes=5),
            **said,
        }
    )


def a_freeze(**said: Any) -> Frozen:
    return Frozen(
        **{
            "begins_at": NOW - timedelta(hours=1),
            "ends_at": NOW + timedelta(hours=63),
            "reason": "weekend",
            **said,
        }
    )


def severe(**said: Any) -> Severe:
    return Severe(
        **{
            "words": "PagerDuty's incident #4711 (P1) is open: Errors,",
            "since": NOW - timedelta(minutes=20),
            "link": "https://pd.example/4711",
            **said,
        }
    )


def an_approval(by: Actor = BOB, **said: Any) -> Approval:
    return Approval(**{"change_id": "change-1", "by": by.id, "at": NOW, "binding": PLANNED, **said})
