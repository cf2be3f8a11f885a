"""Builds everything and joins it: the only place that knows the real clock."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from uuid import uuid4

from bot import logs, metrics, reporting, secret_references
from bot.alerts.ack import AcknowledgeByWord
from bot.alerts.annotating import SweepMarks
from bot.alerts.dialects.keep import KeepAlarmEvent
from bot.alerts.dialects.reconcile import ReconcileAlarms
from bot.alerts.dialects.reconcile_grafana import ReconcileGrafana
from bot.alerts.evidence.panel_index import READ_EVERY_S, ReadPanels
from bot.alerts.group import GroupAlerts
from bot.alerts.join import JoinIncident
from bot.alerts.notes.mark import NoteMarked
from bot.alerts.notes.write import WriteNote
from bot.alerts.receive import Receiver
from bot.alerts.reconcile import ReconcileAlertmanager
from bot.alerts.reconcile_pagerduty import ReconcilePagerDuty
from bot.alerts.respond import Respond
from bot.alerts.responding.choices import Choices
from bot.alerts.responding.forms import RespondingForms
from bot.alerts.responding.who import WhoInPagerDuty
from bot.alerts.runbooks.show import render as show_runbook
from bot.alerts.runbooks.tick import TickStep
from bot.alerts.sentry.keep import KeepIssues
from bot.alerts.sentry.press import ActOnIssue
from bot.alerts.sentry.reconcile import ReconcileSentry
from bot.alerts.sentry.sweep import SweepIssueActs
from bot.alerts.show import render as show_alert_group
from bot.alerts.silencing.end import KeepSilences
from bot.alerts.silencing.make import MakeSilence
from bot.alerts.silencing.sync import SyncSilences
from bot.alerts.storms.press import PressStorm
from bot.alerts.storms.show import render as show_storm
from bot.alerts.storms.unfold import EndStorms
from bot.alerts.sweep import BeginLooks, SweepAlerts
from bot.alerts.verdict import SayOfSuspect
from bot.answers.alarms import GatherAlarms
from bot.answers.ask import AskQuestion, Gather
from bot.answers.firing import GatherFiring
from bot.answers.health.addresses import Addresses
from bot.answers.health.gather import AskHealth, GatherHealth
from bot.answers.logs import GatherLogs
from bot.answers.muting import MuteAlarms
from bot.answers.oncall import GatherOnCall
from bot.answers.query import GatherQuery
from bot.answers.show import ShowAnswer
from bot.answers.silence import GatherSilence, ProposeSilence
from bot.answers.silence_form import SilenceForm
from bot.cards.alarms import alarms as alarms_card
from bot.cards.answer_card import AnswerView
from bot.cards.blocks import Message
from bot.cards.firing import firing as firing_card
from bot.cards.health import card as health_card
from bot.cards.logs import LogsCard
from bot.cards.oncall import oncall as oncall_card
from bot.cards.query import QueryCard
from bot.cards.query_links import Pages
from bot.cards.silence import silence as silence_card
from bot.catalog import Catalog
from bot.catalog_file import load
from bot.changes.accept import AcceptChange
from bot.changes.approve import ApproveChange
from bot.changes.audit.announce import PostHead, show_notice
from bot.changes.audit.review import ReviewForced, TellAudit
from bot.changes.diff import TellDiff
from bot.changes.guards.can_deploy import TellGate
from bot.changes.guards.freezing import Freezing
from bot.changes.guards.keep import KeepGuards, show_freeze, show_lock, show_nudge
from bot.changes.guards.locking import Locking
from bot.changes.history import TellHistory
from bot.changes.markers import Marks
from bot.changes.observe import Observe
from bot.changes.outside import SweepOthers
from bot.changes.outside.events import EcsEvents
from bot.changes.press import PressChange
from bot.changes.promise import Promises
from bot.changes.scaling.accept import AcceptScaling
from bot.changes.scaling.press import PressScaling
from bot.changes.scaling.promise import ScalingPromises
from bot.changes.scaling.show import ShowScaling
from bot.changes.show import ShowChange
from bot.changes.status import TellStatus
from bot.chores import Chore, Chores
from bot.domain.card import Kind
from bot.domain.question import QuestionKind
from bot.engine import SQLITE, Engine, EngineSettings
from bot.failover import Failover
from bot.home.look import LookAtHomes
from bot.home.on_call import KeepOnCall
from bot.outside import connected
from bot.settings import Settings, config_file, read_settings
from bot.slack.deliver import Deliverer
from bot.slack.edge import SlackEdge, connected_slack
from bot.slack.home import Homes
from bot.slack.marked import MarkedMessages
from bot.slack.rhythm import Rhythm
from bot.storage import deduplication, inbox, leases, migrate
from bot.storage.database import Database
from bot.ways_in import Changes, Ways, opened, started
from bot.web.senders import PAGERDUTY_PATH
from bot.world import World
from commands import UseCases

DRAIN_S = 3
OVERDUE = 75
"""The exit status of a process that could not leave before another took over (EX_TEMPFAIL)."""
ALONE = "local"
"""The one process on SQLite."""
FORGET_AFTER = timedelta(days=30)
"""Ended workflows; longer than any row that names one can still be swept."""
MINUTE_S = 60.0
HOUR_S = 3600.0
SWEEP_S = 5.0
SCALINGS_S = 2.0
"""How late a scaling may go back that stands for a while only."""
SWEEP_OTHERS_S = 30.0
RECONCILE_S = 30.0
SILENCES_S = 15.0
"""How late a card learns of a silence made elsewhere; two calls, or none while all is quiet."""
STORMS_S = 2.0
"""How late a storm may end; one small query each time while there is none."""
GUARDS_S = 30.0
OBSERVE_S = 15.0
"""How old `status` may be; one DescribeServices per ten services each time."""
ON_CALL_S = 5.0
"""How soon who is on call is looked up when somebody opens their home; else every five minutes."""
ANSWER_CARDS: Mapping[QuestionKind, Callable[[AnswerView], Message]] = {
    QuestionKind.ALARMS: alarms_card,
    QuestionKind.ALERTS: firing_card,
    QuestionKind.ONCALL: oncall_card,
    QuestionKind.HEALTH: health_card,
    QuestionKind.SILENCE: silence_card,
}
"""How the answer to each kind of question is shown."""

log = logging.getLogger(__name__)


async def run(environment: Mapping[str, str]) -> int:
    """Run the bot until SIGTERM or SIGINT; returns the exit status.

    Raises:
        ConfigurationError: it cannot start, and why.
        NotReached: it cannot start now, and why.
    """
    catalog, settings = await configured(environment)
    logs.start(settings.log_level)
    release = version("credlink-bot")
    dsn = settings.sentry_dsn.get_secret_value() if settings.sentry_dsn else None
    reporting.start(dsn, release=release, environment=os.environ.get("SENTRY_ENVIRONMENT", "bot"))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(catalog, settings, stop):
        log.info("started", extra={"action": "started", "release": release})
        await stop.wait()
        log.info("stopping", extra={"action": "stopping"})
    log.info("stopped", extra={"action": "stopped"})
    return 0


async def configured(environment: Mapping[str, str]) -> tuple[Catalog, Settings]:
    """Read the catalogue and the settings; the setting of `pace` wins over the catalogue's."""
    catalog = load(config_file(environment))
    settings = read_settings(await secret_references.resolved(environment), catalog)
    return catalog.model_copy(update={"pace": settings.pace}), settings


