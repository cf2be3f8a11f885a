"""How people and other systems reach the bot: commands, presses, events, webhooks, health."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web
from pydantic import SecretStr

import commands
from bot.alerts.receive import Receiver
from bot.alerts.respond import Respond
from bot.alerts.responding.forms import RespondingForms
from bot.alerts.runbooks.tick import TickStep
from bot.alerts.sentry.press import ActOnIssue
from bot.alerts.silencing.make import MakeSilence
from bot.alerts.storms.press import PressStorm
from bot.alerts.topics import TellTopic
from bot.alerts.verdict import SayOfSuspect
from bot.answers.ask import AskQuestion
from bot.answers.silence_form import SilenceForm
from bot.cards import (
    alarm_buttons,
    alert,
    answer_card,
    audit,
    change_buttons,
    gate,
    guard,
    responding_forms,
    runbook,
    scaling,
    silence_form,
    silence_words,
    suspects,
)
from bot.cards.alert_evidence import issues
from bot.cards.answer import Answer
from bot.catalog import Catalog
from bot.changes.audit.review import ReviewForced
from bot.changes.by_pipeline import DeployByPipeline
from bot.changes.press import PressChange
from bot.changes.promise import Promises
from bot.changes.scaling.press import PressScaling
from bot.changes.scaling.promise import ScalingPromises
from bot.settings import Settings
from bot.slack.channels import Channels
from bot.slack.edge import SlackEdge
from bot.slack.events import Events
from bot.slack.home import Homes
from bot.slack.http import HttpMode
from bot.slack.listeners import Listeners, Tables
from bot.slack.marked import MarkedMessages
from bot.slack.socket import SocketMode
from bot.storage import migrate
from bot.storage.database import Database
from bot.web import health
from bot.web.changes import ChangesApi
from bot.web.senders import AlertmanagerSender, GrafanaSender, PagerDutySender
from bot.web.sentry import SentrySender
from bot.web.server import Listener
from bot.web.sns import SnsSender
from bot.web.webhooks import Webhooks
from integrations.aws.sns import Sns
from integrations.oidc.client import OidcClient

LARGEST_BODY_BYTES = 4 * 1024 * 1024
"""A press on a large message carries the whole message."""


class Lasting(Protocol):
    """Something with a beginning and an end."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


async def started(leaving: AsyncExitStack, lasting: Lasting) -> None:
    """Start it now, and have it stopped when `leaving` is left."""
    await lasting.start()
    leaving.push_async_callback(lasting.stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What people ask of changes, by command and by button."""

    ask: commands.UseCases
    press: PressChange
    review: ReviewForced
    promises: Promises
    press_scaling: PressScaling
    scaling_promises: ScalingPromises


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What the ways in are made of."""

    catalog: Catalog
    settings: Settings
    database: Database
    slack: SlackEdge
    changes: Changes
    asking: AskQuestion
    homes: Homes
    receiver: Receiver
    respond: Respond
    responding: RespondingForms
    marked: MarkedMessages
    act_on_issue: ActOnIssue
    say_of_suspect: SayOfSuspect
    tick_step: TickStep
    silence: MakeSilence
    silence_form: SilenceForm
    storms: PressStorm
    now: Callable[[], datetime]


@asynccontextmanager
async def opened(ways: Ways) -> AsyncIterator[None]:
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
        database=ways.database,
        now=ways.now,
    )
    public = web.Application(client_max_size=LARGEST_BODY_BYTES)
    sns = Sns(ways.catalog.alerts.cloudwatch.topics, settings.sns_endpoint_url)
    public.add_routes(_webhooks(ways, sns).routes())
    oidc = _oidc(ways)
    public.add_routes(_changes_api(ways, oidc).routes())
    sockets = None
    if settings.slack_mode == "http" and secret is not None:
        HttpMode(listeners.app, secret.get_secret_value(), ways.database).add_routes(public)
    elif settings.slack_app_token is not None:
        token = settings.slack_app_token.get_secret_value()
        sockets = SocketMode(listeners.app, token, settings.slack_api_url)
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(sns.aclose)
        if oidc is not None:
            leaving.push_async_callback(oidc.aclose)
        operations = health.application(
            alive={},
            ready={
                "database": _database_answers(ways.database),
                "slack": _slack_reaches_us(sockets),
                "channels": _channels_are_open(slack.channels),
            },
        )
        await started(leaving, Listener(operations, settings.operations_listen))
        await started(leaving, Listener(public, settings.listen))
        if sockets is not None:
            await started(leaving, sockets)
        yield


