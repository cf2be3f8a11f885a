"""First: what AWS shows, and what would be set; shown to be confirmed."""

from bot.changes.scaling.look import Gone, look_around
from bot.changes.scaling.seen import Seen, conclude, look_again, place_of, seen, silent
from bot.domain.place import Place, places
from bot.domain.scaling.proposal import Proposal, Shown, propose
from bot.domain.scaling.scaling import Scaling, ScalingState
from bot.domain.scaling.wish import wanted_of
from bot.errors import BotError, UsageError
from bot.storage import scalings
from bot.world import World
from integrations.errors import IntegrationError

S = ScalingState


async def look_up(here: World, scaling: Scaling) -> Seen:
    """Find out what is there. Only reads AWS, so it may be done again."""
    run = scaling.run
    try:
        place = place_of(here, scaling)
        proposal = proposed(here, place, scaling, await look_around(here, place))
        await _refuse_what_changes_nothing(here, scaling, proposal)
    except IntegrationError as exc:
        if not exc.retryable:
            return seen(await refuse(here, scaling, f"AWS refused: {exc.detail}"), run=run)
        if scaling.expires_at is not None and here.now() >= scaling.expires_at:
            ended = await conclude(here, scaling, S.EXPIRED, "AWS did not answer in time.")
            return seen(ended, run=run)
        await silent(here, scaling, exc)
        return seen(scaling, run=run, wait=look_again(here, place_of(here, scaling)))
    except (BotError, Gone) as exc:
        return seen(await refuse(here, scaling, str(exc)), run=run)
    return seen(await _show(here, scaling, proposal), run=run)


def proposed(here: World, place: Place, scaling: Scaling, shown: Shown) -> Proposal:
    """What would be set.

    Raises:
        UsageError: the wish does not fit what there is; the text says what to write.
    """
    there = [one for one in places(here.catalog) if one.environment == place.environment]

    def written(what: str) -> str:
        named = f" {place.service}" if len(there) > 1 else ""
        return f"{here.catalog.slack.command} scale {place.environment} {what}{named}"

    where = f"{place.service} in {place.environment}"
    wanted = wanted_of(scaling.wish, shown.capacity, place=where, written=written)
    return propose(scaling.wish, shown, wanted, place.config.scale)


async def _refuse_what_changes_nothing(here: World, scaling: Scaling, proposal: Proposal) -> None:
    """Setting what is there already means something only where it would otherwise go back.

    Raises:
        UsageError: nothing would change.
    """
    if proposal.wanted != proposal.shown.capacity:
        return
    async with here.database.read() as connection:
        standing = await scalings.promises(connection, *scaling.place)
    if not standing:
        raise UsageError(
            f"Nothing would change: {scaling.service} in {scaling.environment} has "
            f"{proposal.wanted.text} already."
        )


async def refuse(here: World, scaling: Scaling, why: str) -> Scaling:
    """End what cannot be set; nothing was."""
    return await conclude(here, scaling, S.REFUSED, why)


async def _show(here: World, scaling: Scaling, proposal: Proposal) -> Scaling:
    if scaling.is_dry_run:
        async with here.database.write() as connection:
            await scalings.note(connection, scaling.id, proposal=proposal)
        return await conclude(here, scaling, S.REHEARSED)
    async with here.database.write() as connection:
        moved = await scalings.move(
            connection,
            scaling.id,
            S.PROPOSED,
            of={S.LOOKING},
            at=here.now(),
            proposal=proposal,
            silent_since=None,
            silent_why=None,
        )
    here.wake()
    return moved or scaling
