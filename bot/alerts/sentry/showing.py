"""The findings of an alert group, with Sentry's issues as their rows are now."""

from dataclasses import replace

from bot.domain.evidence.issues import SOURCE, Issues
from bot.domain.finding import Finding, Phase
from bot.storage import findings, sentry
from bot.storage.database import Connection


async def findings_of(connection: Connection, group_id: str) -> tuple[Finding, ...]:
    """What each source said last. Issues are rows that move by themselves, so what is said of
    them is read afresh for every revision of a card."""
    found = {one.source: one for one in await findings.of_group(connection, group_id)}
    shown = await sentry.of_group(connection, group_id)
    if shown:
        told_at = max(one.issue.told_at for one in shown)
        asked = found.get(SOURCE, Finding(source=SOURCE, phase=Phase.ONSET, found_at=told_at))
        found[SOURCE] = replace(asked, said=Issues(shown=shown))
    return tuple(found.values())
