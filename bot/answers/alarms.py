"""CloudWatch's alarms of some places: their states, what is muted, and one metric drawn."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.answers.ask import Note
from bot.answers.markers import markers
from bot.answers.outcome import outcome_of
from bot.answers.picture import add_chart
from bot.cards.alarms import chart_alt
from bot.charts import Chart, Line, Marker
from bot.domain.alarms import Alarm, AlarmState, Found, Mute, Place, to_chart
from bot.domain.alarms.read import Asked
from bot.domain.alarms.words import followed, reasoned, unit_of, watched
from bot.domain.question import Question
from bot.domain.secrecy import masked
from bot.world import World
from integrations.aws.cloudwatch import CloudWatchClient
from integrations.aws.cloudwatch_models import MetricAlarm, MuteRule
from integrations.aws.mute_rules import NotOffered
from integrations.errors import IntegrationError

WITHIN_S = 5.0
"""For each thing that CloudWatch is asked."""
MOST_ALARMS = 500
DRAWN = timedelta(hours=3)
RULE = "credlink-mute-"
"""Rules that the bot made are named so."""
_BY = re.compile(r"muted by ([UW][A-Z0-9]{2,})(?:: (.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GatherAlarms:
    """Gathers the answers to `alarms`."""

    world: World

    async def __call__(self, question: Question, note: Note) -> Mapping[str, Any]:
        """Ask for alarms and mute rules of all places at once, then draw one.

        Costs for each place a DescribeAlarms, a ListAlarmMuteRules and a GetAlarmMuteRule for
        each rule, and one GetMetricData.
        """
        asked = Asked.of_json(question.words)
        wanted = [
            (environment, service)
            for environment, service in asked.places
            if self._config(environment, service) is not None
        ]
        looked = await asyncio.gather(*(self._look(*place) for place in wanted))
        places = tuple(place for place, _ in looked)
        found = Found(places=places)
        chosen = to_chart(places, asked.name)
        if chosen is None:
            return found.as_json()
        number, alarm = chosen
        found = replace(found, charted=alarm.name, charted_in=number)
        if alarm.has_series:
            await note(found.as_json())
            source = looked[number][1][alarm.name]
            found = await self._drawn(question, found, places[number], alarm, source)
        return found.as_json()

    async def _look(self, environment: str, service: str) -> tuple[Place, dict[str, MetricAlarm]]:
        config = self.world.catalog.services[service].environments[environment]
        prefix = config.alarms or ""
        client = self.world.aws.account(config.region, config.role).cloudwatch
        alarms, rules = await asyncio.gather(
            outcome_of(partial(client.list_alarms, prefix, at_most=MOST_ALARMS), within_s=WITHIN_S),
            outcome_of(client.list_mute_rules, within_s=WITHIN_S),
        )
        place = Place(environment=environment, service=service, region=config.region, prefix=prefix)
        if isinstance(alarms, IntegrationError):
            return replace(place, silent=alarms.detail), {}
        if isinstance(rules, IntegrationError):
            place = replace(place, mutes_unknown=_unknown(rules))
            rules = ()
        else:
            place = replace(place, can_mute=True)
        told = tuple(read_alarm(alarm, prefix, rules) for alarm in alarms)
        place = replace(place, alarms=told, is_cut=len(alarms) == MOST_ALARMS)
        return place, {alarm.name: alarm for alarm in alarms}

    def _config(self, environment: str, service: str) -> str | None:
        """The prefix, of a place that the catalogue still has."""
        known = self.world.catalog.services.get(service)
        config = known.environments.get(environment) if known is not None else None
        return config.alarms if config is not None else None

    async def _drawn(
        self, question: Question, found: Found, place: Place, alarm: Alarm, source: MetricAlarm
    ) -> Found:
        """Draw the metric with its threshold, or say why not."""
        config = self.world.catalog.services[place.service].environments[place.environment]
        client = self.world.aws.account(config.region, config.role).cloudwatch
        end = self.world.now()
        points = await outcome_of(partial(_series, client, source, end), within_s=WITHIN_S)
        if isinstance(points, IntegrationError):
            return replace(found, uncharted=points.detail)
        happened = await markers(
            self.world,
            environment=place.environment,
            service=place.service,
            since=end - DRAWN,
        )
        chart = Chart(
            title=f"{place.short(alarm.name)}: {_what(source)}",
            lines=[Line(_what(source), points)],
            start=end - DRAWN,
            end=end,
            step=timedelta(seconds=_period_s(source)),
            unit=alarm.unit,
            threshold=alarm.threshold,
            markers=[*happened, *_began(alarm)],
        )
        alt = chart_alt(place, alarm, [value for _, value in points])
        await add_chart(self.world, question, chart, name="alarm.png", alt=alt)
        return replace(found, alt=alt)


async def _series(
    client: CloudWatchClient, source: MetricAlarm, end: datetime
) -> list[tuple[datetime, float]]:
    """The metric's values in the unit the alarm is told in."""
    _, scale = unit_of(source.metric, source.unit)
    points = await client.get_series(source, start=end - DRAWN, end=end, period_s=_period_s(source))
    return [(point.at, point.value * scale) for point in points]


def _period_s(source: MetricAlarm) -> int:
    """Whole minutes: no more points than can be told apart."""
    return max(60, (source.period_s or 60) // 60 * 60)


def _what(source: MetricAlarm) -> str:
    return " ".join(filter(None, (source.statistic, source.metric))) or "expression"


def _began(alarm: Alarm) -> Iterable[Marker]:
    if alarm.state is AlarmState.FIRING and alarm.since is not None:
        yield Marker(alarm.since, "fires", is_alarm=True)


def read_alarm(raw: MetricAlarm, prefix: str, rules: Iterable[MuteRule]) -> Alarm:
    """An alarm as people are told of it, without what looks like a secret in its words."""
    unit, scale = unit_of(raw.metric, raw.unit)
    threshold = None if raw.threshold is None else raw.threshold * scale
    says = watched(
        metric=raw.metric,
        statistic=raw.statistic,
        comparison=raw.comparison,
        threshold=threshold,
        unit=unit,
    )
    known = {state.value for state in AlarmState}
    return Alarm(
        name=raw.name,
        state=AlarmState(raw.state) if raw.state in known else AlarmState.NO_DATA,
        since=raw.since,
        watches=followed(raw.rule or "", prefix) if raw.is_composite else says,
        reason="" if raw.is_composite else masked(reasoned(raw.reason, unit=unit, scale=scale)),
        description=masked(" ".join(raw.description.split()))[:300],
        unit=unit,
        threshold=threshold,
        is_composite=raw.is_composite,
        has_series=raw.has_series,
        mute=_mute(raw.name, rules),
        acts=raw.actions_enabled,
    )


def _mute(name: str, rules: Iterable[MuteRule]) -> Mute | None:
    """The rule that mutes an alarm for the longest."""
    muting = [_read_rule(rule) for rule in rules if name in rule.alarms]
    return max(muting, key=lambda m: m.until.timestamp() if m.until else 0.0, default=None)


def _read_rule(rule: MuteRule) -> Mute:
    said = _BY.search(rule.description)
    return Mute(
        rule=rule.name,
        is_ours=rule.name.startswith(RULE),
        starts_at=rule.starts_at,
        until=rule.ends_at,
        by=said[1] if said else None,
        why=masked((said[2] or "") if said else rule.description),
    )


def _unknown(exc: IntegrationError) -> str:
    if isinstance(exc, NotOffered):
        return "this AWS endpoint knows no mute rules"
    return exc.detail
