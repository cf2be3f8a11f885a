"""What the audit says of a scaling: asked for, pressed, forced, set, ended.

As in `bot.changes.audit.entries`, the caller adds an entry as the last thing in the transaction
that does what it says.
"""

from datetime import datetime

from bot.changes.audit.entries import (
    FORCE,
    RETURN,
    asked_key,
    forced_key,
    outcome_key,
    passed_by_force,
)
from bot.domain.asked import Asked, Press
from bot.domain.audit import Entry
from bot.domain.audited import ACCEPTED, DONE, said, source_of
from bot.domain.lock import BOT
from bot.domain.scaling.scaling import Scaling, ScalingState

SCALE, CONFIRM, CANCEL, KEEP, REVERT = "scale", "confirm", "cancel", "keep", "revert"
_ENDED_BY = {
    ScalingState.KEPT: KEEP,
    ScalingState.REVERTED: REVERT,
    ScalingState.HANDED_OVER: REVERT,
    ScalingState.GAVE_WAY: REVERT,
}
"""What the end of a promise is called."""


def asked_entry(scaling: Scaling, asked: Asked) -> Entry:
    """Somebody asked for a scaling, and it was accepted."""
    return Entry(
        key=asked_key(scaling.id),
        at=scaling.asked_at,
        actor=asked.by.id,
        act=SCALE,
        outcome=ACCEPTED,
        environment=scaling.environment,
        service=scaling.service,
        subject=scaling.id,
        source=source_of(asked),
        detail=said(
            wish=scaling.wish.text,
            lasts=_lasts(scaling),
            reason=scaling.reason,
            forced=scaling.forced,
            rehearsal="yes" if scaling.is_dry_run else None,
        ),
    )


def pressed_entry(scaling: Scaling, press: Press, act: str) -> Entry:
    """Somebody pressed a button of a scaling, and it was done. `scaling` is as it stands then."""
    return Entry(
        key=f"press:{press.asked.key}",
        at=press.asked.at,
        actor=press.asked.by.id,
        act=act,
        outcome=DONE,
        environment=scaling.environment,
        service=scaling.service,
        subject=scaling.id,
        source=source_of(press.asked),
        detail=said(scaling=scaling.led, lasts=_lasts(scaling)),
    )


def forced_entry(scaling: Scaling, asked: Asked) -> Entry:
    """Somebody passed the gate's refusals by force; it is listed until another has reviewed it."""
    return Entry(
        key=forced_key(scaling.id),
        at=asked.at,
        actor=asked.by.id,
        act=FORCE,
        outcome=ACCEPTED,
        environment=scaling.environment,
        service=scaling.service,
        subject=scaling.id,
        source=source_of(asked),
        detail=said(verb=SCALE, wish=scaling.wish.text, reason=scaling.forced)
        | passed_by_force(scaling.overridden),
    )


def returned_entry(scaling: Scaling, *, at: datetime, why: str) -> Entry:
    """What was confirmed goes back to be confirmed anew."""
    return _by_the_bot(scaling, RETURN, at=at, outcome=DONE, why=why)


def set_entry(scaling: Scaling, *, at: datetime) -> Entry:
    """AWS took what is to stand for a while; how that ends is told by another entry."""
    until = scaling.until.isoformat(timespec="seconds") if scaling.until is not None else None
    return _by_the_bot(scaling, SCALE, at=at, outcome="standing", until=until)


def outcome_entry(scaling: Scaling, *, at: datetime) -> Entry:
    """A scaling has ended; it stays the act of who asked for it, whoever ended it."""
    act = _ENDED_BY.get(scaling.state, SCALE) if scaling.until is not None else SCALE
    return Entry(
        key=outcome_key(scaling.id),
        at=at,
        actor=scaling.asked_by,
        act=act,
        outcome=scaling.state.value,
        environment=scaling.environment,
        service=scaling.service,
        subject=scaling.id,
        source=scaling.correlation_id,
        detail=said(
            scaling=scaling.led,
            why=scaling.why,
            confirmed_by=scaling.confirmed_by,
            hurried_by=scaling.hurried_by,
            ended_by=scaling.ended_by,
            ended_for=scaling.ended_for,
        ),
    )


def _by_the_bot(
    scaling: Scaling, act: str, *, at: datetime, outcome: str, **detail: str | None
) -> Entry:
    return Entry(
        key=f"{act}:{scaling.id}:{scaling.state_revision}",
        at=at,
        actor=BOT,
        act=act,
        outcome=outcome,
        environment=scaling.environment,
        service=scaling.service,
        subject=scaling.id,
        source=scaling.correlation_id,
        detail=said(scaling=scaling.led, **detail),
    )


def _lasts(scaling: Scaling) -> str | None:
    return f"{scaling.lasts_s:g} s" if scaling.lasts_s is not None else None
