"""Second: AWS is asked, once it is this one's turn and AWS still shows what was proposed.

What AWS showed is written down before it is asked, so that whoever goes on after a crash knows what
to go back to, and can tell what came of the asking: it shows what is wanted, or what was found.
Setting a capacity may be repeated, so nothing more is needed.
"""

import logging

from bot.cards.scaling_words import returned_line, set_line
from bot.catalog import Verb
from bot.changes.guards.situation import situation
from bot.changes.scaling.end import end_beneath, write_down
from bot.changes.scaling.entries import returned_entry, set_entry
from bot.changes.scaling.look import Gone, ask_for, look_around, look_at
from bot.changes.scaling.propose import proposed, refuse
from bot.changes.scaling.seen import (
    LONGEST_SILENCE,
    TURN,
    Seen,
    conclude,
    look_again,
    place_of,
    read,
    seen,
    silent,
)
from bot.domain.card import Kind
from bot.domain.gate import Decision, still_in_the_way
from bot.domain.place import Place
from bot.domain.scaling.capacity import Capacity
from bot.domain.scaling.proposal import Proposal, Shown
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.errors import BotError
from bot.storage import audit, cards, scalings
from bot.world import World
from integrations.errors import IntegrationError, NotFound

S = ScalingState
NO_ANSWER = (
    "AWS has not answered since it was asked, so it is not known whether it was set. Look at the "
    "service, and set it again if need be: nothing of this goes back by itself any more."
)

log = logging.getLogger(__name__)


async def take_turn(here: World, scaling: Scaling) -> Seen:
    """Have the place to oneself, or wait while AWS is asked there for another one."""
    now, run = here.now(), scaling.run
    place = place_of(here, scaling)
    if now >= scaling.changed_at + here.paced(place.config.deploy.proposal_expires):
        why = "Another scaling of this place was being set all the time."
        return seen(await conclude(here, scaling, S.EXPIRED, why), run=run)
    async with here.database.write() as connection:
        await scalings.lock_place(connection, *scaling.place)
        if await scalings.touching(connection, *scaling.place) is not None:
            return seen(scaling, run=run, wait=here.paced(TURN))
        number = await scalings.take_number(connection, *scaling.place)
        moved = await scalings.move(
            connection, scaling.id, S.APPLYING, of={S.CONFIRMED}, at=now, number=number
        )
    here.wake()
    return seen(moved or await read(here, scaling.id), run=run)


async def apply(here: World, scaling: Scaling) -> Seen:
    """Ask AWS for it, unless something has come into its way since it was proposed."""
    run, was_asked = scaling.run, scaling.asked_aws_at is not None
    try:
        place = place_of(here, scaling)
        if was_asked:
            return seen(await _go_on(here, place, scaling), run=run)
        decision = await _in_the_way(here, place, scaling)
        if not decision.allowed:
            why = "Before it could be set something came into its way."
            return seen(await _back(here, place, scaling, why, said=decision.text), run=run)
        return seen(await _begin(here, place, scaling), run=run)
    except NotFound as exc:
        return seen(await _no_more(here, scaling, exc.detail), run=run)
    except IntegrationError as exc:
        return await _not_done(here, scaling, exc)
    except (BotError, Gone) as exc:
        return seen(await _no_more(here, scaling, str(exc)), run=run)


async def _begin(here: World, place: Place, scaling: Scaling) -> Scaling:
    shown = await look_around(here, place)
    proposal = scaling.proposal
    if proposal is None or shown.capacity != proposal.shown.capacity:
        return await _propose_again(here, place, scaling, shown)
    async with here.database.write() as connection:
        await scalings.note(
            connection,
            scaling.id,
            found=shown.capacity,
            wanted=proposal.wanted,
            asked_aws_at=here.now(),
        )
    return await _ask(here, place, await read(here, scaling.id), proposal.wanted)


async def _go_on(here: World, place: Place, scaling: Scaling) -> Scaling:
    """After an attempt whose outcome is not known: what AWS shows tells."""
    found, wanted = scaling.promise.found, scaling.promise.wanted
    shown, _ = await look_at(here, place)
    if shown == wanted:
        return await _is_set(here, scaling)
    if shown != found:
        return await conclude(
            here,
            scaling,
            S.GAVE_WAY,
            f"While it was being set somebody outside the bot set {shown.text}. That stays.",
        )
    return await _ask(here, place, scaling, wanted)


async def _ask(here: World, place: Place, scaling: Scaling, wanted: Capacity) -> Scaling:
    try:
        await ask_for(here, place, wanted)
    except IntegrationError as exc:
        if exc.retryable:
            raise
        # AWS showed just now that nothing has come of any attempt before.
        return await refuse(here, scaling, f"AWS refused: {exc.detail}")
    return await _is_set(here, scaling)


