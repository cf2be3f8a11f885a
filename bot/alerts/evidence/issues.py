"""Sentry's issues beside an alert group: those that began or rise with it, and of what runs."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerts.sentry.moving import take_in
from bot.alerts.sentry.telling import told
from bot.catalog import SentryProject
from bot.domain.alert import AlertGroup
from bot.domain.evidence.issues import ON_CARD, SOURCE
from bot.domain.finding import Finding, Phase
from bot.domain.secrecy import masked
from bot.domain.sentry import (
    RISING_EVENTS,
    SentryIssue,
    Sighting,
    SuspectCommit,
    Why,
    why_of,
)
from bot.storage import alerts, changes, findings, revisions, sentry
from bot.storage.database import Connection
from bot.world import World
from integrations.errors import Forbidden, IntegrationError, NotFound
from integrations.sentry.client import MOST_ISSUES, SentryClient
from integrations.sentry.models import Commit, Issue

BEFORE_ONSET = timedelta(minutes=15)
"""An alert waits (`for`) and rates lag: what began so long before it began with it."""
AGAIN_AFTER = timedelta(minutes=1)
COMMITS_WITHIN_S = 2.5
"""For the suspect commits: the issues are on the card by then, and must not be called missing."""
MOST_REFRESHED = 5
"""Issues of a card that a search no longer finds, each asked for by itself in one look."""
TOO_MANY = (
    f"Sentry has more than {MOST_ISSUES} unresolved issues here; the most frequent were looked at."
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where to look: a project's environment, and the time around an onset."""

    project: SentryProject
    environment: str
    since: datetime
    until: datetime

    @property
    def window(self) -> tuple[datetime, datetime]:
        return self.since, self.until

    @property
    def before(self) -> tuple[datetime, datetime]:
        """As long a time before it."""
        return self.since - (self.until - self.since), self.since


async def look_at_issues(world: World, group_id: str, phase: Phase) -> bool:
    """Ask Sentry which unresolved issues belong beside a group, and keep them with it.

    Costs one search, one for each version that runs (two while one replaces the other), one more
    where something may be rising, one call for each issue of the card that is no longer found (at
    most five), and two for each new issue whose suspect commit is not known (at most three
    issues). May be repeated: the newer counts stand. Returns whether it was asked.

    Raises:
        IntegrationError: Sentry did not answer.
    """
    if phase is not Phase.ONSET or world.sentry is None:
        return False
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
        place = _place(world, group)
        if place is None:
            return False
        versions = await _running(connection, group)
        shown = await sentry.of_group(connection, group_id)
        found_before = await findings.of_group(connection, group_id)
    said = next((one for one in found_before if one.source == SOURCE), None)
    at = world.now()
    if not group.is_final:  # before it is asked: one that is away now is asked again as well
        async with world.database.write() as connection:
            await sentry.watch(connection, group_id, due_at=at + world.paced(AGAIN_AFTER))
    found, sightings = await _search(world.sentry, place, versions)
    for one in shown:
        if (now := found.get(one.issue.id)) is not None:
            counted = replace(
                one.sighting, events=now.events, users=now.users, counted_at=place.until
            )
            sightings.setdefault(now.id, counted)
    lost = [one.issue for one in shown if one.issue.is_open and one.issue.id not in found]
    refreshed = await _refreshed(world.sentry, place.project, lost)
    note = TOO_MANY if len(found) >= MOST_ISSUES else ""
    async with world.database.write() as connection:
        for issue_id in sorted(sightings.keys() | refreshed.keys()):
            issue = found.get(issue_id) or refreshed[issue_id]
            now_told = told(issue, organization=place.project.organization, at=at)
            await take_in(connection, world.catalog, now_told, at=at)
        for issue_id in sorted(sightings):
            await sentry.sight(connection, group_id, sightings[issue_id])
        if said is None or said.missing or said.note != note:  # each write is an edit of the card
            finding = Finding(source=SOURCE, phase=phase, note=note, found_at=at)
            await findings.write(connection, group_id, finding)
    world.wake()
    try:
        async with asyncio.timeout(COMMITS_WITHIN_S):
            await _ask_for_commits(world, world.sentry, group_id)
    except TimeoutError:
        log.info("commits_late", extra={"action": "commits_late", "alert_group": group_id})
    return True


def _place(world: World, group: AlertGroup) -> _Place | None:
    service = world.catalog.services.get(group.service or "")
    if service is None or service.sentry is None or group.environment is None:
        return None
    since = group.started_at - world.paced(BEFORE_ONSET)
    return _Place(
        project=service.sentry,
        environment=group.environment,
        since=since,
        until=max(world.now(), since + timedelta(seconds=1)),
    )


