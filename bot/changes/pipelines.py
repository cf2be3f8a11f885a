"""What a pipeline's deploy needs to begin: nobody looks at its card and confirms."""

from dataclasses import replace

from bot.changes.guards.situation import situation
from bot.changes.seen import place_of
from bot.domain.asked import Actor
from bot.domain.change import Change
from bot.domain.gate import VERBS, Decision, Obstacle, may_begin
from bot.domain.plan import Plan
from bot.world import World


async def may_begin_unattended(here: World, change: Change, plan: Plan) -> Decision:
    """Ask the gate, as the confirming press of a person does, now that it is known what would run.

    Asked once: a later obstacle is met where the change starts, as everybody's.
    """
    async with here.database.read() as connection:
        facts = await situation(
            connection,
            here.catalog,
            place_of(here, change),
            now=here.now(),
            change=replace(change, plan=plan),
            digest=plan.wanted.digest,
        )
    return may_begin(facts, Actor(change.asked_by), VERBS[change.kind])


def waits_for_people(decision: Decision) -> bool:
    """Whether only approvals are missing: the last of them begins it."""
    return all(reason.obstacle is Obstacle.APPROVAL for reason in decision.reasons)
