"""What alerts are made of: what takes them in, what acts on them."""

from dataclasses import dataclass

from bot.alerts.group import GroupAlerts
from bot.alerts.join import JoinIncident
from bot.alerts.notes.mark import NoteMarked
from bot.alerts.notes.write import WriteNote
from bot.alerts.receive import Receiver
from bot.alerts.reconcile import ReconcileAlertmanager
from bot.alerts.respond import Respond
from bot.alerts.responding.choices import Choices
from bot.alerts.responding.forms import RespondingForms
from bot.alerts.responding.who import WhoInPagerDuty
from bot.alerts.runbooks.tick import TickStep
from bot.alerts.sentry.press import ActOnIssue
from bot.alerts.sentry.sweep import SweepIssueActs
from bot.alerts.silencing.make import MakeSilence
from bot.alerts.silencing.sync import SyncSilences
from bot.alerts.storms.unfold import EndStorms
from bot.alerts.sweep import BeginLooks, SweepAlerts
from bot.alerts.verdict import SayOfSuspect
from bot.engine import Engine
from bot.slack.edge import SlackEdge
from bot.slack.marked import MarkedMessages
from bot.world import World


@dataclass(frozen=True, slots=True)
class Alerts:
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


def assembled_alerts(world: World, engine: Engine, slack: SlackEdge) -> Alerts:
    sync = SyncSilences(world)
    return Alerts(
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


def responding_forms(world: World, respond: Respond) -> RespondingForms:
    return RespondingForms(
        respond=respond,
        write=WriteNote(respond),
        choices=Choices(world.pagerduty, world.now),
        emoji=world.catalog.alerts.note_emoji,
    )


def marked_messages(world: World, slack: SlackEdge, responding: RespondingForms) -> MarkedMessages:
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
