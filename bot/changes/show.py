"""The card of a change, from its rows as they are now."""

from datetime import datetime

from bot.cards.blocks import Message
from bot.cards.change import ChangeView, card
from bot.changes.plan import way_back
from bot.changes.propose import known_of
from bot.domain.change import Change, ChangeKind, ChangeState
from bot.storage import changes
from bot.storage.database import Connection

S = ChangeState
CAN_BE_UNDONE = frozenset({S.SUCCEEDED, S.FAILED, S.UNPROVEN})
"""Outcomes after which what this change asked for may still be what the service goes to."""


async def show_change(connection: Connection, subject_id: str, now: datetime) -> Message:
    """Render the card; `connection` is one snapshot of everything it shows."""
    change = await changes.get(connection, subject_id)
    usual = await changes.usual_rollout(connection, change.environment, change.service)
    back = await _way_back(connection, change)
    return card(ChangeView(change=change, now=now, usual=usual, way_back=back))


async def _way_back(connection: Connection, change: Change) -> str | None:
    """What a rollback would return to; None where this card has no place for the button."""
    if change.kind is not ChangeKind.DEPLOY or change.state not in CAN_BE_UNDONE:
        return None
    known = await known_of(connection, change.environment, change.service)
    if change.rollout is None or known.latest is None or known.latest.id != change.id:
        return None
    target = way_back(known, change.rollout.task_definition)
    return target.name if target is not None else None
