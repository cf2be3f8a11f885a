"""What a card says of what people ask of PagerDuty from it, and the menu they ask from."""

from datetime import datetime

from bot.cards.blocks import Element, escaped, overflow
from bot.cards.text import day_and_time
from bot.domain.alert import AlertGroup
from bot.domain.incident import (
    IncidentStatus,
    PagerDutyIncident,
    Response,
    ResponseKind,
    ResponseState,
)

MENU = "alert.more"
"""The menu's action id; what was chosen is appended to it."""
ESCALATE, RESPONDER, NOTE, SNOOZE, PRIORITY = "escalate", "join", "note", "snooze", "priority"
OPTIONS = (
    (ESCALATE, "Escalate…"),
    (RESPONDER, "Add responder…"),
    (NOTE, "Note…"),
    (SNOOZE, "Snooze…"),
    (PRIORITY, "Priority…"),
)

K = ResponseKind
DOING = {
    K.ACKNOWLEDGE: "acknowledging",
    K.RESOLVE: "resolving",
    K.ESCALATE: "escalating",
    K.RESPONDER: "asking somebody to join",
    K.SNOOZE: "snoozing",
    K.PRIORITY: "giving a priority",
}
_OTHERWISE = {K.RESPONDER: "asking somebody to join", K.PRIORITY: "giving it a priority"}
_COULD_NOT = {
    K.ACKNOWLEDGE: "acknowledge it",
    K.RESOLVE: "resolve it",
    K.ESCALATE: "escalate it",
    K.RESPONDER: "add a responder",
    K.SNOOZE: "snooze it",
    K.PRIORITY: "give it a priority",
}


def doing_it(kind: ResponseKind) -> str:
    """`acknowledging it`."""
    return _OTHERWISE.get(kind) or f"{DOING[kind]} it"


def menu(group: AlertGroup) -> Element:
    """Everything that is asked of PagerDuty less often than *Acknowledge* and *Resolve*."""
    return overflow(OPTIONS, action_id=MENU, subject_id=group.id, revision=group.state_revision)


def response_line(asked: Response, incident: PagerDutyIncident | None, group: AlertGroup) -> str:
    """What is being asked of PagerDuty, or why it did not happen while that still matters."""
    by = f"<@{asked.by}>"
    if asked.state is ResponseState.PENDING:
        return f"🔵 {DOING[asked.kind]} in PagerDuty as {by}{_what(asked)}…"
    if asked.state is ResponseState.FAILED and _is_still_wanted(asked.kind, incident, group):
        return f"⚪ {by} could not {_COULD_NOT[asked.kind]} in PagerDuty: {escaped(asked.why)}"
    return ""


def _what(asked: Response) -> str:
    match asked.kind:
        case K.ESCALATE:
            return f", to level {escaped(asked.detail['level'])}"
        case K.RESPONDER | K.PRIORITY:
            return f": {escaped(asked.detail['name'])}"
    return ""


def _is_still_wanted(
    kind: ResponseKind, incident: PagerDutyIncident | None, group: AlertGroup
) -> bool:
    """Whether nobody has done since what could not be done then."""
    if incident is None or group.is_final:
        return False
    match kind:
        case K.ACKNOWLEDGE:
            return incident.status is IncidentStatus.TRIGGERED
        case K.RESOLVE:
            return incident.is_open
    return True


def facts(incident: PagerDutyIncident, now: datetime) -> str:
    """Its priority, and how long it rests: ` · P1 · triggers again 15:10`.

    That is what snoozing does; a service whose acknowledgements time out does it by itself.
    """
    said = [escaped(incident.priority)] if incident.priority else []
    again_at = incident.triggers_again_at
    is_held = incident.status is IncidentStatus.ACKNOWLEDGED
    if is_held and again_at is not None and again_at > now:
        said.append(f"triggers again {day_and_time(again_at)}")
    return "".join(f" · {one}" for one in said)
