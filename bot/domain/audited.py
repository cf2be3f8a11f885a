"""What the entries of the audit have in common, whatever they are about."""

from bot.domain.asked import Asked
from bot.domain.audit import Entry

ACCEPTED, DENIED, DONE, FAILED = "accepted", "denied", "done", "failed"
"""Outcomes of an act; of what was asked for, its final state is one too."""


def source_of(asked: Asked) -> str:
    """From which message or command it came: the channel, and Slack's id of what was done there."""
    return f"{asked.channel_id}:{asked.key}"


def said(**values: str | None) -> dict[str, str]:
    """Details, without those that say nothing."""
    return {name: str(value) for name, value in values.items() if value}


def act_entry(
    act: str,
    outcome: str,
    asked: Asked,
    *,
    environment: str | None,
    service: str | None,
    subject: str | None,
    **detail: str | None,
) -> Entry:
    """What somebody did to something that has no row of its own story, and what came of it."""
    return Entry(
        key=f"{act}:{outcome}:{asked.key}",
        at=asked.at,
        actor=asked.by.id,
        act=act,
        outcome=outcome,
        environment=environment,
        service=service,
        subject=subject,
        source=source_of(asked),
        detail=said(**detail),
    )
