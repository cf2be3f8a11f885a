"""What somebody asked of an issue is done in Sentry, once, whatever dies meanwhile.

Sentry shows the integration as whoever did it, so a comment beside the issue names the person.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import reporting
from bot.alerts.responding.attempt import Outcome, done, failed, patiently
from bot.alerts.sentry.moving import take_in
from bot.alerts.sentry.telling import told
from bot.domain.audit import Entry
from bot.domain.audited import DONE, FAILED, said
from bot.domain.card import Urgency
from bot.domain.sentry import ActKind, ActState, IssueAct, SentryIssue
from bot.engine import step, workflow, world
from bot.storage import alerts, audit, issue_acts, sentry
from bot.storage.database import Connection
from bot.storage.transient import is_transient
from bot.world import World
from integrations.errors import Forbidden, IntegrationError, NotFound
from integrations.sentry.client import SentryClient
from integrations.sentry.models import Issue

DID = {ActKind.RESOLVE: "Resolved", ActKind.ASSIGN: "Assigned", ActKind.ARCHIVE: "Archived"}
MARK_CHARACTERS = 12
"""Of the act's id, by which its comment is found again."""

log = logging.getLogger(__name__)


@workflow
async def carry_out(act_id: str, waits_s: list[float]) -> None:
    """Do it, trying again while that could help, and say beside the issue who asked."""
    await patiently(perform_act, give_act_up, act_id, waits_s)
    await patiently(comment_on_act, say_uncommented, act_id, waits_s)


@step(attempts=5, retry_when=is_transient)
async def perform_act(act_id: str) -> Outcome:
    """Ask Sentry, and write down how the issue stands then.

    May be repeated: Sentry is asked first how it stands, and doing it twice changes nothing.
    """
    here = world(World)
    async with here.database.read() as connection:
        act = await issue_acts.get(connection, act_id)
        issue = await sentry.find(connection, act.issue_id)
    if act.state is not ActState.PENDING:
        return done()
    if here.sentry is None or issue is None:
        return failed("Sentry is not connected.")

    async def ask(client: SentryClient) -> None:
        at = here.now()
        found = await client.get_issue(issue.organization, issue.id)
        before = told(found, organization=issue.organization, at=at)
        if act.is_fulfilled_by(before) and act.tried_at is None:
            note = f"{issue.label} was {before.status.word} in Sentry already."
            await _settle(here, act, before, note=note)
            return
        at = here.now()
        async with here.database.write() as connection:
            await issue_acts.trying(connection, act_id, at=at)
        after = told(await _asked(client, act, issue), organization=issue.organization, at=at)
        await _settle(here, act, replace(after, moved_by=act.name))

    return await _tried(here.sentry, ask, act)


@step(attempts=5, retry_when=is_transient)
async def comment_on_act(act_id: str) -> Outcome:
    """Say beside the issue who asked, unless that stands there."""
    here = world(World)
    async with here.database.read() as connection:
        act = await issue_acts.get(connection, act_id)
        issue = await sentry.find(connection, act.issue_id)
    is_ours = act.state is ActState.DONE and act.tried_at is not None
    if not is_ours or here.sentry is None or issue is None:
        return done()

    async def ask(client: SentryClient) -> None:
        mark = f"credlink {act.id[:MARK_CHARACTERS]}"
        there = await client.list_comments(issue.organization, issue.id)
        if not any(mark in text for text in there):
            who = "to and by" if act.kind is ActKind.ASSIGN else "by"
            parts = [f"{DID[act.kind]} {who} {act.name} in Slack", act.link, mark]
            text = " · ".join(filter(None, parts))
            await client.create_comment(issue.organization, issue.id, text)

    return await _tried(here.sentry, ask, act)


async def _tried(
    client: SentryClient, ask: Callable[[SentryClient], Awaitable[None]], act: IssueAct
) -> Outcome:
    """What came of asking: that it is done, or why not and whether to try again."""
    try:
        await ask(client)
    except NotFound as exc:
        if exc.operation == "find_member_by_email":
            return failed(f"nobody in Sentry has the e-mail {act.email}.")
        return failed("the issue is not there any more.")
    except Forbidden as exc:
        return failed(f"Sentry did not allow it ({exc.detail}).")
    except IntegrationError as exc:
        verb = "did not answer" if exc.retryable else "refused"
        return failed(f"Sentry {verb} ({exc.detail}).", again=exc.retryable)
    except Exception as exc:
        if is_transient(exc):
            raise
        # Whatever it is, the card must not say for ever that somebody is at it.
        log.exception("act_broken", extra={"action": "act_broken"})
        reporting.report(exc)
        return failed(f"the bot made a mistake; it is recorded as {act.id}.")
    return done()


async def _asked(client: SentryClient, act: IssueAct, issue: SentryIssue) -> Issue:
    match act.kind:
        case ActKind.RESOLVE:
            return await client.resolve_issue(issue.organization, issue.id)
        case ActKind.ARCHIVE:
            return await client.archive_issue(issue.organization, issue.id)
        case ActKind.ASSIGN:
            member = await client.find_member_by_email(issue.organization, act.email or "")
            return await client.assign_issue(issue.organization, issue.id, user_id=member.user_id)


async def _settle(here: World, act: IssueAct, now: SentryIssue, *, note: str = "") -> None:
    """Write down that it is done, and how the issue stands now."""
    async with here.database.write() as connection:
        is_news = await issue_acts.end(connection, act.id, ActState.DONE, why=note)
        await take_in(connection, here.catalog, now, at=here.now())
        await sentry.mark(connection, act.issue_id, urgency=Urgency.NEW)
        if is_news:
            await audit.add(connection, await _entry(connection, here, act, DONE, note))
    here.wake()


@step(attempts=5, retry_when=is_transient)
async def give_act_up(act_id: str, why: str) -> None:
    """Say on the card that it did not happen, and offer it again."""
    here = world(World)
    async with here.database.write() as connection:
        act = await issue_acts.get(connection, act_id)
        issue = await sentry.locked(connection, act.issue_id)
        if await issue_acts.end(connection, act_id, ActState.FAILED, why=why):
            # The menu comes back, for whoever sees this card and not the one before.
            await sentry.save(connection, issue, issue.acted_on(), urgency=Urgency.NEW)
            await audit.add(connection, await _entry(connection, here, act, FAILED, why))
    here.wake()


@step(attempts=5, retry_when=is_transient)
async def say_uncommented(act_id: str, why: str) -> None:
    """It is done, and Sentry does not say for whom: the card does."""
    here = world(World)
    async with here.database.write() as connection:
        act = await issue_acts.get(connection, act_id)
        await issue_acts.remark(
            connection, act_id, f"Sentry took no comment with their name: {why}"
        )
        await sentry.mark(connection, act.issue_id)
    here.wake()


async def _entry(
    connection: Connection, here: World, act: IssueAct, outcome: str, why: str
) -> Entry:
    group = await alerts.get(connection, act.group_id)
    return Entry(
        key=f"sentry:{act.id}:{outcome}",
        at=here.now(),
        actor=act.by,
        act=f"sentry.{act.kind}",
        outcome=outcome,
        environment=group.environment,
        service=group.service,
        subject=act.issue_id,
        source=act.source,
        detail=said(why=why, alert=group.name),
    )
