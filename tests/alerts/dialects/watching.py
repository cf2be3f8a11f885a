"""CloudWatch as the bot asks it: it has what a test put into it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.aws.cloudwatch_models import MetricAlarm, MuteRule, Point
from integrations.errors import IntegrationError
from tests.alerts.dialects.cloudwatch_says import ACCOUNT, CROSSED, NAME, REGION


@dataclass
class Watching:
    """Stands for an account's clients too; `fails` is its bad day."""

    alarms: dict[str, MetricAlarm] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    rules: list[MuteRule] = field(default_factory=list)
    fails: IntegrationError | None = None
    fails_to_list_rules: IntegrationError | None = None
    takes_s: float = 0.0
    asked: list[str] = field(default_factory=list)

    @property
    def cloudwatch(self) -> "Watching":
        return self

    def account(self, region: str, role: str | None) -> "Watching":
        self.asked.append(region)
        return self

    def has(self, state: str, since: datetime, *, name: str = NAME, **said: object) -> None:
        told = {
            "name": name,
            "arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
            "state": state,
            "since": since,
            "reason": CROSSED if state == "ALARM" else "",
            "namespace": "AWS/RDS",
            "metric": "DatabaseConnections",
            "statistic": "Maximum",
            "period_s": 60,
            "comparison": "GreaterThanThreshold",
            "threshold": 180.0,
            **said,
        }
        self.alarms[name] = MetricAlarm(**told)  # type: ignore[arg-type]

    async def get_alarms(self, names: Sequence[str]) -> tuple[MetricAlarm, ...]:
        await asyncio.sleep(self.takes_s)
        if self.fails is not None:
            raise self.fails
        return tuple(self.alarms[name] for name in names if name in self.alarms)

    async def get_series(
        self, asked: MetricAlarm, *, start: datetime, end: datetime, period_s: int
    ) -> tuple[Point, ...]:
        assert asked.has_series
        assert period_s % 60 == 0
        return tuple(point for point in self.points if start <= point.at < end)

    async def list_mute_rules(self, *, alarm: str) -> tuple[MuteRule, ...]:
        if self.fails_to_list_rules is not None:
            raise self.fails_to_list_rules
        return tuple(rule for rule in self.rules if alarm in rule.alarms)
