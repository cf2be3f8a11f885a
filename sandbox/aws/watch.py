"""CloudWatch in one account and region: metrics, alarms, mute rules."""

from collections.abc import Callable

from sandbox.aws.alarms import Alarms
from sandbox.aws.logs import Logs
from sandbox.aws.metrics import Metric, Metrics, Points
from sandbox.aws.model import Json
from sandbox.aws.mute_rules import ACTIVE, MuteRule
from sandbox.aws.schedule import Schedule


class Watch:
    """Not thread-safe: its owner holds the world's lock."""

    def __init__(self, account: str, region: str, *, schedule: Schedule, logs: Logs) -> None:
        self._place = f"{region}:{account}"
        self._schedule = schedule
        self._logs = logs
        self.metrics = Metrics()
        self.alarms = Alarms(self.metrics, arn=self.arn, now=schedule.now)
        self.mute_rules: dict[str, MuteRule] = {}

    @property
    def now(self) -> float:
        return self._schedule.now

    def is_muted(self, alarm: str) -> bool:
        """Whether a rule holds back what an alarm would do now."""
        return any(
            alarm in rule.alarms and rule.status(self.now) == ACTIVE
            for rule in self.mute_rules.values()
        )

    def arn(self, rest: str) -> str:
        return f"arn:aws:cloudwatch:{self._place}:{rest}"

    def count_logs(self, group: str) -> None:
        """Have CloudWatch Logs tell how much is written to a group."""
        metric = Metric("AWS/Logs", "IncomingBytes", frozenset({("LogGroupName", group)}))

        def written(start: float, end: float) -> Points:
            for event in self._logs.events(group, int(start * 1000), int(end * 1000)):
                yield event.at_ms / 1000, float(event.size_bytes)

        self.metrics.sources[metric] = written

    def read_logs(self, metric: Metric, group: str, value: Callable[[Json], float]) -> None:
        """Have a metric be what `value` makes of each JSON message of a group."""

        def told(start: float, end: float) -> Points:
            for event in self._logs.events(group, int(start * 1000), int(end * 1000)):
                if event.fields is not None:
                    yield event.at_ms / 1000, value(event.fields)

        self.metrics.sources[metric] = told
