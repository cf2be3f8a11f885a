"""Alembic's way in: migrations run on the connection, and in the transaction, they are given."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from bot.storage.database import Moment
from bot.storage.schema import metadata


def written(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """How a type of our own is written into a revision; False leaves the others to Alembic."""
    if kind != "type" or not isinstance(item, Moment):
        return False
    autogenerate.imports.add("from bot.storage.database import Moment")
    return "Moment()"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    render_item=written,
)
with context.begin_transaction():
    context.run_migrations()
