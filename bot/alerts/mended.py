"""What may have ended an alert group: a change while it fired, or that its suspect was undone."""

from datetime import datetime

from bot.alerts.around import changes_around
from bot.cards.alert_lines import done_by
from bot.domain.alert import AlertGroup
from bot.domain.mended import Mended
from bot.domain.suspects import Suspect
from bot.storage.database import Connection


async def mended(
    connection: Connection, group: AlertGroup, suspect: Suspect | None, until: datetime
) -> Mended | None:
    """The last of both that happened until then; None where nothing is known of."""
    _, during = await changes_around(connection, group, until)
    if during is not None and during.finished_at is not None:
        return Mended(done_by(during), during.finished_at)
    undone_at = suspect.deed.undone_at if suspect is not None else None
    if suspect is not None and undone_at is not None and group.started_at < undone_at <= until:
        return Mended(f"{suspect.deed.name} was undone", undone_at)
    return None
