"""*Resolve*, *Assign to me*, *Archive*: the press writes a row, and a workflow carries it out."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from bot.alerts.respond import CHANGED, KEPT_S, WAITS_S, Repeated
from bot.alerts.responding.who import Emails
from bot.alerts.rights import may_acknowledge
from bot.alerts.sentry.perform import carry_out
from bot.cards.answer import Later
from bot.cards.links import permalink
from bot.cards.sentry import DOING
from bot.catalog import Catalog
from bot.domain.alert import AlertGroup
from bot.domain.asked import Press
from bot.domain.audited import ACCEPTED, DENIED, act_entry, source_of
from bot.domain.card import Kind, Urgency
from bot.domain.sentry import ActKind, ActState, IssueAct, SentryIssue
from bot.engine import Engine
from bot.errors import Conflict, NotAllowed
from bot.storage import alerts, audit, cards, deduplication, issue_acts, sentry
from bot.storage.database import Connection, Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnIssue:
    """What the menu of an issue does. `name_of` knows people's names from memory."""

    database: Database
    catalog: Catalog
    engine: Engine
    email_of: Emails
    name_of: Callable[[str], str]
    workspace_url: str
    now: Callable[[], datetime]
    tell: Callable[[], None]
    pace: float = 1.0

    async def resolve(self, press: Press) -> None:
        """Resolve the issue. The card says the rest."""
        await self._act(press, ActKind.RESOLVE)

    async def archive(self, press: Press) -> None:
        """Archive the issue until it escalates. The card says the rest."""
        await self._act(press, ActKind.ARCHIVE)

    async def assign(self, press: Press) -> Later:
        """Assign the issue to who pressed. Their e-mail is Slack's to tell, so it comes later."""
        await self._allow(press, ActKind.ASSIGN)
        return Later(partial(self._assign, press))

    async def _assign(self, press: Press) -> None:
        email = await self.email_of(press.asked.by.id)
        if email is None:
            raise NotAllowed(
                "Slack gives no e-mail of yours, so nobody knows who you are in Sentry. "
                "Nothing was done: assign it there."
            )
        await self._act(press, ActKind.ASSIGN, email=email)

    async def _act(self, press: Press, kind: ActKind, *, email: str | None = None) -> None:
        """Promise it and begin it.

        Raises:
            NotKnown: there is no such group or issue any more.
            NotAllowed: they may not acknowledge the group's alerts, which the audit keeps.
            Conflict: somebody was faster, or the card is an old one.
        """
        group = await self._allow(press, kind)
        try:
            async with self.database.write() as connection:
                act = await self._promise(connection, press, group, kind, email)
        except Repeated:
            return
        self.tell()
        try:
            waits_s = [wait_s / self.pace for wait_s in WAITS_S]
            await self.engine.begin(carry_out, act.id, act.id, waits_s)
        except Exception:  # the row promises it: the sweeper starts it
            log.warning("act_late", extra={"action": "act_late"}, exc_info=True)

    async def _allow(self, press: Press, kind: ActKind) -> AlertGroup:
        group_id, _, issue_id = press.subject_id.partition("/")
        async with self.database.read() as connection:
            group = await alerts.get(connection, group_id)
        decision = may_acknowledge(self.catalog.people, press.asked.by, group)
        if decision.allowed:
            return group
        denied = act_entry(
            f"sentry.{kind}",
            DENIED,
            press.asked,
            environment=group.environment,
            service=group.service,
            subject=issue_id,
            why=decision.text,
        )
        async with self.database.write() as connection:
            await audit.add(connection, denied)
        raise NotAllowed(decision.text)

    async def _promise(
        self,
        connection: Connection,
        press: Press,
        group: AlertGroup,
        kind: ActKind,
        email: str | None,
    ) -> IssueAct:
        """Write down what was asked, if the card still was as it is.

        Raises:
            Repeated: this press was written down before.
        """
        _, _, issue_id = press.subject_id.partition("/")
        issue = await sentry.locked(connection, issue_id)
        key = f"press:{press.action_id}:{press.asked.key}"
        if not await deduplication.first_time(connection, key, keep_s=KEPT_S):
            raise Repeated
        last = (await issue_acts.latest_of(connection, [issue_id])).get(issue_id)
        if last is not None and last.state is ActState.PENDING:
            raise Conflict(_already(last, press.asked.by.id))
        if press.revision != issue.state_revision or not issue.is_open:
            raise Conflict(_changed(issue))
        place = await cards.card_channel_and_ts(connection, Kind.ALERT_GROUP, group.id)
        act = IssueAct(
            id=uuid4().hex,
            issue_id=issue_id,
            group_id=group.id,
            kind=kind,
            by=press.asked.by.id,
            name=self.name_of(press.asked.by.id),
            email=email,
            source=source_of(press.asked),
            link=permalink(self.workspace_url, place) if place is not None else "",
            asked_at=press.asked.at,
        )
        await sentry.save(connection, issue, issue.acted_on(), urgency=Urgency.NEW)
        await issue_acts.ask(connection, act)
        accepted = act_entry(
            f"sentry.{kind}",
            ACCEPTED,
            press.asked,
            environment=group.environment,
            service=group.service,
            subject=issue_id,
            issue=issue.label,
            alert=group.name,
        )
        await audit.add(connection, accepted)
        return act


def _already(last: IssueAct, by: str) -> str:
    who = "You are" if last.by == by else "Somebody is"
    return f"{who} {DOING[last.kind]} it already."


def _changed(issue: SentryIssue) -> str:
    if issue.is_open:
        return CHANGED
    by = f" by {issue.moved_by}" if issue.moved_by else ""
    return f"This has changed: {issue.label} was {issue.status.word} in Sentry{by}."
