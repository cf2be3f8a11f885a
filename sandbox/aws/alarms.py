"""CloudWatch's alarms, judged when somebody looks: as if they had been every few seconds.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.aws.errors import Refused
from sandbox.aws.metrics import Metric, Metrics, invalid, statistic
from sandbox.aws.model import Json

JUDGED_EVERY_S = 5.0
MOST_JUDGED = 120
"""Whoever looks after a long time sees what the last ten minutes made of it."""
OK, ALARM, NO_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
STATES = (OK, ALARM, NO_DATA)
COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
MISSING = ("missing", "notBreaching", "breaching", "ignore")
_RULE = re.compile(r'(ALARM|OK|INSUFFICIENT_DATA)\("?([^")]+)"?\)')


@dataclass(frozen=True, slots=True)
class Left:
    """A state that an alarm has left; what it is in now, the alarm says."""

    state: str
    reason: str
    at: float


@dataclass(slots=True)
class Alarm:
    """`raw` is as it was put; moments are epoch seconds."""

    raw: Json
    arn: str
    configured_at: float
    changed_at: float
    state: str = NO_DATA
    reason: str = "Unchecked: Initial alarm creation"
    enabled: bool = True
    tell: "Tell | None" = None
    """Is told of every state it turns to."""

    @property
    def name(self) -> str:
        return str(self.raw["AlarmName"])

    @property
    def is_composite(self) -> bool:
        return "AlarmRule" in self.raw

    def turn(self, state: str, reason: str, at: float) -> None:
        if state != self.state:
            before = Left(self.state, self.reason, self.changed_at)
            self.changed_at = at
            self.state, self.reason = state, reason
            if self.tell is not None:
                self.tell(self, before)


Tell = Callable[[Alarm, Left], None]


class Alarms:
    """Those of one account and region. Not thread-safe: its owner holds the world's lock."""

    def __init__(self, metrics: Metrics, *, arn: Callable[[str], str], now: float) -> None:
        self.metrics = metrics
        self.by_name: dict[str, Alarm] = {}
        self.tell: Tell | None = None
        """Is told of every state an alarm turns to, from when it is set."""
        self._arn = arn
        self._judged_at = now

    def put(self, raw: Json, *, at: float) -> Alarm:
        """Make an alarm, or configure one anew: its state stays.

        Raises:
            Refused: in CloudWatch's words.
        """
        _check_rule(raw, self.by_name) if "AlarmRule" in raw else _check_metric(raw)
        name, known = raw["AlarmName"], self.by_name.get(raw["AlarmName"])
        enabled = raw.get("ActionsEnabled") is not False
        if known is not None:
            known.raw, known.configured_at, known.enabled = raw, at, enabled
            return known
        made = Alarm(raw, self._arn(f"alarm:{name}"), at, at, enabled=enabled, tell=self._turned)
        self.by_name[name] = made
        return made

    def alarm(self, name: str) -> Alarm:
        """Return an alarm by its name.

        Raises:
            Refused: there is none.
        """
        if name not in self.by_name:
            raise Refused("ResourceNotFound", f"Alarm {name} does not exist", status=404)
        return self.by_name[name]

    def _turned(self, alarm: Alarm, before: Left) -> None:
        if self.tell is not None:
            self.tell(alarm, before)

    def judge(self, now: float) -> None:
        """Bring every state up to `now`."""
        begun = max(self._judged_at, now - MOST_JUDGED * JUDGED_EVERY_S)
        while begun + JUDGED_EVERY_S <= now:
            begun += JUDGED_EVERY_S
            for alarm in self.by_name.values():
                if not alarm.is_composite:
                    self._judge(alarm, begun)
            for alarm in self.by_name.values():
                if alarm.is_composite:
                    self._combine(alarm, begun)
            self._judged_at = begun

    def _judge(self, alarm: Alarm, now: float) -> None:
        raw = alarm.raw
        wanted = raw["EvaluationPeriods"]
        holds, words = COMPARISONS[raw["ComparisonOperator"]]
        values = [value for value in self._last(raw, now, wanted) if value is not None]
        missing = wanted - len(values)
        treat = raw.get("TreatMissingData") or "missing"
        if not values and treat == "missing":
            alarm.turn(NO_DATA, f"Insufficient Data: {missing} datapoints were unknown.", now)
            return
        if not values and treat == "ignore":
            return
        breaching = sum(holds(value, raw["Threshold"]) for value in values)
        breaching += missing if treat == "breaching" else 0
        needed = raw.get("DatapointsToAlarm") or wanted
        moment = f"{datetime.fromtimestamp(now, UTC):%d/%m/%y %H:%M:%S}"
        shown = ", ".join(f"{value:.1f} ({moment})" for value in values)
        told = f"{words} the threshold ({raw['Threshold']:.1f})"
        if breaching >= needed:
            alarm.turn(
                ALARM,
                f"Threshold Crossed: {breaching} out of the last {wanted} datapoints [{shown}] "
                f"{'was' if breaching == 1 else 'were'} {told} (minimum {needed} "
                f"datapoint{'' if needed == 1 else 's'} for OK -> ALARM transition).",
                now,
            )
        else:
            alarm.turn(OK, f"Threshold Crossed: [{shown}] was not {told}.", now)

    def _last(self, raw: Json, now: float, periods: int) -> list[float | None]:
        """The last periods' values, ending now: AWS's end with the whole minute."""
        queries = raw.get("Metrics")
        if queries:
            length = next(q["MetricStat"]["Period"] for q in queries if q.get("MetricStat"))
            answered = self.metrics.answer(queries, now - periods * length, now)
            values = list(next(iter(answered.values()))["values"].values())[-periods:]
            return [*([None] * (periods - len(values))), *values]
        length = raw["Period"]
        name = raw.get("Statistic") or raw["ExtendedStatistic"]
        found: list[float | None] = []
        for number in range(periods, 0, -1):
            start = now - number * length
            points = self.metrics.points(Metric.of(raw), start, start + length)
            found.append(statistic(name, [value for _, value in points]) if points else None)
        return found

    def _combine(self, alarm: Alarm, now: float) -> None:
        rule = alarm.raw["AlarmRule"]
        holding = [
            name in self.by_name and self.by_name[name].state == state
            for state, name in _RULE.findall(rule)
        ]
        holds = any(holding) if " OR " in rule else all(holding)
        alarm.turn(ALARM if holds else OK, f"{rule} is {str(holds).lower()}", now)


