"""The buttons of other cards that help at night, for the rows as they are now."""

from typing import Any

from bot.cards.change_buttons import abort_button, roll_back_button
from bot.cards.health.buttons import acknowledge_button
from bot.domain.change import ChangeState
from bot.domain.incident import IncidentStatus
from bot.domain.place import Place
from bot.domain.way_back import undone_to
from bot.storage import alerts, incidents
from bot.storage.database import Connection
from bot.storage.known import known_of


async def buttons(connection: Connection, place: Place) -> tuple[dict[str, Any], ...]:
    """At most two: to say that somebody is on it, and the way back; the dangerous one last."""
    return (*await _acknowledge(connection, place), *await _back(connection, place))


async def _acknowledge(connection: Connection, place: Place) -> list[dict[str, Any]]:
    """For the worst group that pages, unless its incident is others' too: their card asks first."""
    for group in await alerts.open_in(connection, place.environment, place.service):
        for incident in await incidents.of_group(connection, group.id):
            if incident.status is not IncidentStatus.TRIGGERED:
                continue
            if await incidents.groups_of(connection, incident.id) == (group.id,):
                return [acknowledge_button(group)]
    return []


async def _back(connection: Connection, place: Place) -> list[dict[str, Any]]:
    """As on the card of the change itself."""
    known = await known_of(connection, place.environment, place.service)
    if known.under_way is not None:
        change = known.under_way
        can_go_back = change.leads_back and change.state is not ChangeState.ROLLING_BACK
        return [abort_button(change)] if can_go_back else []
    target = undone_to(known, known.latest) if known.latest is not None else None
    if known.latest is None or target is None:
        return []
    return [roll_back_button(known.latest, target.name)]
