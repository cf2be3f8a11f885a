"""The newest state of each CloudWatch alarm: it is told in several ways, late and out of order."""

from datetime import datetime

from bot.storage.database import Connection
from bot.storage.dialect import insert_into
from bot.storage.schema.alarms import alarm_states


async def is_news(connection: Connection, arn: str, state: str, *, since: datetime) -> bool:
    """Keep a state, unless one as new is kept already; returns whether it was kept."""
    new = insert_into(connection, alarm_states).values(arn=arn, state=state, since=since)
    kept = await connection.execute(
        new.on_conflict_do_update(
            index_elements=[alarm_states.c.arn],
            set_={"state": new.excluded.state, "since": new.excluded.since},
            where=alarm_states.c.since < new.excluded.since,
        ).returning(alarm_states.c.arn)
    )
    return kept.first() is not None
