"""ECS in one account and region: what there is, how it is found, how new things are named."""

import random
import uuid
from collections.abc import Iterator

from sandbox.aws.errors import Refused
from sandbox.aws.images import Images
from sandbox.aws.model import Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition
from sandbox.aws.outbox import Outbox
from sandbox.aws.schedule import Schedule

ZONES = "abc"


class Ecs:
    """The state of ECS in one account and region; looked up by what callers may write."""

    def __init__(
        self, account: str, region: str, *, schedule: Schedule, images: Images, outbox: Outbox
    ) -> None:
        self.account = account
        self.region = region
        self.schedule = schedule
        self.images = images
        self.outbox = outbox
        self.clusters: set[str] = set()
        self.definitions: dict[str, TaskDefinition] = {}
        self.services: dict[tuple[str, str], Service] = {}
        self.tasks: dict[str, Task] = {}
        self.revisions: dict[str, ServiceRevision] = {}
        self._addresses = self._every_address()
        self._zones = 0

    @property
    def now(self) -> float:
        return self.schedule.now

    # What new things are called

    def arn(self, kind: str, rest: str) -> str:
        return f"arn:aws:ecs:{self.region}:{self.account}:{kind}/{rest}"

    @staticmethod
    def hexadecimal() -> str:
        """32 hexadecimal digits, as tasks have."""
        return uuid.uuid4().hex

    @staticmethod
    def number() -> str:
        """19 decimal digits, as deployments and revisions have."""
        return str(random.randint(10**18, 10**19 - 1))

    def address(self) -> str:
        """An address that no other task has had: targets are told apart by it."""
        return next(self._addresses)

    def zone(self) -> str:
        """The next zone in turn, as ECS spreads the tasks of a service."""
        self._zones += 1
        return self.region + ZONES[self._zones % len(ZONES)]

    # What callers write, found or refused

    def cluster(self, written: str | None) -> str:
        """Return the name of the cluster that a name or ARN means."""
        name = (written or "default").rpartition("/")[2]
        if name not in self.clusters:
            raise Refused("ClusterNotFoundException", "Cluster not found.")
        return name

    def find_service(self, cluster: str | None, written: str) -> Service | None:
        return self.services.get((self.cluster(cluster), written.rpartition("/")[2]))

    def service(self, cluster: str | None, written: str) -> Service:
        found = self.find_service(cluster, written)
        if found is None:
            raise Refused("ServiceNotFoundException", "Service not found.")
        if found.status != "ACTIVE":
            raise Refused("ServiceNotActiveException", "Service was not ACTIVE.")
        return found

    def definition(self, written: str, *, missing: str) -> TaskDefinition:
        """Return the revision meant by `family`, `family:revision` or an ARN.

        A family alone means its newest active revision. `missing` is what ECS says if there is
        none, which differs by operation.
        """
        name = written.rpartition("/")[2]
        if ":" in name:
            found = self.definitions.get(name)
        else:
            active = (
                d for d in self.definitions.values() if d.family == name and d.status == "ACTIVE"
            )
            found = max(active, key=lambda d: d.revision, default=None)
        if found is None:
            raise Refused("ClientException", missing)
        return found

    def deployable(self, written: str) -> TaskDefinition:
        """Return a revision that may be run: a deregistered one may not."""
        found = self.definition(written, missing="TaskDefinition not found.")
        if found.status != "ACTIVE":
            raise Refused("ClientException", "TaskDefinition is inactive")
        return found

    def task(self, written: str) -> Task | None:
        wanted = written.rpartition("/")[2]
        return next((t for arn, t in self.tasks.items() if arn.endswith(f"/{wanted}")), None)

    def service_deployment(self, arn: str) -> tuple[Service, ServiceDeployment] | None:
        for service in self.services.values():
            for record in service.history:
                if record.arn == arn:
                    return service, record
        return None

    @staticmethod
    def _every_address() -> Iterator[str]:
        while True:  # 10.0.0.0/16 comes round after 64,000 tasks; stopped ones are kept an hour
            for third in range(256):
                for fourth in range(4, 254):
                    yield f"10.0.{third}.{fourth}"