async def upgrade(environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Bring the tables to this version's shape; returns the revision before and after."""
    _, settings = await configured(environment)
    database = Database(settings.database_url)
    try:
        return await migrate.upgrade(database)
    finally:
        await database.close()


@asynccontextmanager
async def running(catalog: Catalog, settings: Settings, stop: asyncio.Event) -> AsyncIterator[None]:
    """Everything started, in the order of who needs whom, and stopped the other way round.

    `stop` is set when this process must leave: another replica may be doing its work.
    """
    async with AsyncExitStack() as leaving:
        database = Database(settings.database_url)
        leaving.push_async_callback(database.close)
        await migrate.upgrade(database)
        outside = await leaving.enter_async_context(connected(settings))
        slack = await leaving.enter_async_context(connected_slack(settings, catalog))
        # One process has one name for ever: what it held when its power was cut is its own at once.
        several = not settings.engine_database_url.startswith(SQLITE)
        replica = f"{socket.gethostname()}-{uuid4().hex[:8]}" if several else ALONE
        deliverer = Deliverer(
            database=database,
            api=slack.api,
            channels=slack.channels,
            renders={
                Kind.CHANGE: ShowChange(catalog, slack.people.groups_of),
                Kind.SCALING: ShowScaling(catalog, slack.people.groups_of),
                Kind.ALERT_GROUP: show_alert_group,
                Kind.STORM: show_storm,
                Kind.RUNBOOK: show_runbook,
                Kind.ANSWER: ShowAnswer(_answer_cards(catalog, settings)),
                Kind.LOCK: show_lock,
                Kind.FREEZE: show_freeze,
                Kind.NUDGE: show_nudge,
                Kind.SYSTEM: show_notice,
            },
            owner=replica,
            now=now,
            rhythm=Rhythm(pace=settings.pace),
        )
        marks = Marks(database, now, settings.pace)
        world = World(
            database=database,
            catalog=catalog,
            aws=outside.aws,
            prometheus=outside.prometheus,
            prometheus_of_people=outside.prometheus_of_people,
            alertmanager=outside.alertmanager,
            grafana=outside.grafana,
            pagerduty=outside.pagerduty,
            sentry=outside.sentry,
            change_events=outside.change_events,
            tell_others=marks.begin,
            now=now,
            pace=settings.pace,
            wake=deliverer.wake,
            workspace_url=slack.identity.url,
        )
        engine = await leaving.enter_async_context(_engine(settings, world, replica, stop))
        marks.use(engine)
        leaving.push_async_callback(marks.settle)
        addresses = _addresses(settings, slack)
        asking = _asking(world, slack, addresses)
        ask_health = AskHealth(world, asking, addresses)
        alerts = _alerts(world, engine, slack)
        changes = _changes(world, engine, slack, asking, ask_health, alerts.respond)
        leaving.push_async_callback(changes.promises.settle)
        leaving.push_async_callback(changes.scaling_promises.settle)
        others = SweepOthers(world, changes.promises)
        await started(leaving, deliverer)
        homes = _homes(world, slack, replica)
        await started(leaving, homes)
        leaving.push_async_callback(asking.stop)
        storms = PressStorm.of(world, engine, alerts.respond.who, alerts.silence)
        alerts.receiver.start()
        leaving.push_async_callback(alerts.receiver.stop)
        keep_alarm = KeepAlarmEvent(database, alerts.receiver.wake)
        responding = _responding(world, alerts.respond)
        marked = _marked(world, slack, responding)
        leaving.push_async_callback(marked.stop)
        events = EcsEvents(world, engine, others, keep_alarm)
        events.start()
        leaving.push_async_callback(events.stop)
        chores = [
            *_sweeps(world, changes, alerts, marks, others),
            Chore("sweep answers", SWEEP_S, asking.sweep),
            Chore("sweep storms", SWEEP_S, storms.acknowledge.sweep),
            Chore("read marked messages", SWEEP_S, marked.sweep),
            Chore("look up who is on call", ON_CALL_S, KeepOnCall(world)),
            *_housekeeping(world, engine),
        ]
        await leaving.enter_async_context(_doing(Chores(chores, world.pace)))
        ways = Ways(
            catalog=catalog,
            settings=settings,
            database=database,
            slack=slack,
            changes=changes,
            asking=asking,
            homes=homes,
            receiver=alerts.receiver,
            respond=alerts.respond,
            responding=responding,
            marked=marked,
            act_on_issue=alerts.act_on_issue,
            say_of_suspect=alerts.say_of_suspect,
            tick_step=alerts.tick_step,
            silence=alerts.silence,
            silence_form=SilenceForm(world, changes.ask.propose_silence),
            storms=storms,
            now=now,
        )
        await leaving.enter_async_context(opened(ways))
        await slack.channels.enter()
        yield


@asynccontextmanager
async def _engine(
    settings: Settings, world: World, replica: str, stop: asyncio.Event
) -> AsyncIterator[Engine]:
    """The engine, and on PostgreSQL what lets another replica take over."""
    several = replica != ALONE
    engine = Engine(EngineSettings(settings.engine_database_url, replica), world)
    failover = Failover(
        world.database,
        engine,
        replica,
        lost=stop.set,
        pace=settings.pace,
        overdue=partial(os._exit, OVERDUE),
    )
    if several:
        await failover.beat()
    await engine.start()
    try:
        if several:
            await failover.start()
        yield engine
    finally:
        # Drained first: another replica must not begin what this one is still finishing.
        await engine.stop(drain_s=DRAIN_S)
        if several:
            await failover.stop()


def _answer_cards(
    catalog: Catalog, settings: Settings
) -> Mapping[QuestionKind, Callable[[AnswerView], Message]]:
    """The renderers of every kind of answer; some link to where other systems are."""
    pages = Pages.at(
        prometheus=settings.prometheus_url,
        grafana=settings.grafana_public_url or settings.grafana_url,
    )
    return {
        **ANSWER_CARDS,
        QuestionKind.QUERY: QueryCard(pages=pages),
        QuestionKind.LOGS: LogsCard(catalog),
    }


def _addresses(settings: Settings, slack: SlackEdge) -> Addresses:
    """Where people look at what a health card says."""
    return Addresses.of(
        prometheus=settings.prometheus_url,
        alertmanager=settings.alertmanager_url,
        grafana=settings.grafana_public_url or settings.grafana_url,
        sentry=settings.sentry_url,
        slack=slack.identity.url,
    )


def _gathers(world: World, addresses: Addresses) -> Mapping[QuestionKind, Gather]:
    """What asks the sources of each kind of question."""
    return {
        QuestionKind.HEALTH: GatherHealth(world=world, addresses=addresses),
        QuestionKind.ONCALL: GatherOnCall(world),
        QuestionKind.QUERY: GatherQuery(world),
        QuestionKind.LOGS: GatherLogs(world),
        QuestionKind.ALARMS: GatherAlarms(world),
        QuestionKind.SILENCE: GatherSilence(world),
        QuestionKind.ALERTS: GatherFiring(world, addresses),
    }


def _homes(world: World, slack: SlackEdge, replica: str) -> Homes:
    look = LookAtHomes(
        catalog=world.catalog,
        show_change=ShowChange(world.catalog, slack.people.groups_of),
        groups_of=slack.people.groups_of,
        workspace_url=slack.identity.url,
        now=world.now,
    )
    return Homes(
        database=world.database,
        api=slack.api,
        look=look,
        owner=replica,
        rhythm=Rhythm(pace=world.pace),
    )


def _asking(world: World, slack: SlackEdge, addresses: Addresses) -> AskQuestion:
    return AskQuestion(
        database=world.database,
        catalog=world.catalog,
        gathers=_gathers(world, addresses),
        stand=slack.stand,
        now=world.now,
        wake=world.wake,
    )


def _changes(
    world: World,
    engine: Engine,
    slack: SlackEdge,
    asking: AskQuestion,
    ask_health: AskHealth,
    respond: Respond,
) -> Changes:
    promises = Promises(world.database, engine, world.now, world.pace)
    database, catalog, now, wake = world.database, world.catalog, world.now, world.wake
    acting = (database, catalog, promises, now, wake)
    scaling_promises = ScalingPromises(database, engine, now, wake, world.pace)
    scaling = (database, catalog, scaling_promises, now, wake)
    return Changes(
        ask=UseCases(
            accept=AcceptChange(*acting),
            scaling=AcceptScaling(*scaling),
            approving=ApproveChange(*acting, slack.people.groups_of),
            locking=Locking(database, catalog, now, wake),
            freezing=Freezing(database, catalog, now, wake),
            tell_status=TellStatus(database, catalog, now),
            tell_history=TellHistory(database, catalog, now),
            tell_diff=TellDiff(world),
            tell_gate=TellGate(database, catalog, now),
            tell_audit=TellAudit(database, catalog, now),
            ask_question=asking,
            ask_health=ask_health,
            mute_alarms=MuteAlarms(world=world, asking=asking),
            propose_silence=ProposeSilence(world, asking),
            keep_silences=KeepSilences(world=world, name_of=slack.people.name_of),
            acknowledge=AcknowledgeByWord(database=database, catalog=catalog, respond=respond),
        ),
        press=PressChange(*acting),
        review=ReviewForced(database, catalog, now, wake),
        promises=promises,
        press_scaling=PressScaling(*scaling),
        scaling_promises=scaling_promises,
    )


@dataclass(frozen=True, slots=True)
class _Alerts:
    receiver: Receiver
    respond: Respond
    act_on_issue: ActOnIssue
    say_of_suspect: SayOfSuspect
    tick_step: TickStep
    sweep: SweepAlerts
    sweep_issue_acts: SweepIssueActs
    reconcile: ReconcileAlertmanager
    end_storms: EndStorms
    silences: SyncSilences
    silence: MakeSilence


def _alerts(world: World, engine: Engine, slack: SlackEdge) -> _Alerts:
    sync = SyncSilences(world)
    return _Alerts(
        receiver=Receiver(
            database=world.database,
            group=GroupAlerts(world.catalog),
            join=JoinIncident(world.catalog, world.pace),
            begin=BeginLooks(engine, world.pace),
            now=world.now,
            tell=world.wake,
            pace=world.pace,
        ),
        respond=Respond(
            database=world.database,
            catalog=world.catalog,
            engine=engine,
            who=WhoInPagerDuty(
                database=world.database,
                pagerduty=world.pagerduty,
                email_of=slack.email_of,
                now=world.now,
            ),
            now=world.now,
            tell=world.wake,
            pace=world.pace,
        ),
        act_on_issue=ActOnIssue(
            database=world.database,
            catalog=world.catalog,
            engine=engine,
            email_of=slack.email_of,
            name_of=slack.people.name_of,
            workspace_url=slack.identity.url,
            now=world.now,
            tell=world.wake,
            pace=world.pace,
        ),
        say_of_suspect=SayOfSuspect(
            database=world.database, catalog=world.catalog, now=world.now, tell=world.wake
        ),
        tick_step=TickStep(
            database=world.database,
            catalog=world.catalog,
            name_of=slack.people.name_of,
            tell=world.wake,
        ),
        sweep=SweepAlerts(world.database, engine, world.now, world.pace),
        sweep_issue_acts=SweepIssueActs(world.database, engine, world.now, world.pace),
        reconcile=ReconcileAlertmanager(world, BeginLooks(engine, world.pace)),
        end_storms=EndStorms(world, BeginLooks(engine, world.pace)),
        silences=sync,
        silence=MakeSilence(
            world=world,
            sync=sync,
            name_of=slack.people.name_of,
            workspace_url=slack.identity.url,
        ),
    )


def _responding(world: World, respond: Respond) -> RespondingForms:
    return RespondingForms(
        respond=respond,
        write=WriteNote(respond),
        choices=Choices(world.pagerduty, world.now),
        emoji=world.catalog.alerts.note_emoji,
    )


def _marked(world: World, slack: SlackEdge, responding: RespondingForms) -> MarkedMessages:
    return MarkedMessages(
        api=slack.api,
        replies=slack.replies,
        database=world.database,
        emoji=world.catalog.alerts.note_emoji,
        bot_user_id=slack.identity.user_id,
        take=NoteMarked(
            write=responding.write,
            name_of=slack.people.name_of,
            groups_of=slack.people.groups_of,
            workspace_url=slack.identity.url,
        ),
        now=world.now,
        pace=world.pace,
    )


def _sweeps(
    world: World, changes: Changes, alerts: _Alerts, marks: Marks, others: SweepOthers
) -> list[Chore]:
    """What looks again and again whether something was promised, or done by others."""
    head = PostHead(world.database, world.catalog, world.now, world.wake)
    guards = KeepGuards(world.database, world.now, world.wake, world.pace)
    return [
        Chore("observe", OBSERVE_S, Observe(world)),
        Chore("sweep changes", SWEEP_S, changes.promises.sweep),
        Chore("sweep scalings", SCALINGS_S, changes.scaling_promises.sweep),
        Chore("sweep marks", SWEEP_S, marks.sweep),
        Chore("read Grafana's panels", READ_EVERY_S, ReadPanels(world)),
        Chore("sweep alerts", SWEEP_S, alerts.sweep),
        Chore("sweep issue acts", SWEEP_S, alerts.sweep_issue_acts),
        Chore("look at Sentry's issues", SWEEP_S, KeepIssues(world)),
        Chore("reconcile Sentry", MINUTE_S, ReconcileSentry(world)),
        Chore("end storms", STORMS_S, alerts.end_storms),
        Chore("make silences", SWEEP_S, alerts.silence.sweep),
        Chore("read silences", SILENCES_S, alerts.silences),
        Chore("reconcile Alertmanager", RECONCILE_S, alerts.reconcile),
        Chore("reconcile alarms", RECONCILE_S, ReconcileAlarms(world, alerts.reconcile.begin)),
        Chore("reconcile Grafana", RECONCILE_S, ReconcileGrafana(world, alerts.reconcile.begin)),
        Chore("reconcile PagerDuty", MINUTE_S, ReconcilePagerDuty(world, PAGERDUTY_PATH)),
        Chore("sweep others' changes", SWEEP_OTHERS_S, others),
        Chore("keep locks and freezes", GUARDS_S, guards),
        Chore("post the audit's head", MINUTE_S, head),
    ]


def _housekeeping(world: World, engine: Engine) -> list[Chore]:
    async def forget() -> None:
        await engine.forget(ended_before=now() - FORGET_AFTER)
        async with world.database.write() as connection:
            await deduplication.forget_expired(connection)
            await inbox.forget_done(connection, older_than_s=FORGET_AFTER.total_seconds())
            await leases.forget_expired(connection, older_than_s=FORGET_AFTER.total_seconds())

    async def count_given_up() -> None:
        metrics.workflows_given_up.set(len(await engine.given_up()))

    return [
        Chore("count given up", MINUTE_S, count_given_up),
        Chore("forget", HOUR_S, forget),
        Chore("sweep marks of alerts", SWEEP_S, SweepMarks(world, engine)),
    ]


@asynccontextmanager
async def _doing(chores: Chores) -> AsyncIterator[None]:
    chores.start()
    try:
        yield
    finally:
        await chores.stop()


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)
