"""What the audit says of silences."""

from collections.abc import Sequence
from datetime import datetime

from bot.catalog import Catalog
from bot.domain.asked import Actor, Asked
from bot.domain.audit import Entry
from bot.domain.audited import act_entry
from bot.domain.secrecy import masked
from bot.domain.silence import Silence
from bot.domain.silence.matchers import Matcher, written
from bot.domain.silence.request import places_meant
from bot.domain.words import told

SILENCE, END, EXTEND = "silence", "end silence", "extend silence"


def on_behalf(silence: Silence, at: datetime) -> Asked:
    """Who asked for a silence, for what becomes of it later; the same for every attempt."""
    key = f"{silence.id}:{silence.state_revision}"
    return Asked(Actor(silence.by or silence.created_by), "", key, "", at)


def entry(
    act: str,
    outcome: str,
    matchers: Sequence[Matcher],
    catalog: Catalog,
    asked: Asked,
    *,
    subject: str | None = None,
    until: datetime | None = None,
    reason: str = "",
    why: str = "",
) -> Entry:
    """One act on a silence; its place where there is only one."""
    meant = places_meant(matchers, catalog)
    environment, service = meant[0] if len(meant) == 1 else (None, None)
    return act_entry(
        act,
        outcome,
        asked,
        environment=environment,
        service=service,
        subject=subject,
        matchers=masked(written(matchers)),
        until=told(until) if until is not None else None,
        reason=masked(reason),
        why=why,
    )
