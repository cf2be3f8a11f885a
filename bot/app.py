"""Builds everything and joins it: the only place that knows the real clock."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import Protocol
from uuid import uuid4

from aiohttp import web

import commands
from bot import logs, metrics, reporting, secret_references
from bot.alerts.group import GroupAlerts
from bot.alerts.join import JoinIncident
from bot.alerts.receive import Receiver
from bot.alerts.respond import Respond
from bot.alerts.show import render as show_alert_group
from bot.alerts.sweep import BeginLooks, SweepAlerts
from bot.cards.alert import ACKNOWLEDGE, RESOLVE
from bot.cards.answer import Answer
from bot.cards.change_buttons import ABORT, CANCEL, CONFIRM, ROLL_BACK
from bot.catalog import Catalog
from bot.catalog_file import load
from bot.changes.accept import AcceptChange
from bot.changes.observe import Observe
from bot.changes.press import PressChange
from bot.changes.promise import Promises
from bot.changes.show import ShowChange
from bot.changes.status import TellStatus
from bot.chores import Chore, Chores
from bot.domain.card import Kind
from bot.engine import SQLITE, Engine, EngineSettings
from bot.failover import Failover
from bot.outside import connected
from bot.settings import Settings, config_file, read_settings
from bot.slack.channels import Channels
from bot.slack.deliver import Deliverer
from bot.slack.edge import SlackEdge, connected_slack
from bot.slack.events import Events
from bot.slack.http import HttpMode
from bot.slack.listeners import Listeners, Tables
from bot.slack.rhythm import Rhythm
from bot.slack.socket import SocketMode
from bot.storage import deduplication, inbox, leases, migrate
from bot.storage.database import Database
from bot.web import health
from bot.web.server import Listener
from bot.web.webhooks import Webhooks
from bot.world import World

DRAIN_S = 10
OVERDUE = 75
"""The exit status of a process that could not leave before another took over (EX_TEMPFAIL)."""
ALONE = "local"
"""The one process on SQLite."""
FORGET_AFTER = timedelta(days=30)
"""Ended workflows; longer than any row that names one can still be swept."""
MINUTE_S = 60.0
HOUR_S = 3600.0
SWEEP_S = 5.0
OBSERVE_S = 15.0
"""How old `status` may be; one DescribeServices per ten services each time."""
LARGEST_BODY_BYTES = 4 * 1024 * 1024
"""A press on a large message carries the whole message."""

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
                Kind.ALERT_GROUP: show_alert_group,
            },
            owner=replica,
            now=now,
            rhythm=Rhythm(pace=settings.pace),
        )
        world = World(
            database=database,
            catalog=catalog,
            aws=outside.aws,
            prometheus=outside.prometheus,
            pagerduty=outside.pagerduty,
            now=now,
            pace=settings.pace,
            wake=deliverer.wake,
        )
        engine = await leaving.enter_async_context(_engine(settings, world, replica, stop))
        changes = _changes(world, engine)
        leaving.push_async_callback(changes.promises.settle)
        alerts = _alerts(world, engine, slack)
        await _started(leaving, deliverer)
        alerts.receiver.start()
        leaving.push_async_callback(alerts.receiver.stop)
        await leaving.enter_async_context(_chores(world, engine, changes, alerts))
        ways_in = _Ways(catalog, settings, world, slack, changes, alerts)
        await leaving.enter_async_context(_open(ways_in))
        await slack.channels.enter()
        yield


class _Lasting(Protocol):
    """Something with a beginning and an end."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


async def _started(leaving: AsyncExitStack, lasting: _Lasting) -> None:
    await lasting.start()
    leaving.push_async_callback(lasting.stop)


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


@dataclass(frozen=True, slots=True)
class _Changes:
    accept: AcceptChange
    press: PressChange
    tell_status: TellStatus
    promises: Promises


def _changes(world: World, engine: Engine) -> _Changes:
    promises = Promises(world.database, engine, world.now, world.pace)
    shared = (world.database, world.catalog, promises, world.now, world.wake)
    return _Changes(
        accept=AcceptChange(*shared),
        press=PressChange(*shared),
        tell_status=TellStatus(world.database, world.catalog, world.now),
        promises=promises,
    )


@dataclass(frozen=True, slots=True)
class _Alerts:
    receiver: Receiver
    respond: Respond
    sweep: SweepAlerts


def _alerts(world: World, engine: Engine, slack: SlackEdge) -> _Alerts:
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
            pagerduty=world.pagerduty,
            email_of=slack.email_of,
            now=world.now,
            tell=world.wake,
            pace=world.pace,
        ),
        sweep=SweepAlerts(world.database, engine, world.now, world.pace),
    )


