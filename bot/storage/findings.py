"""What was found out about an alert group, and which looks for more have not ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select, update

from bot.domain.card import Kind, Urgency
from bot.domain.evidence import history, log_lines, on_call, panel, runbook
from bot.domain.evidence.chart import ChartDrawn
from bot.domain.finding import CHART, Finding, Phase
from bot.domain.oncall import OnCall
from bot.storage import cards
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alerts import enrichments, findings
from bot.storage.unkept import unkept

SHAPES: Mapping[str, TypeAdapter[Any]] = {
    log_lines.SOURCE: TypeAdapter(log_lines.ErrorLines),
    CHART: TypeAdapter(ChartDrawn),
    panel.SOURCE: TypeAdapter(panel.PanelShown),
    history.SOURCE: TypeAdapter(history.LastTime),
    on_call.SOURCE: TypeAdapter(OnCall),
    runbook.SOURCE: TypeAdapter(runbook.RunbookFound),
}
"""What a source of this name says; a source that is not here says nothing in its own shape."""


async def promise(
    connection: Connection, group_id: str, phase: Phase, *, at: datetime, is_anew: bool = False
) -> str:
    """Promise a look for more about a group; returns the id its workflow is started under.

    A look `is_anew` where an earlier one may have been begun and left, in a storm.
    """
    identity = f"enrich:{group_id}:{phase.value}{':anew' if is_anew else ''}"
    new = insert_into(connection, enrichments).values(
        id=identity, group_id=group_id, phase=phase.value, asked_at=at
    )
    await connection.execute(new.on_conflict_do_nothing())
    return identity


async def promised(connection: Connection, identity: str) -> tuple[str, Phase] | None:
    """The group and the phase of a look that has not ended; None when it has."""
    found = await connection.execute(
        select(enrichments.c.group_id, enrichments.c.phase).where(
            enrichments.c.id == identity, enrichments.c.finished_at.is_(None)
        )
    )
    row = found.first()
    return None if row is None else (row.group_id, Phase(row.phase))


async def finished(connection: Connection, identity: str, *, at: datetime) -> None:
    """Say that every source has had its time."""
    await connection.execute(
        update(enrichments)
        .where(enrichments.c.id == identity, enrichments.c.finished_at.is_(None))
        .values(finished_at=at)
    )


async def unfinished(connection: Connection, asked_before: datetime) -> tuple[str, ...]:
    """The ids of looks that have not ended, old enough for the engine to know them."""
    return await unkept(connection, enrichments, enrichments.c.finished_at.is_(None), asked_before)


async def write(connection: Connection, group_id: str, finding: Finding) -> None:
    """Keep what a source said last; a source that said nothing hides nothing it said before."""
    kept: dict[str, Any] = {
        "phase": finding.phase.value,
        "missing": finding.missing,
        "note": finding.note,
        "found_at": finding.found_at,
    }
    if finding.picture is not None:
        kept["picture"] = finding.picture
    if finding.said is not None:
        kept["said"] = SHAPES[finding.source].dump_python(finding.said, mode="json")
    new = insert_into(connection, findings).values(group_id=group_id, source=finding.source, **kept)
    keys = [findings.c.group_id, findings.c.source]
    await connection.execute(new.on_conflict_do_update(index_elements=keys, set_=kept))
    await cards.mark(connection, Kind.ALERT_GROUP, group_id, urgency=Urgency.PROGRESS)


async def of_group(connection: Connection, group_id: str) -> tuple[Finding, ...]:
    """What each source said last, by the name of the source."""
    rows = await connection.execute(
        select(findings).where(findings.c.group_id == group_id).order_by(findings.c.source)
    )
    return tuple(
        Finding(
            source=row.source,
            phase=Phase(row.phase),
            missing=row.missing,
            note=row.note,
            picture=row.picture,
            said=None if row.said is None else SHAPES[row.source].validate_python(row.said),
            found_at=row.found_at,
        )
        for row in rows
    )
