"""What the person who asked for a change is told at once; the change is shown on its card."""

from bot.cards.answer import Answer
from bot.cards.blocks import actions, escaped, section
from bot.cards.change_buttons import abort_button
from bot.domain.change import Change, ChangeKind


def looking(change: Change) -> Answer:
    """That it was accepted, and where its card stands."""
    where = f"{escaped(change.environment)}: see {_channel(change.channel)}."
    if change.kind is ChangeKind.RESTART:
        return Answer(f"Looking at a restart of {escaped(change.service)} in {where}")
    if change.kind is ChangeKind.ROLLBACK:
        to = escaped(change.version) if change.version else "the last good revision"
        return Answer(f"Looking at the way back to {to} in {where}")
    return Answer(f"Looking at what {escaped(str(change.version))} would change in {where}")


def abort_instead(change: Change) -> Answer:
    """That something rolls out there, and the button that aborts it."""
    text = (
        f"*{escaped(change.wanted_name)}* is rolling out for {escaped(change.service)} in "
        f"{escaped(change.environment)}. Aborting it rolls back."
    )
    return Answer(text, (section(text), actions(abort_button(change))))


def _channel(channel: str) -> str:
    return channel if channel.startswith("#") else f"<#{channel}>"
