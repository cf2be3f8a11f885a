"""Starts everything and stops it: the only place that knows the real clock."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from uuid import uuid4

from bot import logs, reporting, secret_references
from bot.alerts.dialects.keep import KeepAlarmEvent
from bot.alerts.runbooks.show import render as show_runbook
from bot.alerts.show import render as show_alert_group
from bot.alerts.storms.press import PressStorm
from bot.alerts.storms.show import render as show_storm
from bot.answers.health.gather import AskHealth
from bot.answers.show import ShowAnswer
from bot.answers.silence_form import SilenceForm
from bot.assembly.alerts import assembled_alerts, marked_messages, responding_forms
from bot.assembly.answers import addresses_of, answer_cards, asking_desk, homes_of
from bot.assembly.changes import assembled_changes
from bot.assembly.chores import ON_CALL_S, SWEEP_S, housekeeping, sweeps
from bot.catalog import Catalog
from bot.catalog_file import load
from bot.changes.audit.announce import show_notice
from bot.changes.guards.keep import show_freeze, show_lock, show_nudge
from bot.changes.markers import Marks
from bot.changes.outside import SweepOthers
from bot.changes.outside.events import EcsEvents
from bot.changes.scaling.show import ShowScaling
from bot.changes.show import ShowChange
from bot.chores import Chore, Chores
from bot.domain.card import Kind
from bot.engine import SQLITE, Engine, EngineSettings
from bot.failover import Failover
from bot.home.on_call import KeepOnCall
from bot.outside import connected
from bot.settings import Settings, config_file, read_settings
from bot.slack.deliver import Deliverer
from bot.slack.edge import connected_slack
from bot.slack.rhythm import Rhythm
from bot.storage import migrate
from bot.storage.database import Database
from bot.ways_in import Ways, opened, started
from bot.world import World

DRAIN_S = 3

OVERDUE = 75
"""The exit status of a process that could not leave before another took over (EX_TEMPFAIL)."""

ALONE = "local"
"""The one process on SQLite."""

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
                Kind.ANSWER: ShowAnswer(answer_cards(catalog, settings)),
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
        addresses = addresses_of(settings, slack)
        asking = asking_desk(world, slack, addresses)
        ask_health = AskHealth(world, asking, addresses)
        alerts = assembled_alerts(world, engine, slack)
        changes = assembled_changes(world, engine, slack, asking, ask_health, alerts.respond)
        leaving.push_async_callback(changes.promises.settle)
        leaving.push_async_callback(changes.scaling_promises.settle)
        others = SweepOthers(world, changes.promises)
        await started(leaving, deliverer)
        homes = homes_of(world, slack, replica)
        await started(leaving, homes)
        leaving.push_async_callback(asking.stop)
        storms = PressStorm.of(world, engine, alerts.respond.who, alerts.silence)
        alerts.receiver.start()
        leaving.push_async_callback(alerts.receiver.stop)
        keep_alarm = KeepAlarmEvent(database, alerts.receiver.wake)
        responding = responding_forms(world, alerts.respond)
        marked = marked_messages(world, slack, responding)
        leaving.push_async_callback(marked.stop)
        events = EcsEvents(world, engine, others, keep_alarm)
        events.start()
        leaving.push_async_callback(events.stop)
        chores = [
            *sweeps(world, changes, alerts, marks, others),
            Chore("sweep answers", SWEEP_S, asking.sweep),
            Chore("sweep storms", SWEEP_S, storms.acknowledge.sweep),
            Chore("read marked messages", SWEEP_S, marked.sweep),
            Chore("look up who is on call", ON_CALL_S, KeepOnCall(world)),
            *housekeeping(world, engine),
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
