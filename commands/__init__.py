"""The verbs of the slash command: one module each, and the table everything else is made from.

Help, usage, typo suggestions and the documentation all come from `MODULES`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from bot.cards.answer import Answer
from bot.cards.help import Entry
from bot.catalog import Catalog
from bot.changes.accept import AcceptChange
from bot.changes.status import TellStatus
from bot.domain.asked import Asked
from commands import deploy, help, rollback, status  # noqa: A004  the verb is called so

Run = Callable[[Sequence[str], Asked], Awaitable[Answer]]

MODULES = (deploy, rollback, status, help)
ENTRIES: Mapping[str, Entry] = {
    module.NAME: Entry(name=module.NAME, usage=module.USAGE, summary=module.SUMMARY)
    for module in MODULES
}


def verbs(*, catalog: Catalog, accept: AcceptChange, tell_status: TellStatus) -> Mapping[str, Run]:
    """Every verb with what it does."""
    command = catalog.slack.command

    def how(name: str) -> str:
        return ENTRIES[name].how(command)

    return {
        deploy.NAME: partial(deploy.run, accept=accept, how=how(deploy.NAME)),
        rollback.NAME: partial(
            rollback.run, accept=accept, how=how(rollback.NAME), catalog=catalog
        ),
        status.NAME: partial(status.run, tell=tell_status, how=how(status.NAME)),
        help.NAME: partial(help.run, command=command, entries=ENTRIES),
    }


def otherwise(catalog: Catalog) -> Run:
    """What answers a verb nobody knows; it is given all words."""
    return partial(help.otherwise, command=catalog.slack.command, entries=ENTRIES)