def _check_metric(raw: Json) -> None:
    _check_members(raw, "AlarmName", "ComparisonOperator", "EvaluationPeriods", "Threshold")
    if raw["ComparisonOperator"] not in COMPARISONS:
        raise invalid(f"The value {raw['ComparisonOperator']} is not supported here.")
    if (raw.get("TreatMissingData") or "missing") not in MISSING:
        raise invalid(f"The value {raw['TreatMissingData']} is unsupported for TreatMissingData.")
    if raw.get("Metrics"):
        if raw.get("MetricName"):
            raise invalid("Metrics list and MetricName are mutually exclusive.")
        return
    _check_members(raw, "Namespace", "MetricName", "Period")
    if bool(raw.get("Statistic")) is bool(raw.get("ExtendedStatistic")):
        raise invalid("Exactly one of Statistic and ExtendedStatistic must be specified.")


def _check_rule(raw: Json, known: Mapping[str, Alarm]) -> None:
    _check_members(raw, "AlarmName", "AlarmRule")
    named = [name for _, name in _RULE.findall(raw["AlarmRule"])]
    left = re.sub(r"\s+(AND|OR)\s+", "", _RULE.sub("", raw["AlarmRule"])).strip()
    if not named or left:
        raise invalid(f"AlarmRule {raw['AlarmRule']!r} is none, or none the sandbox knows.")
    if absent := [name for name in named if name not in known]:
        raise invalid(f"Alarms in AlarmRule do not exist: {', '.join(absent)}")


def _check_members(raw: Json, *names: str) -> None:
    if missing := [name for name in names if raw.get(name) in (None, "")]:
        raise Refused("MissingParameter", f"The parameter {missing[0]} is required.")
