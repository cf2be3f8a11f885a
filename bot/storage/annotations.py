"""Which alert groups are to be marked in Grafana, and how far that has come."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, select, update

from bot.domain.finding import Phase
from bot.domain.mark import MarkState
from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.annotations import alert_annotations

PREFIX = "annotate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """One mark of a group as its row says: its beginning, or the end that closes it."""

    group_id: str
    phase: Phase
    state: MarkState
    was_attempted: bool
    """Whether Grafana may have been asked for it."""
    reference: int | None
    """Grafana's id of the annotation."""

    @property
    def is_open(self) -> bool:
        return self.state is MarkState.WANTED


async def promise(connection: Connection, group_id: str, phase: Phase, *, at: datetime) -> None:
    """Promise a mark of a group, once."""
    new = insert_into(connection, alert_annotations).values(
        group_id=group_id, phase=phase.value, asked_at=at, state=MarkState.WANTED.value
    )
    await connection.execute(new.on_conflict_do_nothing())


async def find(connection: Connection, identity: str) -> Promised | None:
    """What was promised under this id."""
    _, group_id, phase = identity.split(":")
    return await of_group(connection, group_id, Phase(phase))


async def of_group(connection: Connection, group_id: str, phase: Phase) -> Promised | None:
    """The mark of a group in this phase, if one was promised."""
    rows = await connection.execute(
        select(alert_annotations).where(
            alert_annotations.c.group_id == group_id, alert_annotations.c.phase == phase.value
        )
    )
    row = rows.first()
    if row is None:
        return None
    return Promised(
        group_id=row.group_id,
        phase=Phase(row.phase),
        state=MarkState(row.state),
        was_attempted=row.attempted_at is not None,
        reference=int(row.reference) if row.reference else None,
    )


async def attempt(connection: Connection, one: Promised, *, at: datetime) -> None:
    """Say that Grafana is about to be asked; whoever asks after that looks first."""
    await connection.execute(_open(one).values(attempted_at=at))


async def end(
    connection: Connection,
    one: Promised,
    state: MarkState,
    *,
    at: datetime,
    reference: int | None = None,
) -> bool:
    """Say what became of it; False when that was said already."""
    known = None if reference is None else str(reference)
    written = await connection.execute(
        _open(one).values(state=state.value, done_at=at, reference=known)
    )
    return written.rowcount > 0


async def owed(connection: Connection) -> tuple[str, ...]:
    """The ids of the workflows of marks that are not made, in the order they were promised."""
    rows = await connection.execute(
        select(alert_annotations.c.group_id, alert_annotations.c.phase)
        .where(alert_annotations.c.done_at.is_(None))
        .order_by(alert_annotations.c.asked_at)
    )
    return tuple(f"{PREFIX}:{row.group_id}:{row.phase}" for row in rows)


def _open(one: Promised) -> Update:
    return update(alert_annotations).where(
        alert_annotations.c.group_id == one.group_id,
        alert_annotations.c.phase == one.phase.value,
        alert_annotations.c.state == MarkState.WANTED.value,
    )
