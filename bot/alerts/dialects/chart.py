"""The chart of a CloudWatch alarm's metric with its threshold, and whether the alarm is muted."""

from dataclasses import replace
from datetime import timedelta

from bot.alerts.around import changes_since
from bot.alerts.chart import Look, Window, keep_drawn, markers
from bot.alerts.dialects.cloudwatch import condition_of
from bot.alerts.dialects.watch import client_of, news_of, period_of
from bot.domain.alarms.words import unit_of
from bot.domain.alert import AlertGroup, Condition, Source
from bot.domain.card import Urgency
from bot.domain.finding import Finding, Phase
from bot.storage import alerts, findings
from bot.world import World
from integrations.aws.cloudwatch import CloudWatchClient
from integrations.aws.cloudwatch_models import MetricAlarm
from integrations.aws.mute_rules import NotOffered
from integrations.errors import IntegrationError
from integrations.prometheus.models import Point, Series

SOURCE = "cloudwatch"
BEFORE_ONSET = timedelta(hours=1)
"""CloudWatch's minutes are coarser than Prometheus' seconds."""
AFTER = timedelta(minutes=1)
"""A period counts for CloudWatch once it is over."""


async def draw_alarm(world: World, group_id: str, phase: Phase) -> bool:
    """Ask CloudWatch for the alarm, its metric and what mutes it; keep what they say.

    Nothing is asked about a group of another sender. Costs a DescribeAlarms, a GetMetricData, and
    a ListAlarmMuteRules with one call for each rule. May be repeated. Returns whether it was asked.

    Raises:
        IntegrationError: CloudWatch gave nothing.
    """
    async with world.database.read() as connection:
        group = await alerts.get(connection, group_id)
    if group.source is not Source.CLOUDWATCH:
        return False
    _, _, _, region, account, _, name = group.group_key.split(":", 6)
    client = client_of(world, region, account)
    if client is None:
        return False
    found = await client.get_alarms([name])
    note = ""
    if found:
        condition = await _with_condition(world, group_id, found[0])
        if condition is not None and found[0].has_series:
            await _draw(world, client, group, phase, condition, found[0])
        note = await _muted(client, found[0])
    async with world.database.write() as connection:
        finding = Finding(source=SOURCE, phase=phase, note=note, found_at=world.now())
        await findings.write(connection, group_id, finding)
    return True


async def _with_condition(world: World, group_id: str, alarm: MetricAlarm) -> Condition | None:
    """What the alarm compares: an event does not tell it whole."""
    news = news_of(alarm)
    condition = condition_of(news) if news is not None else None
    if condition is not None:
        async with world.database.write() as connection:
            known = await alerts.locked(connection, group_id)
            group = replace(known, condition=condition)
            await alerts.save(connection, known, group, urgency=Urgency.PROGRESS)
    return condition


async def _draw(
    world: World,
    client: CloudWatchClient,
    group: AlertGroup,
    phase: Phase,
    condition: Condition,
    alarm: MetricAlarm,
) -> None:
    step = timedelta(seconds=period_of(alarm))
    end = (group.resolved_at or world.now()) + AFTER
    window = Window(group.started_at - BEFORE_ONSET, end, step)
    points = await client.get_series(alarm, start=window.start, end=end, period_s=period_of(alarm))
    if not points:
        return
    async with world.database.read() as connection:
        changes = await changes_since(connection, group, window.start, window.end)
    label = " ".join(filter(None, (alarm.statistic, alarm.metric))) or alarm.name
    _, scale = unit_of(alarm.metric, alarm.unit)
    drawn = tuple(Point(point.at, point.value * scale) for point in points)
    look = Look(group, phase, condition, window, window.start, markers(group, changes))
    await keep_drawn(world, look, [Series({"metric": label}, drawn)])


async def _muted(client: CloudWatchClient, alarm: MetricAlarm) -> str:
    """Whether what the alarm does is held back; it changes its state as ever."""
    try:
        rules = await client.list_mute_rules(alarm=alarm.name)
    except NotOffered:
        rules = ()
    except IntegrationError as exc:
        return f"Whether the alarm is muted is not known: {exc.detail}."
    active = [rule for rule in rules if rule.status == "ACTIVE"]
    if not alarm.actions_enabled:
        return "In CloudWatch the actions of this alarm are switched off."
    if not active:
        return ""
    ends = [rule.ends_at for rule in active if rule.ends_at is not None]
    until = f" until {max(ends):%H:%M} UTC" if ends else ""
    return f"In CloudWatch this alarm is muted{until}, by the rule {active[0].name}."
