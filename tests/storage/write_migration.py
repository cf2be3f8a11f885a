"""Write the next migration from what bot/storage/schema says and the migrations do not build yet.

Usage: python -m tests.storage.write_migration "what it does, in a few words"

What it writes is a beginning: read it, take out what is not meant, add what cannot be seen in the
tables (a column's first values). There is no way down: an older version restores a backup.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from bot.storage import migrate
from bot.storage.database import Database


def write(message: str, *, versions: Path = migrate.MIGRATIONS / "versions") -> Path:
    """Compare the tables with the migrations on an empty SQLite; returns the new file."""
    number = len(list(migrate.MIGRATIONS.glob("versions/[0-9]*.py"))) + 1
    asyncio.run(_compare(message, f"{number:04}", versions))
    (file,) = versions.glob(f"{number:04}_*.py")
    ruff = [sys.executable, "-m", "ruff"]
    for tidy in ([*ruff, "check", "--quiet", "--fix"], [*ruff, "format", "--quiet"]):
        subprocess.run([*tidy, str(file)], check=True)
    return file


async def _compare(message: str, revision: str, versions: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bot.sqlite")
        try:
            await migrate.upgrade(database)
            async with database.write() as connection:
                await connection.run_sync(_revise, message, revision, versions)
        finally:
            await database.close()


def _revise(connection: Connection, message: str, revision: str, versions: Path) -> None:
    config = migrate._config()
    config.attributes["connection"] = connection
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("version_locations", f"{migrate.MIGRATIONS / 'versions'}:{versions}")
    command.revision(
        config, message, autogenerate=True, rev_id=revision, version_path=str(versions)
    )


if __name__ == "__main__":
    print(write(sys.argv[1]))  # noqa: T201  its answer
