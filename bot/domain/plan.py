"""What runs, what would run, and exactly what was agreed to: found before a change does it."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.shift import Strategy
from bot.domain.verification import Check


@dataclass(frozen=True, slots=True)
class Binding:
    """What exactly was confirmed or approved: this image in this task definition, nothing else."""

    digest: str | None
    definition: str
    """A hash of the task definition as it would be registered."""

    def differs_from(self, other: "Binding") -> tuple[str, ...]:
        """What is not the same any more, in words; nothing when all is."""
        found = []
        if self.digest != other.digest:
            found.append(f"the image is {_short(other.digest)} now, not {_short(self.digest)}")
        elif self.definition != other.definition:
            found.append("the task definition it is made from has changed")
        return tuple(found)


def _short(digest: str | None) -> str:
    """`sha256:4be1…9f0c`: enough to tell two apart."""
    algorithm, _, value = (digest or "unknown").partition(":")
    return f"{algorithm}:{value[:4]}…{value[-4:]}" if len(value) > 8 else digest or "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a service runs or would run.

    `task_definition` is the full ARN, None until it is registered. `version` is the image tag
    people say, None when nobody knows one; `digest` is what binds.
    """

    task_definition: str | None = None
    image: str
    version: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """What to call it: the version, or else `family:7`, or else the image."""
        if self.version:
            return self.version
        if self.task_definition:
            return revision_name(self.task_definition)
        return self.image


@dataclass(frozen=True, slots=True)
class Deployed:
    """What ECS calls a deployment: the same task definition can be deployed again and again."""

    deployment_id: str | None
    service_deployment: str | None = None
    """ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a change would do, as found before it does it. Counts are tasks."""

    running: Revision
    wanted: Revision
    container: str
    desired: int
    running_since: datetime | None = None
    running_is_good: bool = False
    wanted_is_good: bool = False
    """Whether the very task definition that is wanted has proved itself there."""
    base: str | None = None
    """The task definition that the wanted one is registered from; without it, the running one."""
    pushed_at: datetime | None = None
    """When the wanted image came to the registry."""
    changed: tuple[str, ...] = ()
    """The fields of the task definition that would differ."""
    warnings: tuple[str, ...] = ()
    memory_mib: int | None = None
    """What the container may use, for the words when it is killed."""
    compare_url: str | None = None
    target_groups: tuple[str, ...] = ()
    """The load balancer target groups whose health is watched, as ARNs."""
    strategy: Strategy = Strategy.ROLLING
    checks: tuple[Check, ...] = ()
    """What a task will need, and whether it is there."""
    definition_hash: str | None = None
    """Of the task definition as it would be registered; None in plans of older versions."""
    on_call: tuple[str, ...] = ()
    """Who is on call for the service, by name."""
    deployed: Deployed | None = None
    """What brought the running tasks, where it must be told from what brings the new ones."""

    @property
    def binding(self) -> Binding:
        """What a confirmation or an approval of this plan stands for."""
        return Binding(self.wanted.digest, self.definition_hash or "")

    def wanting(self, task_definition: str) -> "Plan":
        """The plan once its revision is registered."""
        return replace(self, wanted=replace(self.wanted, task_definition=task_definition))


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodRevision:
    """A task definition that proved itself in its place."""

    task_definition: str
    image: str
    version: str | None
    digest: str | None
    change_id: str
    good_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was seen to run in a place, when the bot last looked. Counts are tasks."""

    service: str
    environment: str
    running: Revision
    since: datetime | None
    desired: int
    healthy: int
    """Tasks ECS counts as running."""
    rollout: str | None
    """ECS's word for the primary deployment: IN_PROGRESS, COMPLETED, FAILED."""
    seen_at: datetime
    trouble: str | None = None
    """Why the last look saw nothing; then the rest is older than it."""


def revision_name(task_definition: str) -> str:
    """`family:7` of a task definition's ARN."""
    return task_definition.rsplit("/", 1)[-1]
