"""The sandbox's AWS: moto with the rollout simulator over it, on a loopback port or in process."""

import json
import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Self

from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend

from sandbox.aws import alarm_news, registry, seeded_alarms, seeds, shapes
from sandbox.aws.alarms import Alarm, Left
from sandbox.aws.calls import AwsCall, Fault, Faults
from sandbox.aws.clients import Clients
from sandbox.aws.ecs import Ecs
from sandbox.aws.images import Behaviour, Images
from sandbox.aws.invalidations import Invalidations
from sandbox.aws.listener import Listener
from sandbox.aws.logs import Logs
from sandbox.aws.model import Json, Service
from sandbox.aws.outbox import EventsClient, Outbox
from sandbox.aws.overlay import Overlay
from sandbox.aws.places import Places
from sandbox.aws.running import RunningTask, running_tasks
from sandbox.aws.scaling import Scaling, Utilisation
from sandbox.aws.schedule import Schedule
from sandbox.aws.watch import Watch
from sandbox.clock import Clock, ManualClock, RealClock
from sandbox.credlink_api.lines import Line
from sandbox.seeds import MAIN_ACCOUNT, PROD_ACCOUNT, REGION, SERVICE

TICK_S = 0.1
SETTLES_WITHIN_S = 60.0
"""How long the seeded services need, at pace 1, from created to steady."""
KEPT_CALLS = 20_000
"""A sandbox left running must not grow without end; the older half goes first."""

_in_process_clients = Clients(None)


def warm() -> None:
    """Import the parts of moto that take a second, so that the first call need not wait."""
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    import moto.ecs.responses  # brings moto.ec2, the slow one
    import moto.elbv2.responses  # noqa: F401


def nobody_knows(_cluster: str, _service: str, _tasks: int) -> float | None:
    """Nothing is said of any service, so nothing is scaled by it."""
    return None


def nobody_hears(_topic: str, _message: str) -> None:
    """Nothing is published anywhere."""


