"""A scan that forbids a deploy is passed by force only by those who may, and never quietly."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.changes.audit.announce import forced_notice
from bot.domain.change import Change, ChangeState
from bot.errors import NotAllowed
from bot.storage import notices
from bot.storage.schema.audit import audit_entries
from tests.changes.operator import ALICE, FRANK, Operator

S = ChangeState


@pytest.fixture
def policy() -> dict[str, Any]:
    return {"scan": {"block": ["CRITICAL"]}}


async def acts(prod: Operator, change: Change) -> list[tuple[str, str]]:
    """What the audit says was done to the change and by whom, in order."""
    found = (
        select(audit_entries.c.act, audit_entries.c.actor)
        .where(audit_entries.c.subject == change.id)
        .order_by(audit_entries.c.number)
    )
    async with prod.world.database.read() as connection:
        return [(row.act, row.actor) for row in await connection.execute(found)]


async def test_without_force_the_finding_refuses_the_deploy(prod: Operator):
    prod.aws.push_image("v3.0.0", findings={"CRITICAL": 1})
    ended = await prod.ends(await prod.asks_to_deploy("v3.0.0"))

    assert ended.state is S.REFUSED
    assert "1 CRITICAL" in ended.why


async def test_whoever_may_not_force_does_not_pass_the_scan(prod: Operator):
    prod.aws.push_image("v3.0.0", findings={"CRITICAL": 1})
    asked = await prod.asks_to_deploy("v3.0.0", forced="I know better", by=ALICE)
    proposed = await prod.until(asked, S.PROPOSED)

    with pytest.raises(NotAllowed, match=r"(?s)1 CRITICAL.*Only `forcers` may force"):
        await prod.presses("change.confirm", proposed, by=ALICE)

    assert (await prod.now(proposed)).state is S.PROPOSED
    assert prod.updates == []


async def test_whoever_may_force_passes_it_and_it_is_told_and_written_down(prod: Operator):
    prod.aws.push_image("v3.0.0", findings={"CRITICAL": 1})
    asked = await prod.asks_to_deploy("v3.0.0", forced="checkout is down", by=FRANK)
    proposed = await prod.until(asked, S.PROPOSED)
    assert "passed by force: The image has findings" in await prod.card(proposed)

    await prod.presses("change.confirm", proposed, by=FRANK)
    ended = await prod.ends(proposed)

    assert ended.state is S.SUCCEEDED
    (passed,) = ended.overridden
    assert "1 CRITICAL" in passed
    assert ("force", FRANK.id) in await acts(prod, ended)
    async with prod.world.database.read() as connection:
        assert await notices.find(connection, forced_notice(ended.id)) is not None
