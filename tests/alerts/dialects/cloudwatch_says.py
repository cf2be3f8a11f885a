"""What CloudWatch tells of one alarm of prod, made with only what a test wants to say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.dialects.alarm import TakeAlarm
from bot.alerts.group import GroupAlerts
from bot.catalog import Catalog
from bot.storage.database import Database
from integrations.aws.alarm_news import AlarmNews
from tests.alerts.builders import NOW, a_catalog

REGION, ACCOUNT = "us-east-1", "222222222222"
NAME = "credlink-prod-rds-connections"
ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{NAME}"
CROSSED = (
    "Threshold Crossed: 1 out of the last 1 datapoints [195.0 (25/11/26 17:00:00)] was greater "
    "than the threshold (180.0) (minimum 1 datapoint for OK -> ALARM transition)."
)


def catalog(*, severity: dict[str, str] | None = None, **places: dict[str, Any]) -> Catalog:
    """The catalogue of the tests, whose prod has alarms; `places` adds services there."""
    said = a_catalog().model_dump(mode="json")
    prod = said["services"]["credlink-api"]["environments"]["prod"]
    prod["alarms"] = "credlink-prod-"
    for name, changed in places.items():
        said["services"][name] = {"environments": {"prod": {**prod, **changed}}}
    said["alerts"]["cloudwatch"] = {"severity": severity or {}}
    return Catalog.model_validate(said)


def news(state: str = "ALARM", *, at: datetime = NOW, name: str = NAME, **said: Any) -> AlarmNews:
    told: dict[str, Any] = {
        "arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        "name": name,
        "state": state,
        "since": at,
        "reason": CROSSED if state == "ALARM" else "",
        "description": "The database allows 200 connections.",
        "metric": "DatabaseConnections",
        "statistic": "Maximum",
        "dimensions": {"DBInstanceIdentifier": "credlink-prod"},
        "comparison": "GreaterThanThreshold",
        "threshold": 180.0,
        **said,
    }
    return AlarmNews(**told)


@dataclass(frozen=True, slots=True)
class CloudWatch:
    """Tells of an alarm, so many minutes after it first fired."""

    database: Database
    catalog: Catalog

    async def tells(
        self, state: str, minutes: float = 0, *, is_asked_for: bool = False, **said: Any
    ) -> tuple[str, ...]:
        at = NOW + timedelta(minutes=minutes)
        take = TakeAlarm(GroupAlerts(self.catalog))
        async with self.database.write() as connection:
            told = news(state, at=at, **said)
            return await take(connection, told, at=at, is_asked_for=is_asked_for)
