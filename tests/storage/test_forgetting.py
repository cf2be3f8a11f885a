"""What nobody needs any more does not pile up."""

from bot.storage import leases
from bot.storage.database import Database


async def test_leases_of_replicas_long_gone_are_forgotten_and_others_stay(database: Database):
    async with database.write() as connection:
        await leases.beat(connection, "long gone", for_s=-100)
        await leases.beat(connection, "just gone", for_s=-1)
        await leases.beat(connection, "alive", for_s=30)

        assert await leases.forget_expired(connection, older_than_s=50) == 1
        asked = {"long gone", "just gone", "alive"}
        assert await leases.dead_among(connection, asked) == {"long gone", "just gone"}
