"""What PagerDuty tells of an incident beside how it stands: notes, responders, updates."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.incident import Responder


class NewsKind(StrEnum):
    """Each is one quiet entry of the thread."""

    NOTE = "note"
    ASKED = "asked to join"
    REPLIED = "replied"
    STATUS_UPDATE = "status update"
    SERVICE = "service"
    INCIDENT_TYPE = "incident type"
    FIELDS = "fields"
    BRIDGE = "conference bridge"
    WORKFLOW_STARTED = "workflow started"
    WORKFLOW_COMPLETED = "workflow completed"
    ROLE = "role"
    TASK = "task"
    ACTION = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing told. Everything in it is somebody's words, escaped nowhere yet."""

    id: str
    """Of the event, the same however often it is told."""
    kind: NewsKind
    incident_id: str
    by: Responder | None = None
    """Who did it; None for automation."""
    about: str = ""
    """Whom or what it is about: a responder, a service, a workflow."""
    about_ids: frozenset[str] = frozenset()
    """PagerDuty's ids of it."""
    text: str = ""
    url: str = ""
    subject_id: str = ""
    """PagerDuty's id of the note."""
    is_trimmed: bool = False
    """PagerDuty cut the text."""
