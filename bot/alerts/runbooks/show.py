"""The message of a runbook's steps, from its rows as they are now."""

from datetime import datetime

from bot.cards.blocks import Message
from bot.cards.runbook import checklist
from bot.storage import runbooks
from bot.storage.database import Connection


async def render(connection: Connection, group_id: str, _now: datetime) -> Message:
    """Render the runbook of an alert group in one snapshot.

    Raises:
        NotKnown: the group has none.
    """
    return checklist(await runbooks.get(connection, group_id))
