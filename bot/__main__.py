"""The command line: `credlink run`, `doctor`, `schema`, `db upgrade`, `audit verify`, `sandbox`."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.catalog import Catalog
from bot.domain.audit import Head, read_head
from bot.errors import ConfigurationError, NotReached

if TYPE_CHECKING:
    from bot.storage.audit import Verified
    from bot.storage.database import Database

MISCONFIGURED = 78
"""EX_CONFIG of sysexits.h: starting again will not help."""
FAILED = 1
SANDBOX = "sandbox"
PROBLEMS = 100
"""What is wrong with the audit, printed at most; neighbours with the same fault are one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if given[:1] == [SANDBOX]:
            return _sandbox(given[1:])
        parsed = _parser().parse_args(given)
        status: int = parsed.run(parsed)
    except ConfigurationError as exc:
        print(exc, file=sys.stderr)
        return MISCONFIGURED
    except NotReached as exc:
        print(exc, file=sys.stderr)
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="credlink", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser("run", help="run the bot until it is told to stop")
    run.set_defaults(run=_run)

    doctor = commands.add_parser("doctor", help="check the configuration and all it points at")
    doctor.set_defaults(run=_doctor)

    schema = commands.add_parser("schema", help="print the catalogue's JSON Schema")
    schema.set_defaults(run=_schema)

    database = commands.add_parser("db", help="the bot's tables").add_subparsers(required=True)
    upgrade = database.add_parser("upgrade", help="bring the tables to this version's shape")
    upgrade.set_defaults(run=_upgrade)

    audit = commands.add_parser("audit", help="who did what").add_subparsers(required=True)
    verify = audit.add_parser("verify", help="prove that no entry was altered or removed")
    verify.add_argument(
        "--head",
        type=_head,
        action="append",
        default=[],
        metavar="NUMBER:HASH",
        help="a head as it was posted in Slack; may be given several times",
    )
    verify.set_defaults(run=_verify)

    # Only for the list of commands: `main` hands the sandbox's options to a parser of its own.
    commands.add_parser(SANDBOX, help="run the bot in a complete local world", add_help=False)
    return parser


def _run(_: argparse.Namespace) -> int:
    from bot import app

    return asyncio.run(app.run(os.environ))


def _doctor(_: argparse.Namespace) -> int:
    from bot import doctor

    return asyncio.run(doctor.run(os.environ))


def _schema(_: argparse.Namespace) -> int:
    print(json.dumps(Catalog.model_json_schema(), indent=2, ensure_ascii=False))
    return 0


def _upgrade(_: argparse.Namespace) -> int:
    from bot import app

    before, after = asyncio.run(app.upgrade(os.environ))
    print(f"{before or 'empty'} → {after}" if before != after else f"{after}: nothing to do")
    return 0


def _head(text: str) -> Head:
    try:
        return read_head(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from None


def _verify(given: argparse.Namespace) -> int:
    found = asyncio.run(_verified(given.head))
    for problem in found.problems[:PROBLEMS]:
        print(f"✗ {problem.text}")
    if len(found.problems) > PROBLEMS:
        print(f"and {len(found.problems) - PROBLEMS:,} more")
    if found.problems:
        return FAILED
    print(f"✓ {found.head.number:,} entries, none altered or missing. The head is {found.head}")
    return 0


async def _verified(posted: Sequence[Head]) -> "Verified":
    """Walk the audit, holding it against the heads given and those that the bot posted itself."""
    from bot import app
    from bot.changes.audit.announce import posted_heads
    from bot.storage import audit
    from bot.storage.database import Database
    from bot.storage.transient import is_transient

    _, settings = await app.configured(os.environ)
    database = Database(settings.database_url)
    try:
        await _refuse_other_tables(database)
        async with database.read() as connection:
            own = [head for _, head in await posted_heads(connection)]
            return await audit.verify(connection, [*posted, *own])
    except Exception as exc:
        if is_transient(exc):
            raise NotReached("The database does not answer: `credlink doctor` says why.") from exc
        raise
    finally:
        await database.close()


async def _refuse_other_tables(database: "Database") -> None:
    from bot.storage import migrate

    if not await migrate.is_current(database):
        raise ConfigurationError(
            "The tables are of another version. Run `credlink db upgrade`, or check DATABASE_URL."
        )


def _sandbox(options: Sequence[str]) -> int:
    try:
        from sandbox import cli
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            f"The sandbox needs {exc.name}: install it with `pip install credlink-bot[sandbox]`."
        ) from exc
    return cli.main(options)


if __name__ == "__main__":
    sys.exit(main())
