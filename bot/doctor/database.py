"""The bot's own tables."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.doctor.look import Look, Missing, sentence
from bot.settings import Settings
from bot.storage import migrate
from bot.storage.database import Database
from bot.storage.transient import is_transient
from integrations.errors import told


def looks(settings: Settings) -> Iterator[Look]:
    async def tables() -> str:
        database = Database(settings.database_url)
        try:
            behind = await migrate.will_upgrade(database)
        except Exception as exc:
            if not is_transient(exc):
                raise
            secret = urlsplit(settings.database_url).password or ""
            driver_said = str(exc.__cause__ or "").partition("\n")[0]
            raise Missing(
                f"{sentence(told(driver_said, secrets=[secret]))} Check DATABASE_URL, "
                "and that its server runs."
            ) from None
        finally:
            await database.close()
        kind = "SQLite" if database.is_sqlite else "PostgreSQL"
        return f"{kind}, will be upgraded at start" if behind else f"{kind}, up to date"

    yield Look("database", tables, "DATABASE_URL")
