"""The cards of locks and freezes, and the question to a lock's owner whether it is still needed."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.answer import Answer
from bot.cards.blocks import (
    Block,
    Confirm,
    Element,
    Message,
    actions,
    button,
    escaped,
    header,
    message,
    section,
)
from bot.cards.notice import who
from bot.cards.text import day_and_time, spoken
from bot.catalog import ANY
from bot.domain.freeze import Declared
from bot.domain.lock import Lock

UNLOCK = "lock.release"
KEEP = "lock.keep"
LIFT = "freeze.lift"
ONLY_REVISION = 1
"""A lock stands or is released, a freeze or is lifted: its buttons know no other revision."""


def lock_card(lock: Lock, *, now: datetime) -> Message:
    """A lock's card, for as long as it stands and afterwards."""
    where = _where(lock.environment, lock.service)
    if lock.stands(now):
        return _card(f"🟡 Locked: {where}", [_held(lock)], [unlock_button(lock)])
    return _card(
        f"🟢 Unlocked: {where}", [_released(lock), f"It was for “{escaped(lock.reason)}”."]
    )


def _held(lock: Lock) -> str:
    until = f"until {day_and_time(lock.expires_at)}" if lock.expires_at else "until cleared"
    return f"“{escaped(lock.reason)}”\n{who(lock.owner)} · since {day_and_time(lock.at)} · {until}"


def _released(lock: Lock) -> str:
    """Who released it and when; one whose time is over counts as released before its row says."""
    if lock.released_by is not None and lock.released_at is not None:
        ended = f"by {who(lock.released_by)} · {day_and_time(lock.released_at)}"
        lasted = lock.released_at - lock.at
    else:
        over = lock.expires_at or lock.released_at or lock.at
        ended, lasted = f"its time was over · {day_and_time(over)}", over - lock.at
    return f"{ended} · {who(lock.owner)} held it for {spoken(lasted)}"


def unlock_button(lock: Lock, label: str = "Unlock") -> Element:
    """Release a lock; for the lock's own card, and for that of the rollback that set it."""
    where = f"{escaped(lock.environment)} · {escaped(_named(lock.service))}"
    return button(
        label,
        action_id=UNLOCK,
        subject_id=lock.id,
        revision=ONLY_REVISION,
        confirm=Confirm(
            title="Unlock?",
            text=f"{where} is locked by {who(lock.owner)}: “{escaped(lock.reason)}”. "
            "Changes may begin there again.",
            confirm="Unlock",
        ),
    )


def nudge_card(lock: Lock, subject_id: str, *, is_open: bool, now: datetime) -> Message:
    """The question to the owner; once it is answered, or asked anew, it has no buttons."""
    where = _where(lock.environment, lock.service)
    if not lock.stands(now):
        return _card(f"🟢 Unlocked: {where}", [_released(lock)])
    if not is_open:
        return _card(f"🟡 Kept: {where}", [f"“{escaped(lock.reason)}”", "You will be asked again."])
    age = spoken(now - lock.at)
    lines = [f"You locked it {age} ago: “{escaped(lock.reason)}”. Nobody can change it meanwhile."]
    keep = button("Keep", action_id=KEEP, subject_id=subject_id, revision=ONLY_REVISION)
    return _card(f"🟡 Locked: {where}. Still needed?", lines, [keep, unlock_button(lock)])


def freeze_card(freeze: Declared, *, now: datetime) -> Message:
    """A declared freeze's card: before it, while it stands, afterwards."""
    where = _where(freeze.environment, freeze.service)
    by = f"{who(freeze.by)} · {day_and_time(freeze.begins_at)} – {day_and_time(freeze.ends_at)}"
    lines = [f"“{escaped(freeze.reason)}”\n{by}"]
    if freeze.lifted_at is not None:
        lifted = f"Lifted by {who(freeze.lifted_by or '')} · {day_and_time(freeze.lifted_at)}"
        return _card(f"🟢 Freeze lifted: {where}", [*lines, lifted])
    if freeze.ends_at <= now:
        return _card(f"🟢 Freeze over: {where}", lines)
    head = f"🟡 Frozen: {where}" if freeze.stands(now) else f"🔵 Freeze coming: {where}"
    return _card(head, lines, [lift_button(freeze)])


def lift_button(freeze: Declared) -> Element:
    """End a freeze before its time."""
    where = f"{escaped(freeze.environment)} · {escaped(_named(freeze.service))}"
    return button(
        "Lift",
        action_id=LIFT,
        subject_id=freeze.id,
        revision=ONLY_REVISION,
        confirm=Confirm(
            title="Lift the freeze?",
            text=f"{where}: “{escaped(freeze.reason)}”. Changes may begin there again.",
            confirm="Lift",
        ),
    )


def locked(lock: Lock, *, is_dry_run: bool = False) -> Answer:
    """What the person who locks is told."""
    until = f"until {day_and_time(lock.expires_at)}" if lock.expires_at else "until you clear it"
    what = f"{_sentence(lock.environment, lock.service)} {until}"
    return _rehearsed(f"lock {what}") if is_dry_run else Answer(f"Locked {what}.")


def unlocked(lock: Lock, *, is_dry_run: bool = False) -> Answer:
    """What the person who unlocks is told."""
    why = f"which {who(lock.owner)} locked for “{escaped(lock.reason)}”"
    what = f"{_sentence(lock.environment, lock.service)}, {why}"
    return _rehearsed(f"unlock {what}") if is_dry_run else Answer(f"Unlocked {what}.")


def frozen(freeze: Declared, *, is_dry_run: bool = False) -> Answer:
    """What the person who declares a freeze is told."""
    period = f"from {day_and_time(freeze.begins_at)} until {day_and_time(freeze.ends_at)}"
    what = f"{_sentence(freeze.environment, freeze.service)} {period}"
    return _rehearsed(f"freeze {what}") if is_dry_run else Answer(f"Frozen: {what}.")


def lifted(freezes: Sequence[Declared], *, is_dry_run: bool = False) -> Answer:
    """What the person who lifts freezes is told."""
    what = "the freeze of " + " and of ".join(
        f"{_sentence(freeze.environment, freeze.service)} (“{escaped(freeze.reason)}”)"
        for freeze in freezes
    )
    return _rehearsed(f"lift {what}") if is_dry_run else Answer(f"Lifted {what}.")


def _rehearsed(act: str) -> Answer:
    return Answer(f"Dry run: I would {act}. Nothing was changed.")


def _card(head: str, lines: list[str], buttons: list[Element] | None = None) -> Message:
    blocks: list[Block] = [header(head), *(section(line) for line in lines)]
    if buttons:
        blocks.append(actions(*buttons))
    return message(escaped(head), blocks)


def _where(environment: str, service: str) -> str:
    return f"{environment} · {_named(service)}"


def _sentence(environment: str, service: str) -> str:
    place = f"all of {environment}" if service == ANY else f"{service} in {environment}"
    return escaped(place)


def _named(service: str) -> str:
    return "everything" if service == ANY else service
