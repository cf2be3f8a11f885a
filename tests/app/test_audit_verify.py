"""`credlink audit verify`: a sentence for each problem, and an exit status for a timer."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from bot.__main__ import FAILED, MISCONFIGURED, main
from bot.catalog_file import load
from bot.changes.audit.announce import PostHead
from bot.domain.audit import Head
from bot.storage import audit, migrate
from bot.storage.database import Connection, Database
from bot.storage.schema.audit import audit_entries, audit_heads
from tests.domain.audit_builders import NOW, an_entry
from tests.storage.tampering import unguard

CATALOG = Path("credlink.example.yml").resolve()


class Audited:
    """A database with three entries, and the command line that looks at it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def does(self, work: Callable[[Database], Any]) -> Any:
        async def inside() -> Any:
            database = Database(self.url)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(inside())

    def writes(self, work: Callable[[Connection], Any]) -> Any:
        async def inside(database: Database) -> Any:
            async with database.write() as connection:
                return await work(connection)

        return self.does(inside)

    def begins(self) -> Head:
        async def three(connection: Connection) -> Head:
            for key in ("a", "b", "c"):
                await audit.add(connection, an_entry(key))
            return await audit.head(connection) or Head()

        self.does(migrate.upgrade)
        return self.writes(three)

    def posts_its_head(self) -> None:
        self.does(lambda database: PostHead(database, load(CATALOG), lambda: NOW, lambda: None)())

    def loses_its_tail(self) -> None:
        """The last entry is removed, and the head set back so that nothing shows."""

        async def cut(connection: Connection) -> None:
            await unguard(connection)
            await connection.execute(delete(audit_entries).where(audit_entries.c.number == 3))
            kept = select(audit_entries.c.hash).where(audit_entries.c.number == 2)
            hash_ = (await connection.execute(kept)).scalar_one()
            await connection.execute(update(audit_heads).values(number=2, hash=hash_))

        self.writes(cut)


@pytest.fixture
def audited(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Audited:
    """What the command line is told, once with SQLite and once with PostgreSQL."""
    monkeypatch.setenv("CREDLINK_CONFIG", str(CATALOG))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-made-up")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-made-up")
    return Audited(database_url)


def verify(*words: str) -> int:
    return main(["audit", "verify", *words])


def test_an_audit_in_order_is_said_with_its_head(audited: Audited, capsys: Any):
    head = audited.begins()

    assert verify("--head", str(head)) == 0

    said = capsys.readouterr().out
    assert said == f"✓ 3 entries, none altered or missing. The head is {head}\n"


def test_an_altered_entry_is_named_and_the_status_says_so(audited: Audited, capsys: Any):
    audited.begins()
    second = update(audit_entries).where(audit_entries.c.number == 2)
    audited.writes(unguard)
    audited.writes(lambda connection: connection.execute(second.values(actor="U0MALLORY")))

    assert verify() == FAILED

    assert capsys.readouterr().out.startswith("✗ Entry 2 was altered: ")


def test_a_cut_tail_is_found_by_the_head_that_was_posted(audited: Audited, capsys: Any):
    head = audited.begins()
    audited.loses_its_tail()
    assert verify() == 0
    capsys.readouterr()

    assert verify("--head", f"`{head}`") == FAILED

    assert capsys.readouterr().out.startswith("✗ Entry 3 was there once and is cut off.")


def test_the_heads_the_bot_posted_itself_are_asked_for_without_being_named(
    audited: Audited, capsys: Any
):
    audited.begins()
    audited.posts_its_head()
    audited.loses_its_tail()

    assert verify() == FAILED

    assert capsys.readouterr().out.startswith("✗ Entry 3 was there once and is cut off.")


def test_what_is_no_head_is_refused_with_an_example(audited: Audited, capsys: Any):
    with pytest.raises(SystemExit) as ended:
        verify("--head", "42")

    assert ended.value.code == 2
    assert "not a head such as 42:0000…" in capsys.readouterr().err


def test_a_database_without_the_tables_is_not_called_an_empty_audit(audited: Audited, capsys: Any):
    assert verify() == MISCONFIGURED

    assert "Run `credlink db upgrade`" in capsys.readouterr().err


def test_a_database_that_is_away_is_said_on_standard_error(
    audited: Audited, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:9/none")

    assert verify() == FAILED

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "The database does not answer: `credlink doctor` says why.\n"
