"""Leases on the database's own clock: whoever holds one may act, and loses it by falling silent."""

from collections.abc import Iterable

from sqlalchemy import delete, or_, select, update

from bot.storage.database import Connection, database_now, in_seconds
from bot.storage.dialect import insert_into
from bot.storage.schema.leases import leases

REPLICA = "replica:"


async def hold(connection: Connection, name: str, owner: str, *, for_s: float) -> bool:
    """Take or renew the lease `name`; False while somebody else holds it."""
    claim = insert_into(connection, leases).values(
        name=name, owner=owner, until_at=in_seconds(for_s)
    )
    taken = claim.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"owner": owner, "until_at": in_seconds(for_s)},
        where=or_(leases.c.owner == owner, leases.c.until_at < database_now()),
    ).returning(leases.c.name)
    return (await connection.execute(taken)).first() is not None


async def release(connection: Connection, name: str, owner: str) -> None:
    """Give the lease back before its time; nothing happens when it is not ours."""
    await connection.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))


async def beat(connection: Connection, replica: str, *, for_s: float) -> None:
    """Say that this replica lives for at least `for_s` more seconds."""
    await hold(connection, REPLICA + replica, replica, for_s=for_s)


async def expire(connection: Connection, replica: str) -> None:
    """Say that this replica is leaving: others take over at once."""
    await connection.execute(
        update(leases).where(leases.c.name == REPLICA + replica).values(until_at=database_now() - 1)
    )


async def dead_among(connection: Connection, replicas: Iterable[str]) -> frozenset[str]:
    """Of these replicas, those whose lease has run out or who never had one."""
    asked = frozenset(replicas)
    rows = await connection.execute(
        select(leases.c.owner).where(
            leases.c.name.in_([REPLICA + replica for replica in asked]),
            leases.c.until_at >= database_now(),
        )
    )
    return asked - frozenset(rows.scalars())


async def forget_expired(connection: Connection, *, older_than_s: float) -> int:
    """Delete the leases that ran out so long ago; a replica gets a new name at each start."""
    old = delete(leases).where(leases.c.until_at < in_seconds(-older_than_s))
    return (await connection.execute(old)).rowcount
