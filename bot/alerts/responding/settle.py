"""What PagerDuty answered to somebody's wish, written down: card, threads and audit."""

from datetime import datetime

from bot.alerts import thread
from bot.alerts.normalise import from_pagerduty
from bot.alerts.standing import with_incidents
from bot.cards import incident_news as words
from bot.cards.text import day_and_time
from bot.domain.audited import DONE
from bot.domain.card import Kind
from bot.domain.incident import (
    PagerDutyIncident,
    Responder,
    Response,
    ResponseKind,
    ResponseState,
)
from bot.domain.responded import entry, on_behalf
from bot.storage import alerts, audit, cards, incidents, responses
from bot.storage.database import Connection
from bot.world import World
from integrations.pagerduty.models import Incident


async def settle(
    here: World, incident: Incident, asked: Response | None, by: Responder | None = None
) -> None:
    """Write down how the incident stands now, and that what was asked is done."""
    told = from_pagerduty(incident, told_at=incident.changed_at or here.now())
    async with here.database.write() as connection:
        before, known = await incidents.tell(connection, told)
        is_news = asked is not None and await responses.end(connection, asked, ResponseState.DONE)
        for group_id in await incidents.groups_of(connection, known.id):
            group = await with_incidents(connection, group_id)
            await thread.incident_moved(connection, group, before, known, by=by)
            if is_news and asked is not None and by is not None:
                await _tell(connection, group_id, known, asked, by)
        if is_news and asked is not None:
            await note_down(connection, asked, known, DONE)


async def _tell(
    connection: Connection,
    group_id: str,
    incident: PagerDutyIncident,
    asked: Response,
    by: Responder,
) -> None:
    """What cannot be seen of how the incident stands."""
    match asked.kind:
        case ResponseKind.RESPONDER:
            message = words.asked_entry(incident, by.name, asked.detail["name"])
        case ResponseKind.SNOOZE:
            until = incident.triggers_again_at or datetime.fromisoformat(asked.detail["until"])
            message = words.snoozed_entry(incident, by.name, day_and_time(until))
        case _:
            return
    key = f"response {asked.id}"
    await cards.add_entry(connection, Kind.ALERT_GROUP, group_id, key=key, message=message)


async def note_down(
    connection: Connection,
    asked: Response,
    incident: PagerDutyIncident | None,
    outcome: str,
    why: str = "",
) -> None:
    """Keep in the audit what came of it; the last thing before the commit."""
    group = await alerts.get(connection, asked.group_id)
    act, on = asked.kind.value, on_behalf(asked)
    written = entry(act, outcome, group, on, incident=incident, detail=asked.detail, why=why)
    await audit.add(connection, written)
