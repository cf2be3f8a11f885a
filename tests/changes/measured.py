"""A Prometheus that gives what a test says the service measured, second by second."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from integrations.errors import Unavailable
from integrations.prometheus.models import Point, Series

Story = Callable[[datetime], float]


class Measured:
    """Answers range queries from a story a query: what it was worth at a moment.

    A query nobody tells of has no data. `is_away` makes it answer nothing at all.
    """

    def __init__(self, **stories: Story | float) -> None:
        self.stories = stories
        self.is_away = False
        self.asked: list[str] = []

    async def query_range(
        self, expression: str, *, start: datetime, end: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        self.asked.append(expression)
        if self.is_away:
            raise Unavailable("prometheus", "query_range", "no answer in time")
        name = expression.partition("[")[0].partition("{")[0]
        story = self.stories.get(expression) or self.stories.get(name)
        if story is None:
            return ()
        count = math.floor((end - start) / step) + 1
        moments = [start + step * number for number in range(count)]
        points = [Point(at, story(at) if callable(story) else story) for at in moments]
        return (Series({}, tuple(point for point in points if not math.isnan(point.value))),)


SLO = {
    "errors": {
        "query": "errors[1s]",
        "by_version": 'errors{version="$version"}[1s]',
        "bad_above": 0.01,
        "unit": "ratio",
    },
    "latency": {"query": "latency[1s]", "bad_above": 1.0, "unit": "s"},
    "traffic": {
        "query": "traffic[1s]",
        "by_version": 'traffic{version="$version"}[1s]',
        "needed": 0.5,
        "unit": "req/s",
    },
}
"""What the catalogue of these tests judges by; a window of a second, so that a bake is one."""


def well(**said: Story | float) -> Measured:
    """A service with steady traffic and few errors, unless the test says otherwise."""
    return Measured(**{"errors": 0.001, "latency": 0.3, "traffic": 200.0, **said})