async def _is_set(here: World, scaling: Scaling) -> Scaling:
    """AWS has it: it stands from now on, and for good it ends whatever stood beneath it."""
    now = here.now()
    until = now + here.paced(scaling.length) if scaling.length is not None else None
    async with here.database.write() as connection:
        await scalings.lock_place(connection, *scaling.place)
        moved = await scalings.move(
            connection,
            scaling.id,
            S.SCALING,
            of={S.APPLYING},
            at=now,
            set_at=now,
            until=until,
            why=None,
            silent_since=None,
            silent_why=None,
        )
        ended = []
        if moved is not None:
            if until is None:
                ended = await end_beneath(connection, moved, by=moved.asked_by, at=now)
            entry = set_line(moved)
            await cards.add_entry(connection, Kind.SCALING, moved.id, key="set", message=entry)
            await scalings.mark_place(connection, *moved.place)
            await write_down(connection, *ended, at=now)
            if until is not None:
                await audit.add(connection, set_entry(moved, at=now))
    log.info(
        "scaling_set",
        extra={"action": "scaling_set", "scaling_id": scaling.id, "scaling": scaling.led},
    )
    here.wake()
    return moved or await read(here, scaling.id)


async def _in_the_way(here: World, place: Place, scaling: Scaling) -> Decision:
    """What has come into the way since it was confirmed; what was forced passes whatever it is."""
    if scaling.forced is not None:
        return Decision()
    async with here.database.read() as connection:
        facts = await situation(
            connection, here.catalog, place, now=here.now(), change=None, digest=None
        )
    return still_in_the_way(facts, Verb.SCALE)


async def _propose_again(here: World, place: Place, scaling: Scaling, shown: Shown) -> Scaling:
    """What was confirmed is not what would be changed: show that.

    Raises:
        UsageError: the wish does not fit what there is any more.
    """
    before = scaling.proposal.shown.capacity.text if scaling.proposal is not None else "that"
    why = f"Since this was proposed it was changed: it is {shown.capacity.text} now, not {before}."
    again = proposed(here, place, scaling, shown)
    return await _back(here, place, scaling, why, proposal=again)


async def _back(
    here: World,
    place: Place,
    scaling: Scaling,
    why: str,
    *,
    proposal: Proposal | None = None,
    said: str | None = None,
) -> Scaling:
    """Have it confirmed once more. `said` is for the audit."""
    now = here.now()
    async with here.database.write() as connection:
        moved = await scalings.move(
            connection,
            scaling.id,
            S.PROPOSED,
            of={S.APPLYING},
            at=now,
            proposal=proposal or scaling.proposal,
            number=None,
            why=why,
            confirmed_by=None,
            overridden=(),
            expires_at=now + here.paced(place.config.deploy.proposal_expires),
            silent_since=None,
            silent_why=None,
        )
        if moved is not None:
            key = f"returned:{moved.state_revision}"
            entry = returned_line(why, at=now)
            await cards.add_entry(connection, Kind.SCALING, moved.id, key=key, message=entry)
            await audit.add(connection, returned_entry(moved, at=now, why=said or why))
    here.wake()
    return moved or await read(here, scaling.id)


async def _no_more(here: World, scaling: Scaling, why: str) -> Scaling:
    """It cannot be set any more; where it may have been, there is nothing left to set back."""
    was_asked = scaling.asked_aws_at is not None
    return await conclude(here, scaling, S.GAVE_WAY if was_asked else S.REFUSED, why)


async def _not_done(here: World, scaling: Scaling, trouble: IntegrationError) -> Seen:
    """Wait while AWS does not answer: long, once it may have done something."""
    now, run, place = here.now(), scaling.run, place_of(here, scaling)
    now_asked = await read(here, scaling.id)
    if now_asked.asked_aws_at is None:
        if not trouble.retryable:
            return seen(await refuse(here, now_asked, f"AWS refused: {trouble.detail}"), run=run)
        if now >= scaling.changed_at + here.paced(place.config.deploy.rollout_timeout):
            why = f"AWS did not answer: {trouble.detail}"
            return seen(await refuse(here, now_asked, why), run=run)
    elif now >= now_asked.asked_aws_at + here.paced(LONGEST_SILENCE):
        return seen(await conclude(here, now_asked, S.FAILED, NO_ANSWER), run=run)
    await silent(here, now_asked, trouble)
    return seen(now_asked, run=run, wait=look_again(here, place))
