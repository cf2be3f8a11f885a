"""What the world keeps for each account and region, made when first asked for."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from moto.logs.models import logs_backends

from sandbox.aws.ecs import Ecs
from sandbox.aws.images import Images
from sandbox.aws.invalidations import Invalidations
from sandbox.aws.logs import Logs
from sandbox.aws.metrics import Metric
from sandbox.aws.outbox import Outbox
from sandbox.aws.scaling import Scaling, Utilisation
from sandbox.aws.schedule import Schedule
from sandbox.aws.watch import Watch

Place = tuple[str, str]
"""Account and region."""


class Places:
    """Not thread-safe: its owner holds the world's lock."""

    def __init__(
        self, *, schedule: Schedule, images: Images, outbox: Outbox, utilisation: Utilisation
    ) -> None:
        self._schedule, self._images, self._outbox = schedule, images, outbox
        self._utilisation = utilisation
        self._ecs: dict[Place, Ecs] = {}
        self._invalidations: dict[str, Invalidations] = {}
        self._scalings: dict[Place, Scaling] = {}
        self._logs: dict[Place, Logs] = {}
        self._watches: dict[Place, Watch] = {}

    def ecs(self, account: str, region: str) -> Ecs:
        place = (account, region)
        if place not in self._ecs:
            self._ecs[place] = Ecs(
                *place, schedule=self._schedule, images=self._images, outbox=self._outbox
            )
        return self._ecs[place]

    def invalidations(self, account: str) -> Invalidations:
        """Those of an account: CloudFront has no regions."""
        if account not in self._invalidations:
            self._invalidations[account] = Invalidations(self._schedule)
        return self._invalidations[account]

    def scaling(self, account: str, region: str) -> Scaling:
        place = (account, region)
        if place not in self._scalings:
            used = partial(self._used, place)
            self._scalings[place] = Scaling(self.ecs(*place), utilisation=used)
        return self._scalings[place]

    def logs(self, account: str, region: str) -> Logs:
        place = (account, region)
        if place not in self._logs:
            groups = logs_backends[account][region].groups
            self._logs[place] = Logs(self._schedule, exists=groups.__contains__)
        return self._logs[place]

    def watch(self, account: str, region: str) -> Watch:
        place = (account, region)
        if place not in self._watches:
            self._watches[place] = Watch(*place, schedule=self._schedule, logs=self.logs(*place))
        return self._watches[place]

    def judge_alarms(self) -> None:
        """Bring every alarm that somebody is told of up to the clock."""
        for watch in self._watches.values():
            if watch.alarms.tell is not None:
                watch.alarms.judge(watch.now)

    def beside(self, service: str, account: str, region: str) -> Any:
        """What is kept for a service of `api.BESIDE`."""
        kept: Mapping[str, Callable[[str, str], Any]] = {
            "application-autoscaling": self.scaling,
            "cloudwatch": self.watch,
            "logs": self.logs,
        }
        return kept[service](account, region)

    def _used(self, place: Place, cluster: str, service: str, tasks: int) -> float | None:
        """What a service uses of its CPU, which CloudWatch is told too."""
        percent = self._utilisation(cluster, service, tasks)
        if percent is not None:
            names = frozenset({("ClusterName", cluster), ("ServiceName", service)})
            watch = self.watch(*place)
            watch.metrics.put(Metric("AWS/ECS", "CPUUtilization", names), watch.now, percent)
        return percent