async def _running(connection: Connection, group: AlertGroup) -> tuple[str, ...]:
    """The versions that serve traffic: one, or two while one replaces the other."""
    key = (group.environment or "", group.service or "")
    seen = (await revisions.seen(connection, [key])).get(key)
    change = await changes.under_way(connection, *key)
    plan = change.plan if change is not None else None
    found = [plan.wanted.version, plan.running.version] if plan is not None else []
    if not found and seen is not None:
        found = [seen.running.version]
    return tuple(dict.fromkeys(filter(None, found)))


async def _search(
    client: SentryClient, place: _Place, versions: Sequence[str]
) -> tuple[dict[str, Issue], dict[str, Sighting]]:
    """The issues with events around the onset, and why some of them belong beside the group."""

    async def ask(
        terms: str = "", between: tuple[datetime, datetime] = place.window
    ) -> tuple[Issue, ...]:
        return await client.list_issues(
            place.project.organization,
            project=place.project.project,
            query=f"is:unresolved {terms}".strip(),
            environment=place.environment,
            between=between,
            sort="freq",
            limit=MOST_ISSUES,
        )

    # An image tag holds no quotes.
    active, *by_version = await asyncio.gather(
        ask(), *(ask(f'first-release:"{version}"') for version in versions)
    )
    began_in = {
        issue.id: version
        for version, issues in zip(versions, by_version, strict=True)
        for issue in issues
    }
    found = {issue.id: issue for issues in (active, *by_version) for issue in issues}
    before: Mapping[str, int] = {}
    if any(_may_rise(issue, place, began_in) for issue in active):
        before = {issue.id: issue.events for issue in await ask(between=place.before)}
    sightings = {}
    for issue in found.values():
        release, earlier = began_in.get(issue.id), before.get(issue.id, 0)
        why = why_of(
            first_seen_at=issue.first_seen_at,
            since=place.since,
            events=issue.events,
            events_before=earlier,
            release=release,
        )
        if why is not None:
            sightings[issue.id] = Sighting(
                issue_id=issue.id,
                why=why,
                events=issue.events,
                users=issue.users,
                counted_at=place.until,
                events_before=earlier if why is Why.RISING else 0,
                release=release,
            )
    return found, sightings


def _may_rise(issue: Issue, place: _Place, began_in: Mapping[str, str]) -> bool:
    is_old = issue.first_seen_at < place.since and issue.id not in began_in
    return is_old and issue.events >= RISING_EVENTS


async def _refreshed(
    client: SentryClient, project: SentryProject, known: Iterable[SentryIssue]
) -> dict[str, Issue]:
    """Issues of the card that a search no longer finds, as they are: Sentry repeats no webhook."""

    async def ask(issue: SentryIssue) -> Issue | None:
        try:
            return await client.get_issue(project.organization, issue.id)
        except NotFound:  # deleted, or merged into another
            return None

    answers = await asyncio.gather(*map(ask, list(known)[:MOST_REFRESHED]))
    return {issue.id: issue for issue in answers if issue is not None}


async def _ask_for_commits(world: World, client: SentryClient, group_id: str) -> None:
    """Ask for the suspect commits of the issues the card shows; what fails is asked for again."""
    async with world.database.read() as connection:
        shown = (await sentry.of_group(connection, group_id))[:ON_CARD]
        group = await alerts.get(connection, group_id)
    asked = [one.issue for one in shown if one.issue.is_open and not one.issue.is_commit_asked]
    service = world.catalog.services.get(group.service or "")
    repository = service.repository if service is not None else None

    async def ask(issue: SentryIssue) -> None:
        try:
            found = await client.find_suspect_commit(issue.organization, issue.project, issue.id)
        except (NotFound, Forbidden):  # a minute later it is the same
            found = None
        except IntegrationError as exc:
            why = {"action": "commit_unknown", "issue": issue.id, "why": str(exc)}
            log.info("commit_unknown", extra=why)
            return
        async with world.database.write() as connection:
            known = await sentry.locked(connection, issue.id)
            commit = _commit(found, repository) if found is not None else None
            await sentry.save(
                connection, known, replace(known, commit=commit, is_commit_asked=True)
            )

    await asyncio.gather(*map(ask, asked))
    if asked:
        world.wake()


def _commit(found: Commit, repository: str | None) -> SuspectCommit:
    url = found.pull_request_url
    if not url and repository:
        url = f"{repository.rstrip('/')}/commit/{found.id}"
    return SuspectCommit(id=found.id, message=masked(found.message), author=found.author, url=url)
