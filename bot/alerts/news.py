"""PagerDuty's events about what happens to an incident, read as news for its thread.

Only types PagerDuty documents are read, and read leniently: a field of another shape is left out of
the sentence, and is no reason to lose the event.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.alerts.normalise import responder
from bot.domain.incident_news import News, NewsKind
from bot.domain.secrecy import masked
from integrations.pagerduty.models import Event

K = NewsKind
FIELDS_TOLD = 5
"""Of the custom fields that were set; an account may have thirty."""


def from_event(event: Event) -> News | None:
    """The news in an event; None where the incident itself says all of it, or there is none."""
    read = _READERS.get(event.type)
    if read is None or event.incident_id is None:
        return None
    return read(event)


def _news(event: Event, kind: NewsKind, **said: Any) -> News:
    return News(
        id=event.id,
        kind=kind,
        incident_id=event.incident_id or "",
        by=responder(event.agent),
        **said,
    )


def _note(event: Event) -> News:
    return _news(
        event,
        K.NOTE,
        text=_text(event.data, "content"),
        subject_id=_text(event.data, "id"),
        is_trimmed=event.data.get("trimmed") is True,
    )


def _responder(kind: NewsKind) -> Callable[[Event], News]:
    def read(event: Event) -> News:
        user, policy = _part(event.data, "user"), _part(event.data, "escalation_policy")
        said = "state" if kind is K.REPLIED else "message"
        return _news(
            event,
            kind,
            about=_text(user, "summary") or _text(policy, "summary"),
            about_ids=frozenset(filter(None, (_text(user, "id"), _text(policy, "id")))),
            text=_text(event.data, said),
        )

    return read


def _status_update(event: Event) -> News:
    is_trimmed = event.data.get("trimmed") is True
    text = _text(event.data, "message")
    return _news(event, K.STATUS_UPDATE, text=text, is_trimmed=is_trimmed)


def _service(event: Event) -> News:
    return _news(event, K.SERVICE, about=_text(_part(event.data, "service"), "summary"))


def _incident_type(event: Event) -> News:
    found = event.data.get("incident_type")
    name = found if isinstance(found, str) else _text(_part(event.data, "incident_type"), "summary")
    name = name or _text(_part(event.data, "incident_type"), "display_name")
    return _news(event, K.INCIDENT_TYPE, about=name)


def _fields(event: Event) -> News:
    given = event.data.get("custom_fields")
    found = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    said = [
        f"{_text(one, 'display_name') or _text(one, 'name')}: {_value(one.get('value'))}"
        for one in found
    ]
    more = f" and {len(said) - FIELDS_TOLD} more" if len(said) > FIELDS_TOLD else ""
    # Whole, as `name: value`, for a telling name crosses out its value.
    return _news(event, K.FIELDS, text=masked(", ".join(said[:FIELDS_TOLD])) + more)


def _bridge(event: Event) -> News:
    numbers = event.data.get("conference_numbers")
    listed = numbers if isinstance(numbers, list) else []
    said = [_text(one, "number") for one in listed if isinstance(one, Mapping)]
    return _news(
        event,
        K.BRIDGE,
        text=", ".join(filter(None, said)),
        url=_text(event.data, "conference_url"),
    )


def _named(kind: NewsKind, *parts: str) -> Callable[[Event], News]:
    """What is called by its own summary, or by that of a part of it."""

    def read(event: Event) -> News:
        found = [_text(_part(event.data, part), "summary") for part in parts]
        named = next(filter(None, found), "") or _text(event.data, "summary")
        state = _text(event.data, "state") or _text(event.data, "status")
        return _news(event, kind, about=named, text=state)

    return read


def _role(event: Event) -> News:
    role = _part(event.data, "role")
    who = _part(event.data, "user") or _part(event.data, "assignee")
    named = _text(role, "summary") or _text(role, "name") or _text(event.data, "role")
    return _news(event, K.ROLE, about=_text(who, "summary"), text=named)


_READERS: Mapping[str, Callable[[Event], News]] = {
    "incident.annotated": _note,
    "incident.responder.added": _responder(K.ASKED),
    "incident.responder.replied": _responder(K.REPLIED),
    "incident.status_update_published": _status_update,
    "incident.service_updated": _service,
    "incident.incident_type.changed": _incident_type,
    "incident.custom_field_values.updated": _fields,
    "incident.conference_bridge.updated": _bridge,
    "incident.workflow.started": _named(K.WORKFLOW_STARTED, "incident_workflow", "workflow"),
    "incident.workflow.completed": _named(K.WORKFLOW_COMPLETED, "incident_workflow", "workflow"),
    "incident.role.assigned": _role,
    "incident.task.created": _named(K.TASK, "task"),
    "incident.task.completed": _named(K.TASK, "task"),
    "incident.action_invocation.created": _named(K.ACTION, "action", "automation_action"),
    "incident.action_invocation.terminated": _named(K.ACTION, "action", "automation_action"),
}
"""What a reader of the thread wants to know. Of the rest, PagerDuty's incident says how it stands,
a task that was only reworded is no news, and a service's own settings are not about an incident."""


def _part(data: Any, name: str) -> Mapping[str, Any]:
    found = data.get(name) if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(data: Mapping[str, Any], name: str) -> str:
    found = data.get(name)
    return found if isinstance(found, str) else ""


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return "none" if value is None else str(value)
