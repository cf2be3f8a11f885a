"""What the audit says of a change: asked for, pressed, forced, denied, ended.

Each builder gives an entry; the caller adds it as the last thing in the transaction that does what
the entry says, so that nothing is done unwritten and nothing is written undone.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.asked import Asked, Press
from bot.domain.audit import Entry
from bot.domain.audited import ACCEPTED, DENIED, DONE, said, source_of
from bot.domain.change import ActKind, Change, Origin
from bot.domain.lock import BOT, Lock

FORCE, REVIEW, LOCK, RETURN = "force", "review", "lock", "return"
OUTSIDE = "outside the bot"
"""Who acted when the bot found a change that nobody asked it for."""


def asked_key(change_id: str) -> str:
    return f"asked:{change_id}"


def forced_key(change_id: str) -> str:
    return f"forced:{change_id}"


def outcome_key(change_id: str) -> str:
    return f"outcome:{change_id}"


def review_key(forced: str) -> str:
    """The key of the review of the forced entry with this key: there is one, whoever is first."""
    return f"review:{forced}"


def asked_entry(change: Change, asked: Asked) -> Entry:
    """Somebody asked for a change, and it was accepted."""
    return Entry(
        key=asked_key(change.id),
        at=change.asked_at,
        actor=asked.by.id,
        act=change.kind.value,
        outcome=ACCEPTED,
        environment=change.environment,
        service=change.service,
        subject=change.id,
        source=source_of(asked),
        detail=said(
            version=change.version,
            reason=change.reason,
            strategy=change.strategy,
            forced=change.forced,
            undoes=change.undoes,
            rehearsal="yes" if change.is_dry_run else None,
        ),
    )


def passed_by_force(overridden: Sequence[str]) -> dict[str, str]:
    """The refusals of the gate that were passed, as details."""
    return {f"overridden {n}": text for n, text in enumerate(overridden, start=1)}


def forced_entry(change: Change, asked: Asked) -> Entry:
    """Somebody passed the gate's refusals by force; it is listed until another has reviewed it."""
    return Entry(
        key=forced_key(change.id),
        at=asked.at,
        actor=asked.by.id,
        act=FORCE,
        outcome=ACCEPTED,
        environment=change.environment,
        service=change.service,
        subject=change.id,
        source=source_of(asked),
        detail=said(verb=change.kind.value, version=change.version, reason=change.forced)
        | passed_by_force(change.overridden),
    )


def pressed_entry(change: Change, press: Press, act: ActKind) -> Entry:
    """Somebody pressed a button of a change, and it was done. `change` is as it stands after it."""
    return Entry(
        key=f"press:{press.asked.key}",
        at=press.asked.at,
        actor=press.asked.by.id,
        act=act.value,
        outcome=DONE,
        environment=change.environment,
        service=change.service,
        subject=change.id,
        source=source_of(press.asked),
        detail=said(version=change.wanted_name) | _bound_to(change),
    )


def denied_entry(
    asked: Asked,
    act: str,
    environment: str | None,
    service: str | None,
    why: str,
    *,
    subject: str | None = None,
) -> Entry:
    """Somebody may not do what they tried; it stands in a transaction of its own."""
    return Entry(
        key=f"denied:{act}:{asked.key}",
        at=asked.at,
        actor=asked.by.id,
        act=act,
        outcome=DENIED,
        environment=environment,
        service=service,
        subject=subject,
        source=source_of(asked),
        detail=said(why=why),
    )


def held_entry(change: Change, *, at: datetime) -> Entry:
    """The bot holds a change, because of the evidence."""
    why = change.hold.why if change.hold is not None else ""
    return _by_the_bot(change, ActKind.HOLD.value, at=at, why=why)


def returned_entry(change: Change, *, at: datetime, why: str) -> Entry:
    """What was confirmed goes back to be confirmed anew."""
    return _by_the_bot(change, RETURN, at=at, why=why)


def _by_the_bot(change: Change, act: str, *, at: datetime, why: str) -> Entry:
    return Entry(
        key=f"{act}:{change.id}:{change.state_revision}",
        at=at,
        actor=BOT,
        act=act,
        outcome=DONE,
        environment=change.environment,
        service=change.service,
        subject=change.id,
        source=change.correlation_id,
        detail=said(version=change.wanted_name, why=why),
    )


def locked_entry(change: Change, lock: Lock) -> Entry:
    """A change has locked its place by going back."""
    return Entry(
        key=f"lock:{lock.id}",
        at=lock.at,
        actor=lock.owner,
        act=LOCK,
        outcome=DONE,
        environment=lock.environment,
        service=lock.service,
        subject=lock.id,
        source=change.correlation_id,
        detail=said(owner=lock.owner, reason=lock.reason, change=change.id),
    )


def outcome_entry(change: Change, *, at: datetime) -> Entry:
    """A change has ended; it stays the act of who asked for it, whoever ended it."""
    return Entry(
        key=outcome_key(change.id),
        at=at,
        actor=change.asked_by or OUTSIDE,
        act=change.kind.value,
        outcome=change.state.value,
        environment=change.environment,
        service=change.service,
        subject=change.id,
        source=change.correlation_id,
        detail=said(
            version=change.wanted_name,
            verdict=change.verdict,
            why=change.why,
            origin=change.origin if change.origin is not Origin.BOT else None,
            confirmed_by=change.confirmed_by,
            ended_by=change.ended_by,
            kept_by=change.kept_by,
            revision=change.rollout.task_definition if change.rollout else None,
        )
        | _bound_to(change),
    )


def _bound_to(change: Change) -> dict[str, str]:
    """Which image in which task definition it was, exactly."""
    if change.plan is None:
        return {}
    bound = change.plan.binding
    return said(digest=bound.digest, definition=bound.definition or None)
