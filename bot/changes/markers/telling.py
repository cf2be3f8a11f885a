"""How each other system is told of a change: one attempt, which may be the second.

What may be asked twice is asked again. What may not is looked for first, where the system can be
searched; where it cannot, a request whose answer was lost is never repeated.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.cards.change import headline
from bot.changes.running import account_of
from bot.domain.change import Change
from bot.domain.mark import Mark, MarkKind, MarkState, release_of
from bot.domain.place import Place
from bot.storage import acts, marks
from bot.world import World
from integrations.aws.cloudfront import COMPLETED
from integrations.errors import RateLimited, Unavailable
from integrations.grafana import spans
from integrations.grafana.spans import Span

INTERRUPTED = "the bot was interrupted while it asked"
NOT_TAKEN = ("HTTP 500", "HTTP 503", "ClientConnector")
"""How the words of a failure begin that says nothing was done: the system's own answer, or no
connection. PagerDuty asks to be sent the same again after a 5xx.

https://developer.pagerduty.com/docs/send-change-event
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one attempt came to. WANTED: it is under way, and to be looked at after `wait`."""

    state: MarkState
    reference: str | None = None
    detail: str = ""
    wait: timedelta | None = None


DONE = MarkState.DONE
NO_WAY = Told(state=MarkState.SKIPPED)
"""The system is not connected to this process."""
LOST = Told(state=MarkState.UNKNOWN, detail=INTERRUPTED)


async def begin_in_grafana(here: World, place: Place, change: Change, mark: Mark) -> Told:
    """Mark the moment the rollout began."""
    span = _span(place, change)
    if here.grafana is None or span is None:
        return NO_WAY
    is_first = await _is_first(here, mark, mark.kind.value)
    annotation = await spans.begin(here.grafana, span, is_first=is_first)
    return Told(state=DONE, reference=str(annotation))


async def end_in_grafana(here: World, place: Place, change: Change, mark: Mark) -> Told:
    """Give the mark its end and its outcome; make all of it where there is none.

    A beginning that is still being told is left to this one: it waits out the request that may be
    under way, and then looks for what that made.
    """
    span = _span(place, change)
    if here.grafana is None or span is None:
        return NO_WAY
    begun = await _beginning(here, change)
    if begun is not None and begun.is_open:
        async with here.database.write() as connection:
            await marks.note(
                connection, change.id, begun.kind, state=MarkState.SKIPPED, done_at=here.now()
            )
        return Told(state=MarkState.WANTED, wait=here.paced(spans.STILL_ASKING))
    known = int(begun.reference) if begun is not None and begun.reference else None
    end = change.finished_at or here.now()
    annotation = await spans.close(here.grafana, span, end=end, known=known)
    return Told(state=DONE, reference=str(annotation))


async def _beginning(here: World, change: Change) -> Mark | None:
    async with here.database.read() as connection:
        found = await marks.marks_of(connection, change.id)
    return next((mark for mark in found if mark.kind is MarkKind.GRAFANA_BEGIN), None)


def _span(place: Place, change: Change) -> Span | None:
    """The change in Grafana, as it stands now; None where it has no place there."""
    if place.config.grafana is None or change.started_at is None:
        return None
    return Span(
        text=headline(change),
        at=change.started_at,
        tags=("credlink", change.kind.value, change.service, change.environment),
        tag=f"credlink-change:{change.id}",
        dashboard=place.config.grafana.dashboard,
    )


async def invalidate(here: World, place: Place, change: Change, mark: Mark) -> Told:
    """Have CloudFront forget what its edges cached, or look whether they have.

    May be repeated: the change's id is the reference, and gives the same invalidation.
    """
    cached = place.config.cloudfront
    if cached is None:
        return NO_WAY
    cloudfront = account_of(here, place).cloudfront
    if mark.reference is None:
        found = await cloudfront.create_invalidation(
            cached.distribution, cached.paths, caller_reference=f"credlink-{change.id}"
        )
    else:
        found = await cloudfront.get_invalidation(cached.distribution, mark.reference)
    state = DONE if found.status == COMPLETED else MarkState.WANTED
    return Told(state=state, reference=found.id)


async def deploy_in_sentry(here: World, place: Place, change: Change, mark: Mark) -> Told:
    """Make the release known, which may be repeated, and say once that it was deployed."""
    project = here.catalog.services[place.service].sentry
    release = release_of(change)
    if here.sentry is None or project is None or release is None:
        return NO_WAY
    if await _was_interrupted(here, mark):
        return LOST
    await here.sentry.create_release(
        project.organization, release, projects=[project.project], url=_compare_url(change)
    )
    sentry = here.sentry

    async def deployed() -> str:
        return await sentry.create_deploy(
            project.organization,
            release,
            environment=change.environment,
            started_at=change.started_at,
            finished_at=change.finished_at,
            name=f"credlink {change.id}",
            url=_compare_url(change),
        )

    return await _once(here, mark, deployed)


async def change_event(here: World, place: Place, change: Change, mark: Mark) -> Told:
    """Tell PagerDuty once what became of the change."""
    events = here.change_events.get(place.service)
    if events is None:
        return NO_WAY
    link = _compare_url(change)

    async def sent() -> None:
        await events.send_change(
            summary=headline(change),
            at=change.finished_at or here.now(),
            links={link: "What changed"} if link else None,
            details=_details(change),
        )

    return await _once(here, mark, sent)


def _compare_url(change: Change) -> str | None:
    return change.plan.compare_url if change.plan is not None else None


def _details(change: Change) -> Mapping[str, str]:
    known = {
        "service": change.service,
        "environment": change.environment,
        "version": change.wanted_name,
        "before": change.plan.running.name if change.plan is not None else None,
        "outcome": (change.verdict or change.state).value,
        "why": change.why,
        "change": change.id,
    }
    return {name: value for name, value in known.items() if value}


async def _once(here: World, mark: Mark, ask: Callable[[], Awaitable[str | None]]) -> Told:
    """Ask for what cannot be asked twice, and cannot be looked for either.

    Written down before: an attempt that finds itself begun does not ask. After a failure in which
    the system did nothing, the next attempt has a number of its own.
    """
    if not await _is_first(here, mark, _attempt(mark)):
        return LOST
    try:
        reference = await ask()
    except Unavailable as exc:
        if isinstance(exc, RateLimited) or exc.detail.startswith(NOT_TAKEN):
            raise
        return Told(state=MarkState.UNKNOWN, detail=exc.detail)
    return Told(state=DONE, reference=reference)


def _attempt(mark: Mark) -> str:
    return f"{mark.kind.value}:{mark.attempts}"


async def _was_interrupted(here: World, mark: Mark) -> bool:
    """Whether this attempt was begun before. A failure of what comes first would renumber it."""
    async with here.database.read() as connection:
        return await acts.was_attempted(connection, mark.change_id, f"mark:{_attempt(mark)}")


async def _is_first(here: World, mark: Mark, what: str) -> bool:
    async with here.database.write() as connection:
        return await acts.is_first_attempt(
            connection, mark.change_id, f"mark:{what}", at=here.now()
        )


Tell = Callable[[World, Place, Change, Mark], Awaitable[Told]]
TELL: Mapping[MarkKind, Tell] = {
    MarkKind.GRAFANA_BEGIN: begin_in_grafana,
    MarkKind.GRAFANA_END: end_in_grafana,
    MarkKind.CLOUDFRONT: invalidate,
    MarkKind.SENTRY: deploy_in_sentry,
    MarkKind.PAGERDUTY: change_event,
}
"""Each raises IntegrationError where its system did not take it; may be repeated."""
