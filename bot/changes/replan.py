"""Just before ECS is asked: is what was confirmed still what would run, and may it still begin?"""

from dataclasses import replace

from bot.cards import change_thread
from bot.changes.audit.entries import returned_entry
from bot.changes.guards.situation import is_fast_lane, situation
from bot.changes.plan import plan_deploy
from bot.changes.running import Running
from bot.changes.seen import Seen, read, seen
from bot.domain.card import Kind
from bot.domain.change import Change, ChangeState
from bot.domain.gate import VERBS, Decision, still_in_the_way
from bot.domain.place import Place, listed
from bot.domain.plan import Plan
from bot.domain.verification import refusing
from bot.storage import approvals, audit, cards, changes
from bot.storage.changes import Facts
from bot.storage.known import known_of
from bot.world import World

S = ChangeState


class Void(Exception):
    """The plan no longer fits what runs; the text says why."""


async def plan_again(
    here: World,
    place: Place,
    change: Change,
    running: Running | None = None,
    *,
    is_checked: bool = False,
) -> Plan:
    """What the change would do now.

    Raises:
        Impossible, Void: it cannot be done any more, or somebody else changed what runs.
    """
    async with here.database.read() as connection:
        known = await known_of(connection, change.environment, change.service)
    planned = change.plan
    again = await plan_deploy(
        here,
        place,
        str(change.version),
        replace(known, under_way=None),
        strategy=planned.strategy if planned else None,
        is_checked=is_checked,
        running=running,
    )
    if planned is not None and again.running.task_definition != planned.running.task_definition:
        raise Void(changed_by_others(again.running.name))
    return again


def changed_by_others(runs: str) -> str:
    return (
        f"Since this was proposed somebody else changed what runs: it is {runs} now. "
        "Ask again to see what the change would do."
    )


async def in_the_way_now(here: World, place: Place, change: Change) -> Decision:
    """What has come into the way since it was confirmed: while AWS is silent that may be long ago.

    What was forced, and a way back, pass whatever it is.
    """
    if change.forced is not None or is_fast_lane(change):
        return Decision()
    digest = change.plan.wanted.digest if change.plan else None
    async with here.database.read() as connection:
        facts = await situation(
            connection, here.catalog, place, now=here.now(), change=change, digest=digest
        )
    return still_in_the_way(facts, VERBS[change.kind])


async def back_to_proposed(here: World, place: Place, change: Change, decision: Decision) -> Seen:
    """Have it confirmed again once it may begin; approvals stand, for nothing else would run.

    The card says what is in the way as long as it is.
    """
    why = "Before it could begin something came into its way."
    return await _back(here, place, change, why, said=decision.text)


async def propose_again(
    here: World, place: Place, change: Change, differences: tuple[str, ...]
) -> Seen:
    """What was confirmed and approved is not what would run: show that, and void every word.

    Raises:
        Impossible, Void: what would run now could not start, or somebody else changed what runs.
    """
    again = await plan_again(here, place, change, is_checked=True)
    if refusals := refusing(again.checks, is_forced=change.forced is not None):
        raise Void(f"What would run now is not what was confirmed, and cannot. {refusals}")
    again = replace(again, on_call=change.plan.on_call if change.plan else ())
    why = f"Since it was confirmed {listed(differences)}."
    return await _back(here, place, change, why, plan=again)


async def _back(
    here: World,
    place: Place,
    change: Change,
    why: str,
    *,
    plan: Plan | None = None,
    said: str | None = None,
) -> Seen:
    """Propose it once more; with another plan every approval is void. `said` is for the audit."""
    now = here.now()
    facts: Facts = {
        "why": why,
        "confirmed_by": None,
        "overridden": (),
        "expires_at": now + here.paced(place.config.deploy.proposal_expires),
    }
    if plan is not None:
        facts["plan"] = plan
    async with here.database.write() as connection:
        moved = await changes.move(
            connection, change.id, S.PROPOSED, of={S.STARTING}, at=now, **facts
        )
        if moved is not None:
            if plan is not None:
                await approvals.void(connection, change.id, at=now, why="it was for something else")
            await cards.add_entry(
                connection,
                Kind.CHANGE,
                change.id,
                key=f"voided:{moved.state_revision}",
                message=change_thread.voided(why, at=now),
            )
            await audit.add(connection, returned_entry(moved, at=now, why=said or why))
    here.wake()
    return seen(moved or await read(here, change.id))
