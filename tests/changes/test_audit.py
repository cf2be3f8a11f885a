"""Who did what is written, read by whoever may, and reviewed by somebody else."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.cards.answer import Answer
from bot.cards.audit import REVIEWED
from bot.catalog import Catalog
from bot.changes.audit.announce import announce_forced
from bot.changes.audit.entries import (
    asked_entry,
    denied_entry,
    forced_entry,
    outcome_entry,
    pressed_entry,
)
from bot.changes.audit.review import AT_MOST, OWN, AuditRequest, ReviewForced, TellAudit
from bot.domain.asked import Actor, Asked, Press
from bot.domain.audit import Entry
from bot.domain.change import ActKind, ChangeState, Strategy
from bot.errors import NotAllowed, NotKnown
from bot.storage import audit
from bot.storage.audit import Wanted
from bot.storage.database import Database
from bot.storage.schema.cards import thread_entries
from tests.changes.builders import NEW_DIGEST, NOW, a_change, a_plan, a_rollout, an_arn

AUDITORS = "S0AUDIT"
ALICE, BOB = Actor("U0ALICE01", frozenset({AUDITORS})), Actor("U0BOB0001", frozenset({AUDITORS}))
STAGER = Actor("U0STAGER1")
"""Reads the audit of staging alone."""
MALLORY = Actor("U0MALLORY")
PLACE = {"account": "222222222222", "region": "us-east-1", "cluster": "c", "ecs_service": "s"}
FORCED = a_change(
    asked_at=NOW,
    forced="checkout is down",
    overridden=("prod is frozen until Monday.", "Nobody has approved it."),
)


def a_catalog() -> Catalog:
    return Catalog.model_validate(
        {
            "people": {
                "auditors": {"group": AUDITORS, "may": {"*": ["audit"]}},
                "stagers": {"group": "S0STAGE", "may": {"staging": ["audit"]}},
            },
            "services": {
                "credlink-api": {"environments": {"prod": PLACE, "staging": PLACE}},
            },
        }
    )


def asked(by: Actor = ALICE, key: str = "1337.42.abc", at: datetime = NOW) -> Asked:
    return Asked(by=by, channel_id="C0OPS0001", key=key, correlation_id="c-1", at=at)


@dataclass
class Auditing:
    """The verb and the button, on both databases, at a time that the test says."""

    database: Database
    now: datetime = NOW + timedelta(hours=1)
    woken: int = 0

    def wake(self) -> None:
        self.woken += 1

    async def write(self, *entries: Entry) -> None:
        async with self.database.write() as connection:
            for entry in entries:
                assert await audit.add(connection, entry)

    async def tell(self, by: Actor = ALICE, **request: Any) -> Answer:
        tell = TellAudit(self.database, a_catalog(), lambda: self.now)
        return await tell(AuditRequest(**request), asked=asked(by, key=f"told-{by.id}"))

    async def press(self, by: Actor, key: str = "press-1", subject: str = "") -> Answer | None:
        review = ReviewForced(self.database, a_catalog(), lambda: self.now, self.wake)
        subject = subject or f"forced:{FORCED.id}"
        return await review(Press(asked(by, key), REVIEWED, subject, 1))

    async def force(self) -> None:
        async with self.database.write() as connection:
            await announce_forced(connection, a_catalog(), FORCED, at=NOW)
            await audit.add(connection, forced_entry(FORCED, asked()))

    async def entries(self, **wanted: Any) -> list[Entry]:
        async with self.database.read() as connection:
            links, _ = await audit.newest(connection, Wanted(**wanted), at_most=100)
        return [link.entry for link in links]


@pytest.fixture
async def auditing(database: Database) -> AsyncIterator[Auditing]:
    yield Auditing(database)
    async with database.read() as connection:
        assert (await audit.verify(connection)).problems == ()


def test_what_was_asked_for_is_said_with_its_message_and_its_reason():
    change = a_change(reason="fix for #421", strategy=Strategy.CANARY)

    assert asked_entry(change, asked()) == Entry(
        key="asked:change-1",
        at=NOW,
        actor=ALICE.id,
        act="deploy",
        outcome="accepted",
        environment="prod",
        service="credlink-api",
        subject="change-1",
        source="C0OPS0001:1337.42.abc",
        detail={"version": "v1.2.0", "reason": "fix for #421", "strategy": "canary"},
    )


def test_a_press_says_the_image_and_the_definition_it_stood_for():
    change = a_change(plan=a_plan(definition_hash="d1"))
    press = Press(asked(BOB), "change.confirm", change.id, 1)

    entry = pressed_entry(change, press, ActKind.CONFIRM)

    assert (entry.key, entry.actor, entry.act, entry.outcome) == (
        "press:1337.42.abc",
        BOB.id,
        "confirm",
        "done",
    )
    assert entry.detail == {"version": "v1.2.0", "digest": NEW_DIGEST, "definition": "d1"}


def test_an_outcome_stays_the_act_of_who_asked_and_says_who_ended_it():
    ended = a_change(
        state=ChangeState.ROLLED_BACK,
        why="The error rate tripled.",
        ended_by=BOB.id,
        rollout=a_rollout(),
    )

    entry = outcome_entry(ended, at=NOW + timedelta(minutes=9))

    assert (entry.key, entry.actor, entry.act) == ("outcome:change-1", ALICE.id, "deploy")
    assert (entry.outcome, entry.at) == ("rolled_back", NOW + timedelta(minutes=9))
    assert entry.detail == {
        "version": "v1.2.0",
        "why": "The error rate tripled.",
        "ended_by": BOB.id,
        "revision": an_arn(42),
    }


def test_what_was_forced_says_every_refusal_that_was_passed():
    assert forced_entry(FORCED, asked()).detail == {
        "verb": "deploy",
        "version": "v1.2.0",
        "reason": "checkout is down",
        "overridden 1": "prod is frozen until Monday.",
        "overridden 2": "Nobody has approved it.",
    }


async def test_the_newest_entries_come_first_and_the_rest_is_counted(auditing: Auditing):
    await auditing.write(
        *(asked_entry(a_change(f"change-{n}", version=f"v{n}"), asked()) for n in range(20))
    )

    answer = await auditing.tell()

    lines = answer.text.splitlines()
    assert len(lines) == AT_MOST + 1
    assert lines[0].endswith("<@U0ALICE01> deploy credlink-api v19 → prod: accepted")
    assert lines[-1].startswith("and 5 older entries · /credlink audit ")


async def test_the_audit_is_narrowed_by_place_person_and_time(auditing: Auditing):
    old, new = NOW - timedelta(days=3), NOW
    await auditing.write(
        asked_entry(a_change("1", version="v1", asked_at=old), asked()),
        asked_entry(a_change("2", version="v2", asked_at=new), asked(BOB)),
        asked_entry(a_change("3", version="v3", environment="staging", asked_at=new), asked()),
    )

    async def versions(**request: Any) -> str:
        text = (await auditing.tell(**request)).text
        return " ".join(v for v in ("v1", "v2", "v3") if f" {v} " in text)

    assert await versions() == "v1 v2 v3"
    assert await versions(environment="prod") == "v1 v2"
    assert await versions(person=BOB.id) == "v2"
    assert await versions(since=timedelta(hours=24)) == "v2 v3"
    assert await versions(environment="prod", person=ALICE.id, since=timedelta(hours=24)) == ""


async def test_whoever_may_read_one_environment_sees_no_other(auditing: Auditing):
    stager = replace(STAGER, groups=frozenset({"S0STAGE"}))
    await auditing.write(
        asked_entry(a_change("1", version="v1"), asked()),
        asked_entry(a_change("2", version="v2", environment="staging"), asked()),
        denied_entry(asked(MALLORY), "audit", None, None, "Nobody may."),
    )

    text = (await auditing.tell(stager)).text

    assert "v2" in text
    assert "v1" not in text
    assert MALLORY.id not in text


async def test_a_denied_reader_is_told_why_and_found_in_the_audit(auditing: Auditing):
    with pytest.raises(NotAllowed, match="Only `auditors`"):
        await auditing.tell(MALLORY, environment="prod")
    with pytest.raises(NotAllowed):  # the same command, delivered again
        await auditing.tell(MALLORY, environment="prod")

    (entry,) = await auditing.entries()
    assert (entry.actor, entry.act, entry.outcome) == (MALLORY.id, "audit", "denied")
    text = (await auditing.tell(ALICE)).text
    assert "<@U0MALLORY> audit → prod: denied · Only `auditors` may" in text


async def test_an_environment_nobody_knows_is_answered_with_the_known_ones(auditing: Auditing):
    with pytest.raises(NotKnown, match="prod and staging"):
        await auditing.tell(environment="prd")


async def test_what_was_forced_waits_for_somebody_else(auditing: Auditing):
    await auditing.force()

    to_bob, to_alice = await auditing.tell(BOB, is_forced=True), await auditing.tell(is_forced=True)

    (block,) = to_bob.blocks
    assert block["accessory"]["action_id"] == REVIEWED
    assert "under way" in to_bob.text
    assert "overridden: prod is frozen until Monday." in block["text"]["text"]
    (own,) = to_alice.blocks
    assert "accessory" not in own
    assert "waits for the review of somebody else" in own["text"]["text"]


async def test_a_review_is_written_once_and_told_in_the_notices_thread(auditing: Auditing):
    await auditing.force()
    await auditing.write(outcome_entry(replace(FORCED, state=ChangeState.SUCCEEDED), at=NOW))

    assert await auditing.press(BOB) == Answer("Written down: you have reviewed this.")
    assert await auditing.press(BOB) is None  # the same press, delivered again
    assert "You reviewed this" in (await auditing.press(BOB, key="press-2")).text

    (review,) = await auditing.entries(act="review")
    assert review.actor == BOB.id
    assert review.detail == {"entry": "1", "forced by": ALICE.id, "version": "v1.2.0"}
    async with auditing.database.read() as connection:
        said = (await connection.execute(select(thread_entries.c.message))).scalars().all()
    assert [one["text"].partition(" <!date")[0] for one in said] == ["Reviewed by <@U0BOB0001>"]
    (block,) = (await auditing.tell(BOB, is_forced=True)).blocks
    assert "accessory" not in block
    assert "reviewed by <@U0BOB0001>" in block["text"]["text"]
    assert "→ prod: succeeded" in block["text"]["text"]
    assert auditing.woken == 1


async def test_of_two_who_review_at_once_one_does_and_the_other_is_told_who(auditing: Auditing):
    await auditing.force()
    carol = replace(BOB, id="U0CAROL01")

    said = await asyncio.gather(auditing.press(BOB, "p1"), auditing.press(carol, "p2"))

    texts = sorted(answer.text for answer in said if answer is not None)
    (review,) = await auditing.entries(act="review")
    assert texts[0].startswith(f"<@{review.actor}> reviewed this")
    assert texts[1] == "Written down: you have reviewed this."


async def test_nobody_reviews_what_they_forced_themselves(auditing: Auditing):
    await auditing.force()

    with pytest.raises(NotAllowed) as said:
        await auditing.press(ALICE)

    assert str(said.value) == OWN
    (denied,) = await auditing.entries(act="review")
    assert (denied.actor, denied.outcome) == (ALICE.id, "denied")


async def test_only_who_may_read_the_audit_reviews(auditing: Auditing):
    await auditing.force()

    with pytest.raises(NotAllowed, match="Only `auditors`"):
        await auditing.press(MALLORY)


async def test_a_button_of_something_that_was_never_forced_does_nothing(auditing: Auditing):
    await auditing.write(asked_entry(a_change(), asked()))

    for subject in ("asked:change-1", "forced:made-up"):
        with pytest.raises(NotKnown, match="nothing in the audit"):
            await auditing.press(BOB, subject=subject)
