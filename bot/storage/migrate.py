"""Brings the tables to this version's shape, under a lock: replicas that start together wait."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.errors import ConfigurationError
from bot.storage.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x43524544  # "CRED": the key of PostgreSQL's advisory lock; any number of our own


async def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Upgrade to the newest revision, all of it or nothing; returns the revision before and after.

    On SQLite the writing transaction is the lock, on PostgreSQL an advisory one that ends with it.

    Raises:
        ConfigurationError: the tables were made by a newer version of the bot.
    """
    async with database.write() as connection:
        if not database.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        before = await connection.run_sync(_revision)
        _refuse_unknown(before)
        await connection.run_sync(_upgrade)
        after = await connection.run_sync(_revision)
    return before, after


async def is_current(database: Database) -> bool:
    """Whether the tables have the shape this version expects."""
    async with database.read() as connection:
        return await connection.run_sync(_revision) == newest()


async def will_upgrade(database: Database) -> bool:
    """Whether `upgrade` would change anything.

    Raises:
        ConfigurationError: as `upgrade` does.
    """
    async with database.read() as connection:
        revision = await connection.run_sync(_revision)
    _refuse_unknown(revision)
    return revision != newest()


def newest() -> str | None:
    """The newest revision this version knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _refuse_unknown(revision: str | None) -> None:
    script = ScriptDirectory.from_config(_config())
    if revision is not None and revision not in {each.revision for each in script.walk_revisions()}:
        raise ConfigurationError(
            f"The tables are at revision {revision}, which this version does not know: they were "
            "upgraded by a newer one. Run that version, or restore the backup made before it."
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
