"""The audit is read, and what was forced is reviewed by somebody else than who forced it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards import audit as cards_of_audit
from bot.cards.answer import Answer
from bot.cards.audit import Forced
from bot.catalog import Catalog, Verb
from bot.changes.audit.announce import forced_notice
from bot.changes.audit.entries import (
    FORCE,
    REVIEW,
    denied_entry,
    outcome_key,
    review_key,
)
from bot.domain.asked import Actor, Asked, Press
from bot.domain.audit import Entry, Link
from bot.domain.audited import DENIED, DONE, source_of
from bot.domain.card import Kind
from bot.domain.gate import decide
from bot.domain.place import Place, find_place, places
from bot.errors import NotAllowed, NotKnown
from bot.storage import audit, cards
from bot.storage.audit import Wanted
from bot.storage.database import Connection, Database

AT_MOST = 15
"""Entries shown at once."""
OWN = "You forced this yourself. Somebody else has to review it."


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """Which part of the audit somebody wants; what is None does not narrow it."""

    environment: str | None = None
    person: str | None = None
    """A Slack user id."""
    since: timedelta | None = None
    is_forced: bool = False
    """Only what was forced, with its review."""


@dataclass(frozen=True, slots=True)
class TellAudit:
    """Tells somebody what was done in the places whose audit they may read."""

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]

    async def __call__(self, request: AuditRequest, *, asked: Asked) -> Answer:
        """Answer from our own database alone; that it was denied is written down.

        Raises:
            NotKnown: there is no such environment.
            NotAllowed: they may read the audit of none of these places.
        """
        everywhere = self._wanted(request.environment)
        visible = [place for place in everywhere if self._may_read(asked.by, place)]
        if not visible:
            await self._deny(asked, request.environment, everywhere)
        sees_all = request.environment is None and len(visible) == len(everywhere)
        now = self.now()
        wanted = Wanted(
            places=None
            if sees_all
            else frozenset((place.environment, place.service) for place in visible),
            actor=request.person,
            since=None if request.since is None else now - request.since,
            act=FORCE if request.is_forced else None,
        )
        narrower = f"{self.catalog.slack.command} audit [env] [person] [since 24h] shows fewer"
        async with self.database.read() as connection:
            links, count = await audit.newest(connection, wanted, at_most=AT_MOST)
            if not request.is_forced:
                return cards_of_audit.entries(links, count, now=now, narrower=narrower)
            found = await _forced(connection, links)
        return cards_of_audit.forced(found, count, now=now, reader=asked.by.id, narrower=narrower)

    def _wanted(self, environment: str | None) -> list[Place]:
        if environment is None:
            return list(places(self.catalog))
        there = [place for place in places(self.catalog) if place.environment == environment]
        return there or [find_place(self.catalog, environment, None)]

    def _may_read(self, by: Actor, place: Place) -> bool:
        people = self.catalog.people
        return decide(people, by, Verb.AUDIT, place.environment, place.service).allowed

    async def _deny(self, asked: Asked, environment: str | None, there: Sequence[Place]) -> None:
        refusals = (
            decide(self.catalog.people, asked.by, Verb.AUDIT, place.environment, place.service)
            for place in there
        )
        why = "\n".join(dict.fromkeys(refusal.text for refusal in refusals))
        async with self.database.write() as connection:
            await audit.add(
                connection, denied_entry(asked, Verb.AUDIT.value, environment, None, why)
            )
        raise NotAllowed(why)


async def _forced(connection: Connection, links: Sequence[Link]) -> list[Forced]:
    """What was forced, with what came of it and who reviewed it."""
    outcomes = [outcome_key(link.entry.subject) for link in links if link.entry.subject]
    reviews = [review_key(link.entry.key) for link in links]
    known = await audit.with_keys(connection, [*outcomes, *reviews])
    found = []
    for link in links:
        outcome = known.get(outcome_key(link.entry.subject)) if link.entry.subject else None
        review = known.get(review_key(link.entry.key))
        found.append(
            Forced(
                link=link,
                outcome=outcome.entry if outcome else None,
                review=review.entry if review else None,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class ReviewForced:
    """What the button *Reviewed* does."""

    database: Database
    catalog: Catalog
    now: Callable[[], datetime]
    wake: Callable[[], None]

    async def __call__(self, press: Press) -> Answer | None:
        """Write down who reviewed it, once; whoever forced it may not.

        Raises:
            NotKnown: no such entry was ever forced.
            NotAllowed: it is their own, or they may not read the audit there.
        """
        async with self.database.read() as connection:
            link = await audit.find(connection, press.subject_id)
        if link is None or link.entry.act != FORCE or link.entry.outcome == DENIED:
            raise NotKnown("There is nothing in the audit that this button belongs to.")
        if (why := self._why_not(press.asked.by, link.entry)) is not None:
            await self._deny(press, link.entry, why)
        review = _review(link, press, self.now())
        async with self.database.write() as connection:
            before = await audit.find(connection, review.key)
            if before is None:
                await self._tell(connection, link.entry, review)
                if await audit.add(connection, review):
                    self.wake()
                    return Answer("Written down: you have reviewed this.")
                before = await audit.find(connection, review.key)
        if before is None or before.entry.source == review.source:
            return None  # the same press, brought again
        return cards_of_audit.reviewed_before(before.entry, by=press.asked.by.id, now=self.now())

    def _why_not(self, by: Actor, entry: Entry) -> str | None:
        if by.id == entry.actor:
            return OWN
        people = self.catalog.people
        decision = decide(people, by, Verb.AUDIT, str(entry.environment), str(entry.service))
        return None if decision.allowed else decision.text

    async def _deny(self, press: Press, entry: Entry, why: str) -> None:
        denied = denied_entry(
            press.asked, REVIEW, entry.environment, entry.service, why, subject=entry.subject
        )
        async with self.database.write() as connection:
            await audit.add(connection, denied)
        raise NotAllowed(why)

    async def _tell(self, connection: Connection, entry: Entry, review: Entry) -> None:
        """In the thread of the notice, whose card is locked before the audit's head."""
        if entry.subject is None:
            return
        await cards.add_entry(
            connection,
            Kind.SYSTEM,
            forced_notice(entry.subject),
            key="reviewed",
            message=cards_of_audit.reviewed(review, now=review.at),
        )


def _review(link: Link, press: Press, at: datetime) -> Entry:
    forced = link.entry
    detail = {"entry": str(link.number), "forced by": forced.actor}
    if "version" in forced.detail:
        detail["version"] = forced.detail["version"]
    return Entry(
        key=review_key(forced.key),
        at=at,
        actor=press.asked.by.id,
        act=REVIEW,
        outcome=DONE,
        environment=forced.environment,
        service=forced.service,
        subject=forced.subject,
        source=source_of(press.asked),
        detail=detail,
    )