@asynccontextmanager
async def _chores(
    world: World, engine: Engine, changes: _Changes, alerts: _Alerts
) -> AsyncIterator[None]:
    async def forget() -> None:
        await engine.forget(ended_before=now() - FORGET_AFTER)
        async with world.database.write() as connection:
            await deduplication.forget_expired(connection)
            await inbox.forget_done(connection, older_than_s=FORGET_AFTER.total_seconds())
            await leases.forget_expired(connection, older_than_s=FORGET_AFTER.total_seconds())

    async def count_given_up() -> None:
        metrics.workflows_given_up.set(len(await engine.given_up()))

    chores = Chores(
        [
            Chore("observe", OBSERVE_S, Observe(world)),
            Chore("sweep changes", SWEEP_S, changes.promises.sweep),
            Chore("sweep alerts", SWEEP_S, alerts.sweep),
            Chore("count given up", MINUTE_S, count_given_up),
            Chore("forget", HOUR_S, forget),
        ],
        world.pace,
    )
    chores.start()
    try:
        yield
    finally:
        await chores.stop()


@dataclass(frozen=True, slots=True)
class _Ways:
    """What the ways in are made of."""

    catalog: Catalog
    settings: Settings
    world: World
    slack: SlackEdge
    changes: _Changes
    alerts: _Alerts


@asynccontextmanager
async def _open(ways: _Ways) -> AsyncIterator[None]:
    """Take commands, presses, events and webhooks; the last to open and the first to close."""
    settings, slack = ways.settings, ways.slack
    secret = settings.slack_signing_secret
    listeners = Listeners(
        api=slack.api,
        identity=slack.identity,
        signing_secret=secret.get_secret_value() if secret else "",
        tables=_tables(ways),
        groups=slack.people.groups_of,
        replies=slack.replies,
        database=ways.world.database,
        now=now,
    )
    public = web.Application(client_max_size=LARGEST_BODY_BYTES)
    public.add_routes(_webhooks(ways).routes())
    sockets = None
    if settings.slack_mode == "http" and secret is not None:
        HttpMode(listeners.app, secret.get_secret_value(), ways.world.database).add_routes(public)
    elif settings.slack_app_token is not None:
        token = settings.slack_app_token.get_secret_value()
        sockets = SocketMode(listeners.app, token, settings.slack_api_url)
    async with AsyncExitStack() as leaving:
        operations = health.application(
            alive={},
            ready={
                "database": _database_answers(ways.world.database),
                "slack": _slack_reaches_us(sockets),
                "channels": _channels_are_open(slack.channels),
            },
        )
        await _started(leaving, Listener(operations, settings.operations_listen))
        await _started(leaving, Listener(public, settings.listen))
        if sockets is not None:
            await _started(leaving, sockets)
        yield


def _tables(ways: _Ways) -> Tables:
    changes, catalog = ways.changes, ways.catalog
    return Tables(
        verbs=commands.verbs(
            catalog=catalog, accept=changes.accept, tell_status=changes.tell_status
        ),
        actions={
            CONFIRM: changes.press.confirm,
            CANCEL: changes.press.cancel,
            ABORT: changes.press.abort,
            ROLL_BACK: changes.press.roll_back,
            ACKNOWLEDGE: ways.alerts.respond.acknowledge,
            RESOLVE: ways.alerts.respond.resolve,
        },
        events=Events(ways.slack.people, ways.slack.replies, _greeting(catalog)).table(),
        otherwise=commands.otherwise(catalog),
    )


def _greeting(catalog: Catalog) -> Answer:
    return Answer(f"I work by `{catalog.slack.command}`: `{catalog.slack.command} help` says how.")


def _webhooks(ways: _Ways) -> Webhooks:
    settings = ways.settings
    token = settings.alertmanager_webhook_token
    return Webhooks(
        database=ways.world.database,
        wake=ways.alerts.receiver.wake,
        alertmanager_tokens=(token.get_secret_value(),) if token else (),
        pagerduty_secrets=[
            secret.get_secret_value() for secret in settings.pagerduty_webhook_secrets
        ],
    )


def _database_answers(database: Database) -> health.Check:
    async def check() -> str | None:
        return None if await migrate.is_current(database) else "the tables are of another version"

    return check


def _slack_reaches_us(sockets: SocketMode | None) -> health.Check:
    async def check() -> str | None:
        if sockets is None or sockets.is_connected:
            return None
        return "no socket to Slack is connected"

    return check


def _channels_are_open(channels: Channels) -> health.Check:
    async def check() -> str | None:
        if not channels.has_entered:
            return "the configured channels are being joined"
        return "; ".join(channels.unreachable.values()) or None

    return check


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)
