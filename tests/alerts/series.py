"""A Prometheus that answers with what a test put into it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from integrations.errors import IntegrationError
from integrations.prometheus.models import Point, Series

PROD = {"env": "prod", "service": "credlink-api"}
STAGING = {"env": "staging", "service": "credlink-api"}


class Prometheus:
    """`values` are (moment, value) of each series; `fails` and `takes_s` are its bad days."""

    def __init__(self) -> None:
        self.values: list[tuple[Mapping[str, str], list[tuple[datetime, float]]]] = []
        self.fails: IntegrationError | None = None
        self.takes_s = 0.0
        self.asked: list[str] = []
        self.rules: dict[str, str] = {}

    def has(self, labels: Mapping[str, str], values: list[tuple[datetime, float]]) -> None:
        self.values.append((labels, values))

    async def list_recording_rules(self) -> dict[str, str]:
        if self.fails is not None:
            raise self.fails
        return self.rules

    async def query_range(
        self, expression: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        self.asked.append(expression)
        await asyncio.sleep(self.takes_s)
        if self.fails is not None:
            raise self.fails
        return tuple(
            Series(labels, tuple(Point(at, v) for at, v in values if start <= at <= end))
            for labels, values in self.values
        )
