"""How changes of a place are made and judged."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field, field_validator, model_validator

from bot.catalog.parts import Duration, Part

VERSION = "$version"
"""Stands for an image tag in a query."""

LONGEST_BAKE = timedelta(days=1)
"""ECS bakes no longer."""


class Slo(Part):
    """A PromQL query that judges a service, and what bad means for it."""

    query: str = Field(min_length=1)
    by_version: str | None = None
    """The same for one version alone: `$version` stands for its image tag. It lets a canary be
    compared with the old version while both run."""
    bad_above: float | None = None
    """Above this the service is unwell; in the query's unit."""
    needed: float | None = None
    """For traffic: below this there is too little to judge."""
    decides: bool = True
    """Whether it may undo a deploy; otherwise it is measured and shown, and decides nothing."""
    unit: str = ""
    objective: float | None = Field(default=None, gt=0, lt=1)
    """For a ratio of what goes wrong: the part that must go right, as 0.999. What it allows to go
    wrong is the error budget, of which `health` says how much is left."""
    budget_over: Duration = Field(default=timedelta(days=30), ge=timedelta(hours=1))
    """The time an error budget is for; Prometheus must keep its data as long."""

    @field_validator("by_version")
    @classmethod
    def _names_the_version(cls, query: str | None) -> str | None:
        """Without it both versions would be measured alike, and nothing would ever be found."""
        if query is not None and VERSION not in query:
            raise ValueError(f"it has no {VERSION}, where the image tag is put in")
        return query

    @model_validator(mode="after")
    def _is_of_a_ratio(self) -> "Slo":
        """The budget of anything else would be a number that means nothing."""
        if self.objective is not None and self.unit not in {"ratio", "percentunit"}:
            raise ValueError("objective is for a query whose unit is ratio, 0 to 1")
        return self


class Scale(Part):
    min: int = Field(default=1, ge=0)
    """Tasks; the bot never asks for fewer."""
    max: int = Field(default=10, ge=1)
    """Tasks; the bot never asks for more."""

    @model_validator(mode="after")
    def _ordered(self) -> "Scale":
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is above max ({self.max})")
        return self


class CloudFront(Part):
    distribution: str = Field(pattern=r"^E[A-Z0-9]+$")
    paths: tuple[Annotated[str, Field(pattern=r"^/")], ...] = ("/*",)
    """Paths invalidated after a deploy."""


class Freeze(Part):
    """A recurring window without changes."""

    cron: str
    """When it begins, as five cron fields."""
    for_: Duration = Field(alias="for")
    zone: str = "UTC"
    reason: str

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, cron: str) -> str:
        try:
            CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
        except CronSimError as exc:
            raise ValueError(f"not five cron fields such as 0 16 * * FRI: {exc}") from None
        return cron

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"not a time zone such as Europe/Berlin: {zone!r}") from None
        return zone


Severity = Literal["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED"]


class Scan(Part):
    """What findings of the image scan mean for a deploy, by severity as ECR names it."""

    block: tuple[Severity, ...] = ()
    """The deploy is refused."""
    warn: tuple[Severity, ...] = ("CRITICAL", "HIGH")
    """They are shown on the card."""


class Canary(Part):
    percent: float = Field(default=10.0, ge=0.1, le=100)
    """Of production traffic, in the first step."""
    bake: Duration = Field(default=timedelta(minutes=5), le=LONGEST_BAKE)
    """How long the step is judged before the rest follows; ECS counts whole minutes."""


class Linear(Part):
    step: float = Field(default=20.0, ge=3, le=100)
    """Percent of production traffic moved at a time."""
    bake: Duration = Field(default=timedelta(minutes=3), le=LONGEST_BAKE)
    """How long each step is judged; ECS counts whole minutes."""


class DeployPolicy(Part):
    strategy: Literal["rolling", "canary", "linear", "blue-green"] = "rolling"
    canary: Canary = Canary()
    linear: Linear = Linear()
    hold_at_most: Duration = Field(
        default=timedelta(minutes=30), ge=timedelta(minutes=1), le=timedelta(days=14)
    )
    """How long ECS waits at a step for the bot or a person before it rolls back by itself, so that
    a bot that is gone fails safe; ECS counts whole minutes."""
    scan: Scan = Scan()
    after: str | None = None
    """The environment in which the same digest must be good first."""
    approvals: int = Field(default=0, ge=0, le=5)
    """How many other people must approve."""
    bake: Duration = Field(default=timedelta(minutes=10), le=LONGEST_BAKE)
    """How long a steady rollout is watched before it counts as good."""
    on_bad: Literal["roll-back", "ask"] = "ask"
    lock_after_rollback: bool = True
    """Whether a rollback locks the place until somebody clears it, so that nobody deploys the bad
    version again by habit."""
    freeze: tuple[Freeze, ...] = ()
    proposal_expires: Duration = timedelta(minutes=30)
    """How long a proposed change waits for its confirmation."""
    rollout_timeout: Duration = timedelta(minutes=15)
    """How long ECS may take before the rollout is called too slow. AWS's own breaker needs up to
    12 minutes at a desired count of one, so a shorter time may speak before it does."""
    watch_every: Duration = timedelta(seconds=2.2)
    """How often a rollout is looked at: its end is on the card within 3 s, for one call to AWS in
    2 s at most."""
    judge_every: Duration = timedelta(seconds=15)
    """How often the evidence is measured while a version is judged."""
