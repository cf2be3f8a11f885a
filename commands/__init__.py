"""The verbs of the slash command: one module each, and the table everything else is made from.

Help, usage, typo suggestions and the documentation all come from `MODULES`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bot.alerts.ack import AcknowledgeByWord
from bot.alerts.silencing.end import KeepSilences
from bot.answers.ask import AskQuestion
from bot.answers.health.gather import AskHealth
from bot.answers.muting import MuteAlarms
from bot.answers.silence import ProposeSilence
from bot.cards.answer import Answer, Later
from bot.cards.help import Entry
from bot.catalog import Catalog
from bot.changes.accept import AcceptChange
from bot.changes.approve import ApproveChange
from bot.changes.audit.review import TellAudit
from bot.changes.diff import TellDiff
from bot.changes.guards.can_deploy import TellGate
from bot.changes.guards.freezing import Freezing
from bot.changes.guards.locking import Locking
from bot.changes.history import TellHistory
from bot.changes.scaling.accept import AcceptScaling
from bot.changes.status import TellStatus
from bot.domain.asked import Asked
from commands import (
    ack,
    alarms,
    alerts,
    approve,
    audit,
    can_i_deploy,
    deploy,
    diff,
    freeze,
    health,
    help,  # noqa: A004  the verb is called so
    history,
    lock,
    logs,
    oncall,
    query,
    restart,
    rollback,
    scale,
    silence,
    status,
    unlock,
)

Run = Callable[[Sequence[str], Asked], Awaitable[Answer | Later | None]]

MODULES = (
    deploy,
    rollback,
    scale,
    restart,
    health,
    status,
    history,
    diff,
    can_i_deploy,
    approve,
    lock,
    unlock,
    freeze,
    audit,
    oncall,
    query,
    logs,
    alarms,
    alerts,
    ack,
    silence,
    help,
)
ENTRIES: Mapping[str, Entry] = {
    module.NAME: Entry(name=module.NAME, usage=module.USAGE, summary=module.SUMMARY)
    for module in MODULES
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """What the verbs ask of the bot."""

    accept: AcceptChange
    scaling: AcceptScaling
    approving: ApproveChange
    locking: Locking
    freezing: Freezing
    tell_status: TellStatus
    tell_history: TellHistory
    tell_diff: TellDiff
    tell_gate: TellGate
    tell_audit: TellAudit
    ask_question: AskQuestion
    ask_health: AskHealth
    mute_alarms: MuteAlarms
    propose_silence: ProposeSilence
    keep_silences: KeepSilences
    acknowledge: AcknowledgeByWord


def verbs(*, catalog: Catalog, ask: UseCases) -> Mapping[str, Run]:
    """Every verb with what it does."""
    command = catalog.slack.command

    def how(name: str) -> str:
        return ENTRIES[name].how(command)

    return {
        deploy.NAME: partial(deploy.run, accept=ask.accept, how=how(deploy.NAME)),
        rollback.NAME: partial(
            rollback.run, accept=ask.accept, how=how(rollback.NAME), catalog=catalog
        ),
        restart.NAME: partial(restart.run, accept=ask.accept, how=how(restart.NAME)),
        scale.NAME: partial(scale.run, accept=ask.scaling, how=how(scale.NAME)),
        health.NAME: partial(health.run, ask=ask.ask_health, how=how(health.NAME)),
        status.NAME: partial(status.run, tell=ask.tell_status, how=how(status.NAME)),
        history.NAME: partial(history.run, tell=ask.tell_history, how=how(history.NAME)),
        diff.NAME: partial(diff.run, tell=ask.tell_diff, how=how(diff.NAME)),
        can_i_deploy.NAME: partial(
            can_i_deploy.run, tell=ask.tell_gate, how=how(can_i_deploy.NAME)
        ),
        approve.NAME: partial(approve.run, approving=ask.approving, how=how(approve.NAME)),
        lock.NAME: partial(lock.run, locking=ask.locking, how=how(lock.NAME), catalog=catalog),
        unlock.NAME: partial(unlock.run, locking=ask.locking, how=how(unlock.NAME)),
        freeze.NAME: partial(
            freeze.run, freezing=ask.freezing, how=how(freeze.NAME), catalog=catalog
        ),
        audit.NAME: partial(audit.run, tell=ask.tell_audit, how=how(audit.NAME)),
        oncall.NAME: partial(
            oncall.run, ask=ask.ask_question, how=how(oncall.NAME), catalog=catalog
        ),
        query.NAME: partial(query.run, ask=ask.ask_question, catalog=catalog),
        logs.NAME: partial(logs.run, ask=ask.ask_question, how=how(logs.NAME), catalog=catalog),
        alarms.NAME: partial(
            alarms.run,
            ask=ask.ask_question,
            mute=ask.mute_alarms,
            how=how(alarms.NAME),
            catalog=catalog,
        ),
        alerts.NAME: partial(
            alerts.run, ask=ask.ask_question, how=how(alerts.NAME), catalog=catalog
        ),
        ack.NAME: partial(ack.run, acknowledge=ask.acknowledge, how=how(ack.NAME), catalog=catalog),
        silence.NAME: partial(
            silence.run,
            propose=ask.propose_silence,
            keep=ask.keep_silences,
            how=how(silence.NAME),
        ),
        help.NAME: partial(help.run, command=command, entries=ENTRIES),
    }


def otherwise(catalog: Catalog) -> Run:
    """What answers a verb nobody knows; it is given all words."""
    return partial(help.otherwise, command=catalog.slack.command, entries=ENTRIES)
