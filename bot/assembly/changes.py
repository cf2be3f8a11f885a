"""What people ask of changes, by command and by button."""

from bot.alerts.ack import AcknowledgeByWord
from bot.alerts.respond import Respond
from bot.alerts.silencing.end import KeepSilences
from bot.answers.ask import AskQuestion
from bot.answers.health.gather import AskHealth
from bot.answers.muting import MuteAlarms
from bot.answers.silence import ProposeSilence
from bot.changes.accept import AcceptChange
from bot.changes.approve import ApproveChange
from bot.changes.audit.review import ReviewForced, TellAudit
from bot.changes.diff import TellDiff
from bot.changes.guards.can_deploy import TellGate
from bot.changes.guards.freezing import Freezing
from bot.changes.guards.locking import Locking
from bot.changes.history import TellHistory
from bot.changes.press import PressChange
from bot.changes.promise import Promises
from bot.changes.scaling.accept import AcceptScaling
from bot.changes.scaling.press import PressScaling
from bot.changes.scaling.promise import ScalingPromises
from bot.changes.status import TellStatus
from bot.engine import Engine
from bot.slack.edge import SlackEdge
from bot.ways_in import Changes
from bot.world import World
from commands import UseCases


def assembled_changes(
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
