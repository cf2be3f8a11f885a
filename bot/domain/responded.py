"""What the audit says of what people asked of PagerDuty."""

from collections.abc import Mapping

from bot.domain.alert import AlertGroup
from bot.domain.asked import Actor, Asked
from bot.domain.audit import Entry
from bot.domain.audited import act_entry
from bot.domain.incident import PagerDutyIncident, Response
from bot.domain.note import Note

NOTE = "note"
TOLD = frozenset({"level", "name", "until"})
"""Of what was asked exactly; what people wrote stands in PagerDuty."""


def on_behalf(row: Response | Note) -> Asked:
    """Who asked, for what becomes of it later; the same for every attempt."""
    return Asked(Actor(row.by), "", row.id, "", row.asked_at)


def entry(
    act: str,
    outcome: str,
    group: AlertGroup,
    asked: Asked,
    *,
    incident: PagerDutyIncident | None = None,
    detail: Mapping[str, str] | None = None,
    why: str = "",
) -> Entry:
    """One thing that was asked of the incident of an alert group, and what came of it."""
    exactly = {name: value for name, value in (detail or {}).items() if name in TOLD}
    return act_entry(
        act,
        outcome,
        asked,
        environment=group.environment,
        service=group.service,
        subject=group.id,
        alert=group.name,
        incident=incident.label if incident is not None else None,
        **exactly,
        why=why,
    )
