"""Alertmanager's silences in our words, and what the threads of covered groups hear of them."""

from datetime import datetime

from bot.cards import silence_words as words
from bot.cards.blocks import Message
from bot.domain.card import Kind
from bot.domain.secrecy import masked
from bot.domain.silence import Silence, SilenceState
from bot.domain.silence.matchers import Matcher, Operator
from bot.storage import cards, silences
from bot.storage.database import Connection
from integrations.alertmanager import models

LIVE = ("active", "pending")
_OPERATORS = {(operator.is_regex, operator.is_positive): operator for operator in Operator}


def matchers_of(found: models.Silence) -> tuple[Matcher, ...]:
    return tuple(
        Matcher(m.name, _OPERATORS[m.is_regex, m.is_equal], m.value) for m in found.matchers
    )


def made_elsewhere(found: models.Silence) -> Silence:
    """A silence that this bot did not make, or does not remember."""
    known_as = str(found.id)
    return Silence(
        id=known_as,
        alertmanager_id=known_as,
        is_ours=False,
        state=SilenceState.LIVE,
        matchers=matchers_of(found),
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        created_by=found.created_by,
        reason=masked(" ".join(found.comment.split())),
    )


def for_alertmanager(silence: Silence, comment: str) -> models.Silence:
    """What Alertmanager is asked to keep; with an id, to change."""
    return models.Silence(
        id=silence.alertmanager_id,
        matchers=tuple(
            models.Matcher(m.name, m.value, m.operator.is_regex, m.operator.is_positive)
            for m in silence.matchers
        ),
        starts_at=silence.starts_at,
        ends_at=silence.ends_at,
        created_by=silence.created_by,
        comment=comment,
    )


async def begun(connection: Connection, silence: Silence, group_id: str) -> None:
    """A group is silenced from now on."""
    message = words.begun_entry(silence)
    await _entry(connection, group_id, f"silenced {silence.id}", message)


async def over(
    connection: Connection, silence: Silence, *, at: datetime, by: str | None = None, name: str = ""
) -> bool:
    """It is over: the row says so, and so do the threads of the groups it covered.

    `by` is a Slack id and `name` the name that goes with it; a mention would notify.
    """
    groups = await silences.covered_by(connection, silence.id)
    if not await silences.ended(connection, silence.id, at=at, by=by):
        return False
    message = words.ended_entry(silence, name)
    for group_id in groups:
        await _entry(connection, group_id, f"silence over {silence.id}", message)
    return True


async def warned(connection: Connection, silence: Silence, now: datetime) -> None:
    """Its end is near: the threads say so, with a button to put it off."""
    if not await silences.warn(connection, silence):
        return
    message = words.warning_entry(silence, now)
    key = f"silence ends {silence.id} {silence.ends_at:%Y-%m-%dT%H:%M:%S}"
    for group_id in await silences.covered_by(connection, silence.id):
        await _entry(connection, group_id, key, message)


async def _entry(connection: Connection, group_id: str, key: str, message: Message) -> None:
    await cards.add_entry(connection, Kind.ALERT_GROUP, group_id, key=key, message=message)
