"""Last: a promise whose time is over goes back, hands over, or gives way."""

import logging

from bot.changes.scaling.end import end, write_down
from bot.changes.scaling.look import Gone, ask_for, look_at
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
from bot.domain.place import Place
from bot.domain.scaling.capacity import Capacity
from bot.domain.scaling.promise import AtAws, Due, at_aws, directly_above, when_due
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.errors import BotError
from bot.storage import scalings
from bot.storage.database import Connection
from bot.world import World
from integrations.errors import IntegrationError, NotFound

S = ScalingState

log = logging.getLogger(__name__)


async def hand_over_or_take_turn(here: World, scaling: Scaling) -> Seen:
    """Decide what its end means here, with the place to oneself."""
    now, run = here.now(), scaling.run
    async with here.database.write() as connection:
        await scalings.lock_place(connection, *scaling.place)
        scaling = await scalings.get(connection, scaling.id)
        if scaling.state is not S.DUE:
            return seen(scaling, run=run)
        if await scalings.touching(connection, *scaling.place) is not None:
            return seen(scaling, run=run, wait=here.paced(TURN))
        standing = await scalings.promises(connection, *scaling.place)
        above = directly_above(scaling.promise, [one.promise for one in standing])
        match when_due(scaling.promise, above):
            case Due.ASK_AWS:
                moved = await scalings.move(connection, scaling.id, S.REVERTING, of={S.DUE}, at=now)
            case Due.HAND_OVER if above is not None:
                moved = await _hand_over(here, connection, scaling, above.id)
            case _:
                moved = await end(
                    connection,
                    scaling.id,
                    S.GAVE_WAY,
                    of={S.DUE},
                    at=now,
                    why="Somebody outside the bot changed it before the next one was set on it.",
                )
                await write_down(connection, moved, at=now)
    here.wake()
    return seen(moved or await read(here, scaling.id), run=run)


async def _hand_over(
    here: World, connection: Connection, scaling: Scaling, above: str
) -> Scaling | None:
    """Nothing is reverted: the one above goes back to what this one found."""
    now = here.now()
    await scalings.note(connection, above, found=scaling.found)
    ended = await end(connection, scaling.id, S.HANDED_OVER, of={S.DUE}, at=now, ended_for=above)
    await write_down(connection, ended, at=now)
    return ended


async def set_back(here: World, scaling: Scaling) -> Seen:
    """Set back what it found, if AWS still shows what it set; may be done again after a crash."""
    run = scaling.run
    try:
        return seen(await _set_back(here, place_of(here, scaling), scaling), run=run)
    except (NotFound, Gone) as exc:
        why = f"There is nothing to set back any more. {exc}"
        return seen(await conclude(here, scaling, S.GAVE_WAY, why), run=run)
    except BotError as exc:  # the catalogue has lost the place
        return seen(await conclude(here, scaling, S.FAILED, str(exc)), run=run)
    except IntegrationError as exc:
        if here.now() >= scaling.changed_at + here.paced(LONGEST_SILENCE):
            why = f"AWS could not be asked to set it back: {exc.detail}"
            return seen(await conclude(here, scaling, S.FAILED, why), run=run)
        await silent(here, scaling, exc)
        return seen(scaling, run=run, wait=look_again(here, place_of(here, scaling)))


async def _set_back(here: World, place: Place, scaling: Scaling) -> Scaling:
    promise = scaling.promise
    shown, _ = await look_at(here, place)
    match at_aws(promise, shown):
        case AtAws.GIVE_WAY:
            return await _give_way(here, scaling, shown)
        case AtAws.IS_BACK if scaling.returning_at is None:
            why = "It had been set back already, outside the bot."
            return await conclude(here, scaling, S.REVERTED, why)
        case AtAws.SET_BACK:
            async with here.database.write() as connection:
                at = scaling.returning_at or here.now()
                await scalings.note(connection, scaling.id, returning_at=at)
            await ask_for(here, place, promise.found)
    return await conclude(here, scaling, S.REVERTED)


async def _give_way(here: World, scaling: Scaling, shown: Capacity) -> Scaling:
    """Somebody changed it: another scaling of ours, by name, or somebody outside the bot."""
    async with here.database.read() as connection:
        later = await scalings.set_after(connection, scaling)
    if later is not None and later.wanted == shown:
        return await conclude(
            here, scaling, S.GAVE_WAY, ended_by=later.asked_by, ended_for=later.id
        )
    why = f"Somebody outside the bot set {shown.text} since. That stays."
    return await conclude(here, scaling, S.GAVE_WAY, why)