class AwsWorld:
    """AWS for one process: two accounts, every call recorded, faults on demand.

    `start` and `stop` block (about two seconds and none); call them by `asyncio.to_thread` from an
    event loop. The slow imports begin when the object is made. `pace` divides every wait of the
    simulator. With a clock other than the real one nothing happens by itself: whoever makes the
    next call, or looks at `running`, brings the world up to the clock.
    """

    def __init__(self, *, clock: Clock | None = None, pace: float = 1.0) -> None:
        self.clock = clock or RealClock()
        self.pace = pace
        self.calls: list[AwsCall] = []
        self.faults = Faults()
        self.images = Images()
        self.lock = threading.RLock()
        self.utilisation: Utilisation = nobody_knows
        """How much of its CPU a service uses: autoscaling follows it. Set before it starts."""
        self.publish: Callable[[str, str], None] = nobody_hears
        """Publishes a message to a topic of SNS. Set before it starts."""
        self.outbox = Outbox(self._events_client)
        self._schedule = Schedule(self.clock, pace=pace)
        self._places = self._new_places()
        self._clients = _in_process_clients
        self._listener: Listener | None = None
        self._overlay = Overlay(self)
        self._stopping = threading.Event()
        self._ticking: threading.Thread | None = None
        self._warming = threading.Thread(target=warm, name="aws-warm", daemon=True)
        self._warming.start()

    # Starting and stopping

    def start(self, port: int = 0) -> Self:
        """Listen on 127.0.0.1 (port 0 takes a free one) and make CredLink's world.

        Raises:
            RuntimeError: another world runs in this process.
            OSError: the port is taken.
        """
        self._warming.join()
        self._overlay.install()
        try:
            moto_api_backend.reset()
            self._listener = Listener(port)
            self._clients = Clients(self._listener.url)
            self.seed()
        except BaseException:
            self.stop()
            raise
        self.outbox.start()
        if not isinstance(self.clock, ManualClock):
            self._ticking = threading.Thread(target=self._tick, name="aws-clock", daemon=True)
            self._ticking.start()
        return self

    def stop(self) -> None:
        """Stop everything that was started; the object is done with."""
        self._stopping.set()
        if self._ticking is not None:
            self._ticking.join(timeout=5.0)
        self.outbox.stop()
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
            self._clients.close()
        self._overlay.uninstall()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @classmethod
    @contextmanager
    def in_process(
        cls,
        clock: Clock | None = None,
        *,
        pace: float = 1.0,
        environments: Sequence[seeds.Environment] = seeds.ENVIRONMENTS,
    ) -> "Iterator[AwsWorld]":
        """A world without a socket, under moto's `mock_aws`, for tests in virtual time.

        Every boto3 client of this process reaches it while the context is open, unless it has an
        endpoint of its own; AWS_ENDPOINT_URL is taken out of the environment meanwhile. A test that
        needs one environment starts faster without the others.
        """
        with ExitStack() as leaving:
            endpoint = os.environ.pop("AWS_ENDPOINT_URL", None)
            if endpoint is not None:
                leaving.callback(os.environ.__setitem__, "AWS_ENDPOINT_URL", endpoint)
            world = cls(clock=clock or ManualClock(), pace=pace)
            world._warming.join()
            leaving.enter_context(mock_aws())
            world._overlay.install()
            leaving.callback(world.stop)
            world.seed(environments)
            yield world

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash; valid after `start`."""
        if self._listener is None:
            raise RuntimeError("this world does not listen")
        return self._listener.url

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that point a program at this world."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def seed(self, environments: Sequence[seeds.Environment] = seeds.ENVIRONMENTS) -> None:
        """Make CredLink's world, as if version 1.1.9 had been deployed six days ago."""
        now = self.clock.now()
        with self.lock:
            self._schedule.begin_past(now - seeds.DEPLOYED_BEFORE_S)
        for account in dict.fromkeys(environment.account for environment in environments):
            seeds.seed_account(account, partial(self._client_in, account), now=now)
            if self._listener is not None:  # nobody can wait at a queue in virtual time
                seeds.seed_events_queue(partial(self._client_in, account))
        for environment in environments:
            seeds.seed(environment, partial(self._client_in, environment.account))
        with self.lock:
            self._schedule.end_past(takes_s=SETTLES_WITHIN_S)
        self.outbox.clear()
        for environment in environments:
            self._seed_watch(environment, now)

    def reset(self) -> None:
        """Make the world anew: a tenth of the time it takes to stop and start one.

        Blocks for a third of a second. Clients and their credentials stay good, but roles must be
        assumed again.
        """
        with self.lock:
            self._schedule = Schedule(self.clock, pace=self.pace)
            self._places = self._new_places()
            moto_api_backend.reset()
        self.images.behaviours.clear()
        self.images.once_named.clear()
        self.faults.clear()
        self.seed()
        self.calls.clear()

    # Looking and meddling

    def running(self, account: str, cluster: str, service: str) -> tuple[RunningTask, ...]:
        """The tasks of a service that run now; empty if there is no such service."""
        with self.lock:
            self.settle()
            found = self.ecs(account, REGION).services.get((cluster, service))
            return running_tasks(found) if found else ()

    def desired(self, account: str, cluster: str, service: str) -> int:
        """The desired count of a service, in tasks; 0 if there is no such service."""
        found = self.ecs(account, REGION).services.get((cluster, service))
        return found.desired if found else 0

    def logs(self, account: str) -> Logs:
        """What stands in the log groups of an account."""
        return self._places.logs(account, REGION)

    def watch(self, account: str) -> Watch:
        """CloudWatch's alarms and metrics of an account."""
        return self._places.watch(account, REGION)

    def scaling(self, account: str) -> Scaling:
        """What scales the services of an account."""
        return self._places.scaling(account, REGION)

    @property
    def writes(self) -> list[AwsCall]:
        """The calls that changed a service, its scaling or its alarms, or tried to."""
        return [call for call in self.calls if call.is_write]

    def client(self, service: str, account: str = MAIN_ACCOUNT) -> Any:
        """A boto3 client of this world whose calls are recorded like anybody's."""
        return self._clients.get(service, account, REGION, internal=False)

    def log(self, environment: seeds.Environment, lines: Sequence[Line]) -> None:
        """Write what was logged in an environment, each line by a task of its version."""
        tasks = self.running(environment.account, environment.cluster, SERVICE)
        with self.lock:
            for number, line in enumerate(lines):
                wrote = [task.id for task in tasks if task.tag == line.version]
                if wrote:
                    stream = environment.log_stream(wrote[number % len(wrote)])
                    self.logs(environment.account).write(
                        environment.log_group, stream, line.message, at=line.at
                    )

    def push_image(
        self,
        tag: str,
        *,
        account: str = PROD_ACCOUNT,
        behaviour: Behaviour | None = None,
        content: str | None = None,
        findings: Mapping[str, int] | None = None,
    ) -> str:
        """Push another version of CredLink's image; return its digest.

        What it does follows from the ending of its tag unless `behaviour` says otherwise. With
        another `content` a tag that is there moves to the new image, and the old one stays.
        """
        if behaviour is not None:
            self.images.behaviours[registry.digest_of(content) if content else tag] = behaviour
        before = self.images.resolve(f"{registry.image_uri(account, REGION, SERVICE)}:{tag}")
        if before.digest is not None:
            self.images.once_named[before.digest] = tag
        return registry.push(
            self._client_in(account, "ecr"),
            account=account,
            region=REGION,
            repository=SERVICE,
            tag=tag,
            pushed_at=self.clock.now(),
            findings=findings,
            content=content,
        )

    # What the overlay asks

    def ecs(self, account: str, region: str) -> Ecs:
        """ECS in one account and region."""
        return self._places.ecs(account, region)

    def invalidations(self, account: str) -> Invalidations:
        """CloudFront's invalidations in one account."""
        return self._places.invalidations(account)

    def beside(self, service: str, account: str, region: str) -> Any:
        return self._places.beside(service, account, region)

    def settle(self) -> None:
        """Bring the world up to the clock. The caller holds the lock."""
        self._schedule.run_due()

    def fault(self, service: str, operation: str) -> Fault | None:
        return self.faults.take(service, operation)

    def record(self, call: AwsCall) -> None:
        self.calls.append(call)
        if len(self.calls) > KEPT_CALLS:
            del self.calls[: KEPT_CALLS // 2]

    def at(self) -> float:
        return self.clock.now()

    def answered(self) -> None:
        self.outbox.flush()

    def target_health(self, account: str, region: str, group_arn: str) -> list[Json] | None:
        """The targets of a group that a simulated service uses; None for any other group."""
        services = self.ecs(account, region).services.values()
        users = [service for service in services if group_arn in _target_groups(service)]
        if not users:
            return None
        return [
            shapes.target(target, task)
            for service in users
            for task in service.tasks
            for target in task.targets
            if target.group_arn == group_arn
        ]

    # Inside

    def _seed_watch(self, environment: seeds.Environment, now: float) -> None:
        """Make what is logged and watched in an environment."""
        account, group = environment.account, environment.log_group
        tasks = [task.id for task in self.running(account, environment.cluster, SERVICE)]
        if tasks:
            past = partial(seeds.past_lines, environment, tasks, now=now)
            self.logs(account).begin(group, past)
        self.watch(account).count_logs(group)
        if environment.name == seeds.PROD.name:
            is_measured = self.utilisation is not nobody_knows
            watch = self.watch(account)
            seeded_alarms.seed(watch, group, cpu_until=now if is_measured else math.inf)
            watch.alarms.tell = partial(self._turned, account)

    def _turned(self, account: str, alarm: Alarm, before: Left) -> None:
        """CloudWatch tells that an alarm changed its state: everybody who wants to know."""
        place = {"account": account, "region": REGION}
        self.outbox.put(alarm_news.event(alarm, before, **place))
        watch = self.watch(account)
        if watch.is_muted(alarm.name):
            return
        told = alarm_news.message(alarm, before, **place)
        for topic in alarm_news.actions(alarm):
            self.publish(topic, json.dumps(told))

    def _new_places(self) -> Places:
        return Places(
            schedule=self._schedule,
            images=self.images,
            outbox=self.outbox,
            utilisation=lambda *asked: self.utilisation(*asked),
        )

    def _client_in(self, account: str, service: str) -> Any:
        return self._clients.get(service, account, REGION, internal=True)

    def _events_client(self, account: str, region: str) -> EventsClient:
        client: EventsClient = self._clients.get("events", account, region, internal=True)
        return client

    def _tick(self) -> None:
        """Let time pass when nobody looks, so that events go out."""
        while not self._stopping.wait(TICK_S):
            with self.lock:
                self.settle()
                self._places.judge_alarms()


def _target_groups(service: Service) -> set[str]:
    """Both target groups of every balancer of a service."""
    groups = set()
    for balancer in service.settings["loadBalancers"]:
        groups.add(balancer["targetGroupArn"])
        groups.add(balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn"))
    return groups - {None}
