"""What is done again and again, and how often."""

from datetime import timedelta

from bot import metrics
from bot.alerts.annotating import SweepMarks
from bot.alerts.dialects.reconcile import ReconcileAlarms
from bot.alerts.dialects.reconcile_grafana import ReconcileGrafana
from bot.alerts.evidence.panel_index import READ_EVERY_S, ReadPanels
from bot.alerts.reconcile_pagerduty import ReconcilePagerDuty
from bot.alerts.sentry.keep import KeepIssues
from bot.alerts.sentry.reconcile import ReconcileSentry
from bot.assembly.alerts import Alerts
from bot.changes.audit.announce import PostHead
from bot.changes.guards.keep import KeepGuards
from bot.changes.markers import Marks
from bot.changes.observe import Observe
from bot.changes.outside import SweepOthers
from bot.chores import Chore
from bot.engine import Engine
from bot.storage import deduplication, inbox, leases
from bot.ways_in import Changes
from bot.web.senders import PAGERDUTY_PATH
from bot.world import World

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


def sweeps(
    world: World, changes: Changes, alerts: Alerts, marks: Marks, others: SweepOthers
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


def housekeeping(world: World, engine: Engine) -> list[Chore]:
    async def forget() -> None:
        await engine.forget(ended_before=world.now() - FORGET_AFTER)
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
