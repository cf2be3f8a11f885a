"""The buttons of a change's card: what may be done to it as it stands, the dangerous one last."""

from bot.cards.blocks import Confirm, Element, button_of, escaped
from bot.cards.gate import approve_button, refuse_button
from bot.cards.guard import unlock_button
from bot.cards.text import spoken
from bot.domain.change import Change, ChangeKind, ChangeState, Origin
from bot.domain.lock import Lock

CONFIRM = "change.confirm"
CANCEL = "change.cancel"
HOLD = "change.hold"
PROMOTE = "change.promote"
KEEP = "change.keep"
WAIT = "change.wait"
ABORT = "change.abort"
ROLL_BACK = "change.rollback"

S = ChangeState


def proposed(change: Change, *, waits_for_approval: bool) -> list[Element]:
    """To begin it: approvals where they are missing, otherwise the asker's own word."""
    if waits_for_approval:
        return [approve_button(change), _cancel(change), refuse_button(change)]
    return [button_of(change, "Confirm", CONFIRM, style="primary"), _cancel(change)]


def under_way(change: Change) -> list[Element]:
    """To hold it, to let it go on, to go back."""
    back = [abort_button(change)] if change.leads_back else []
    match change.state:
        case S.STARTING:
            return back
        case S.BAKING if change.kind is ChangeKind.RESTART:  # nothing follows from its end
            return [_end_watch(change)]
        case S.HELD if change.kind is ChangeKind.RESTART and change.steady_at is not None:
            return [_end_watch(change), *_wait(change)]
        case S.ROLLING_OUT if change.kind is ChangeKind.RESTART:  # the same has nothing to prove
            return back
        case S.ROLLING_OUT if change.stage is not None and change.origin is Origin.BOT:
            return [_hold(change), *_promote(change), *back]
        case S.ROLLING_OUT if change.stage is not None:  # others' steps are not for us to hold
            return [*_promote(change), *back]
        case S.ROLLING_OUT:
            return back
        case S.BAKING:
            return [_hold(change), _keep(change), *back]
        case S.HELD if change.steady_at is not None:
            return [_keep(change), *_wait(change), *back]
        case S.HELD:
            return [*_promote(change, always=True), *back]
        case _:
            return []


def ended(change: Change, *, way_back: str | None, lock: Lock | None) -> list[Element]:
    """To clear the lock a rollback set, and to roll back."""
    clear = [unlock_button(lock, "Clear lock")] if lock is not None else []
    back = [roll_back_button(change, way_back)] if way_back is not None else []
    return [*clear, *back]


def _cancel(change: Change) -> Element:
    return button_of(change, "Cancel", CANCEL)


def _hold(change: Change) -> Element:
    return button_of(change, "Hold", HOLD)


def _promote(change: Change, *, always: bool = False) -> list[Element]:
    """To go on where ECS waits, or as soon as it does."""
    waits = change.stage is not None and change.stage.hook is not None
    if not waits and not always:
        return []
    weight = f"{change.stage.weight:g} %" if change.stage is not None else "this step"
    question = Confirm(
        title="Go on to the next step?",
        text=f"{escaped(change.wanted_name)} takes more of the traffic of "
        f"{escaped(change.service)} in {escaped(change.environment)} than {weight}, whatever the "
        "evidence says.",
        confirm="Promote",
    )
    return [button_of(change, "Promote", PROMOTE, style="primary", confirm=question)]


def _keep(change: Change) -> Element:
    return button_of(
        change,
        "Keep",
        KEEP,
        confirm=Confirm(
            title=f"Keep {change.wanted_name}?",
            text=f"{escaped(change.wanted_name)} counts as good for {escaped(change.service)} in "
            f"{escaped(change.environment)} from now on, whatever the evidence says.",
            confirm="Keep",
        ),
    )


def _end_watch(change: Change) -> Element:
    where = f"{escaped(change.service)} in {escaped(change.environment)}"
    question = Confirm(
        title="End the watch?",
        text=f"The tasks of {where} stay as they are, and whether {escaped(change.wanted_name)} "
        "counts as good there stays as it was.",
        confirm="End the watch",
    )
    return button_of(change, "End the watch", KEEP, confirm=question)


def _wait(change: Change) -> list[Element]:
    """To measure for another bake, where the catalogue has one."""
    if change.bake_until is None or change.steady_at is None:
        return []
    length = change.bake_until - change.steady_at
    return [button_of(change, f"Measure {spoken(length)} more", WAIT)] if length else []


def abort_button(change: Change) -> Element:
    """Stop what is under way and go back to what ran before it."""
    if change.kind is ChangeKind.RESTART:
        return _stop_restart(change)
    before = change.plan.running.name if change.plan else "what ran before"
    label = "Abort and roll back" if change.state in {S.STARTING, S.ROLLING_OUT} else "Roll back"
    return button_of(
        change,
        label,
        ABORT,
        style="danger",
        confirm=Confirm(
            title=f"Roll back in {change.environment}?",
            text=f"{escaped(change.service)} in {escaped(change.environment)} goes back from "
            f"*{escaped(change.wanted_name)}* to *{escaped(before)}*.",
            confirm=label,
        ),
    )


def _stop_restart(change: Change) -> Element:
    question = Confirm(
        title=f"Stop the restart in {change.environment}?",
        text=f"ECS replaces no more tasks of {escaped(change.service)} in "
        f"{escaped(change.environment)}, stops the new ones and keeps those from before: the same "
        f"*{escaped(change.wanted_name)}* either way.",
        confirm="Abort",
    )
    return button_of(change, "Abort", ABORT, style="danger", confirm=question)


def back_buttons(change: Change | None, way_back: str | None) -> list[Element]:
    """The way back from a suspect, as on that change's own card: none where it has no place."""
    if change is None or way_back is None:
        return []
    if change.is_under_way:
        return [] if change.state is ChangeState.ROLLING_BACK else [abort_button(change)]
    return [roll_back_button(change, way_back)]


def roll_back_button(change: Change, to: str) -> Element:
    """Return to the last good version at once: for the change's card, and for an alert's."""
    return button_of(
        change,
        f"Roll back to {to}",
        ROLL_BACK,
        style="danger",
        confirm=Confirm(
            title=f"Roll back in {change.environment}?",
            text=f"{escaped(change.service)} in {escaped(change.environment)} goes back from "
            f"*{escaped(change.wanted_name)}* to *{escaped(to)}*, at once.",
            confirm="Roll back",
        ),
    )
