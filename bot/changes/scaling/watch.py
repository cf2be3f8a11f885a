"""Third: the tasks start or stop until there are as many as AWS wants."""

from bot.changes.running import account_of
from bot.changes.scaling.look import Gone, is_rolling_out, look_at
from bot.changes.scaling.seen import (
    TURN,
    Seen,
    conclude,
    look_again,
    place_of,
    read,
    seen,
    silent,
)
from bot.changes.scaling.trouble import trouble_of
from bot.domain.place import Place
from bot.domain.scaling.capacity import Capacity
from bot.domain.scaling.proposal import landing
from bot.domain.scaling.scaling import Progress, Scaling, ScalingState
from bot.errors import BotError
from bot.storage import scalings
from bot.storage.scalings import Facts
from bot.world import World
from integrations.aws.models import Service
from integrations.errors import IntegrationError, NotFound

S = ScalingState


async def watch(here: World, scaling: Scaling) -> Seen:
    """Look once; a promise whose time is over goes back although not everything runs."""
    run = scaling.run
    if scaling.until is not None and here.now() >= scaling.until:
        return seen(await _move_on(here, scaling, S.DUE), run=run)
    async with here.database.read() as connection:
        later = await scalings.set_after(connection, scaling)
        other = await scalings.touching(connection, *scaling.place)
    if later is not None:
        return seen(await _overtaken(here, scaling, later), run=run)
    if other is not None:  # what AWS shows now may be that one's
        return seen(scaling, run=run, wait=here.paced(TURN))
    try:
        place = place_of(here, scaling)
        capacity, service = await look_at(here, place)
        return await _judge(here, place, scaling, capacity, service)
    except (NotFound, Gone, BotError) as exc:
        return seen(await conclude(here, scaling, S.GAVE_WAY, str(exc)), run=run)
    except IntegrationError as exc:
        if _is_late(here, scaling):
            return seen(await _time_is_up(here, scaling, f"AWS is silent: {exc.detail}"), run=run)
        await silent(here, scaling, exc)
        return seen(scaling, run=run, wait=look_again(here, place_of(here, scaling)))


async def _overtaken(here: World, scaling: Scaling, later: Scaling) -> Scaling:
    """Another one was set on top: its card shows the tasks from now on."""
    if scaling.until is not None:
        return await _move_on(here, scaling, S.STANDING)
    return await conclude(here, scaling, S.GAVE_WAY, ended_by=later.asked_by, ended_for=later.id)


async def _judge(
    here: World, place: Place, scaling: Scaling, capacity: Capacity, service: Service
) -> Seen:
    run = scaling.run
    if capacity != scaling.wanted:
        return await _changed(here, scaling, capacity)
    if is_there(capacity, service):
        return seen(await _move_on(here, scaling, _after(scaling), service), run=run)
    trouble = await _trouble(here, place, scaling, service)
    if _is_late(here, scaling):
        why = trouble or f"Only {service.running} of {service.desired} tasks run after the time."
        return seen(await _time_is_up(here, scaling, why), run=run)
    progress = Progress(
        running=service.running,
        desired=service.desired,
        pending=service.pending,
        trouble=trouble,
    )
    async with here.database.write() as connection:
        is_news = await scalings.note(
            connection, scaling.id, progress=progress, silent_since=None, silent_why=None
        )
    if is_news:
        here.wake()
    return seen(scaling, run=run, wait=look_again(here, place))


def is_there(capacity: Capacity, service: Service) -> bool:
    """Whether as many tasks run as AWS wants, within the bounds; a rollout may run more beside."""
    if landing(service.desired, capacity) != service.desired or service.pending:
        return False
    if is_rolling_out(service):
        return service.running >= service.desired
    return service.running == service.desired


async def _changed(here: World, scaling: Scaling, capacity: Capacity) -> Seen:
    """AWS shows something else, and nobody of ours is at it."""
    async with here.database.read() as connection:
        other = await scalings.touching(connection, *scaling.place)
        later = await scalings.set_after(connection, scaling)
    if other is not None or later is not None:
        return seen(scaling, run=scaling.run, wait=here.paced(TURN))
    why = f"Somebody outside the bot set {capacity.text} since. That stays."
    return seen(await conclude(here, scaling, S.GAVE_WAY, why), run=scaling.run)


async def _trouble(here: World, place: Place, scaling: Scaling, service: Service) -> str | None:
    if service.running >= service.desired or scaling.set_at is None:
        return None
    try:
        return await trouble_of(account_of(here, place), place, service, since=scaling.set_at)
    except IntegrationError:
        return scaling.progress.trouble if scaling.progress is not None else None


def _is_late(here: World, scaling: Scaling) -> bool:
    longest = here.paced(place_of(here, scaling).config.deploy.rollout_timeout)
    return here.now() >= (scaling.set_at or scaling.changed_at) + longest


def _after(scaling: Scaling) -> ScalingState:
    return S.STANDING if scaling.until is not None else S.SCALED


async def _time_is_up(here: World, scaling: Scaling, why: str) -> Scaling:
    """The tasks did not come in time: what was set stays set, and a promise stands all the same."""
    if scaling.until is None:
        return await conclude(here, scaling, S.STUCK, why)
    return await _move_on(here, scaling, S.STANDING, why=why)


async def _move_on(
    here: World,
    scaling: Scaling,
    to: ScalingState,
    service: Service | None = None,
    *,
    why: str | None = None,
) -> Scaling:
    progress = scaling.progress
    if service is not None:
        progress = Progress(running=service.running, desired=service.desired)
    facts: Facts = {"why": why, "progress": progress, "silent_since": None, "silent_why": None}
    if to is S.SCALED:
        async with here.database.write() as connection:
            await scalings.note(connection, scaling.id, progress=progress)
        return await conclude(here, scaling, to)
    async with here.database.write() as connection:
        moved = await scalings.move(
            connection, scaling.id, to, of={S.SCALING}, at=here.now(), **facts
        )
    here.wake()
    return moved or await read(here, scaling.id)