def _tables(ways: Ways) -> Tables:
    press, ask, catalog = ways.changes.press, ways.changes.ask, ways.catalog
    return Tables(
        verbs=commands.verbs(catalog=catalog, ask=ask),
        actions={
            change_buttons.CONFIRM: press.confirm,
            change_buttons.CANCEL: press.cancel,
            change_buttons.HOLD: press.hold,
            change_buttons.PROMOTE: press.promote,
            change_buttons.KEEP: press.keep,
            change_buttons.WAIT: press.wait,
            change_buttons.ABORT: press.abort,
            change_buttons.ROLL_BACK: press.roll_back,
            scaling.CONFIRM: ways.changes.press_scaling.confirm,
            scaling.CANCEL: ways.changes.press_scaling.cancel,
            scaling.KEEP: ways.changes.press_scaling.keep,
            scaling.REVERT: ways.changes.press_scaling.revert,
            gate.APPROVE: ask.approving.approve,
            gate.REFUSE: ask.approving.refuse,
            guard.UNLOCK: ask.locking.press_unlock,
            guard.KEEP: ask.locking.keep,
            guard.LIFT: ask.freezing.press_lift,
            audit.REVIEWED: ways.changes.review,
            answer_card.AGAIN: ways.asking.again,
            alarm_buttons.MUTE: ask.mute_alarms.press_mute,
            alarm_buttons.UNMUTE: ask.mute_alarms.press_unmute,
            alert.ACKNOWLEDGE: ways.respond.acknowledge,
            alert.RESOLVE: ways.respond.resolve,
            **ways.responding.actions(),
            issues.RESOLVE: ways.act_on_issue.resolve,
            issues.ASSIGN: ways.act_on_issue.assign,
            issues.ARCHIVE: ways.act_on_issue.archive,
            silence_words.FORM: ways.silence_form.open,
            **ways.storms.actions(),
            silence_words.CONFIRM: ways.silence.confirm,
            silence_words.END: ask.keep_silences.press_end,
            silence_words.EXTEND: ask.keep_silences.press_extend,
            suspects.THIS_WAS_IT: ways.say_of_suspect.this_was_it,
            suspects.NOT_THIS: ways.say_of_suspect.not_this,
            runbook.TICK: ways.tick_step,
        },
        events=_events(ways).table(),
        otherwise=commands.otherwise(catalog),
        forms={
            silence_form.SUBMIT: ways.silence_form.submit,
            **ways.responding.submissions(),
            **ways.storms.forms(),
        },
        drawn=ways.storms.drawn(),
        kept={"reaction_added": ways.marked.keep},
        options={responding_forms.SEARCH: ways.responding.choices.suggest},
    )


def _events(ways: Ways) -> Events:
    slack = ways.slack
    return Events(
        people=slack.people,
        replies=slack.replies,
        greeting=_greeting(ways.catalog),
        bot_user_id=slack.identity.user_id,
        entered=slack.channels.entered,
        home_opened=ways.homes.opened,
    )


def _greeting(catalog: Catalog) -> Answer:
    return Answer(f"I work by `{catalog.slack.command}`: `{catalog.slack.command} help` says how.")


def _webhooks(ways: Ways, sns: Sns) -> Webhooks:
    settings, now = ways.settings, ways.now
    channel = ways.catalog.slack.default_channel
    return Webhooks(
        database=ways.database,
        wake=ways.receiver.wake,
        senders=(
            AlertmanagerSender(_plain(settings.alertmanager_webhook_token)),
            PagerDutySender(_plain(*settings.pagerduty_webhook_secrets)),
            GrafanaSender(
                now,
                _plain(settings.grafana_webhook_token),
                _plain(*settings.grafana_webhook_secrets),
            ),
            SentrySender(now, _plain(*settings.sentry_client_secrets)),
            SnsSender(sns, TellTopic(ways.database, channel, now, ways.receiver.tell), now),
        ),
    )


def _plain(*secrets: SecretStr | None) -> tuple[str, ...]:
    """Those there are, as they are compared."""
    return tuple(secret.get_secret_value() for secret in secrets if secret is not None)


def _oidc(ways: Ways) -> OidcClient | None:
    """Who proves pipelines; making it reaches for nothing."""
    if ways.catalog.pipelines is None:
        return None
    return OidcClient(ways.settings.pipeline_issuer_url, ways.catalog.pipelines.audience)


def _changes_api(ways: Ways, oidc: OidcClient | None) -> ChangesApi:
    return ChangesApi(
        deploy=DeployByPipeline(ways.database, ways.changes.ask.accept, ways.now),
        oidc=oidc,
        workspace_url=ways.slack.identity.url,
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
