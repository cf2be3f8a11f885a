"""The catalogue, as credlink.yml says it: what there is, who may do what, where it is told.

Everything about CredLink, or any other service, stands here and nowhere in the code. Every model
is frozen and refuses unknown keys: a typing mistake is an error, not a setting that does nothing.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

ANY = "*"


class Verb(StrEnum):
    """What a person may be allowed to do; the words of `people.*.may`."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    SCALE = "scale"
    RESTART = "restart"
    LOCK = "lock"
    FREEZE = "freeze"
    APPROVE = "approve"
    FORCE = "force"
    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"
    HEALTH = "health"
    STATUS = "status"
    HISTORY = "history"
    ONCALL = "oncall"
    QUERY = "query"
    """Run the catalogue's named queries."""
    PROMQL = "promql"
    """Run a query of one's own."""
    LOGS = "logs"
    ALARMS = "alarms"
    MUTE = "mute"
    """Mute CloudWatch alarms."""
    ALERTS = "alerts"
    AUDIT = "audit"


_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def read_duration(value: Any) -> timedelta:
    """Read `90s`, `10m`, `1h30m` or a number of seconds.

    Raises:
        ValueError: with what was expected, for pydantic to report at its place.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhdw])", value) if isinstance(value, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError("expected a duration such as 90s, 10m or 1h30m")
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))


Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration, json_schema_input_type=str | float),
    PlainSerializer(lambda length: f"{length.total_seconds():g}s", return_type=str),
]
VERSION = "$version"
"""Stands for an image tag in a query."""
LONGEST_BAKE = timedelta(days=1)
"""ECS bakes no longer."""
ChannelName = Annotated[str, Field(pattern=r"^(#[a-z0-9_-]{1,80}|[CG][A-Z0-9]{2,})$")]
"""`#name`, or a channel's id."""


class Part(BaseModel):
    """A part of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Slack(Part):
    command: str = Field(default="/credlink", pattern=r"^/[a-z0-9_-]{1,31}$")
    """The slash command's name; the manifest must declare the same one."""
    default_channel: ChannelName = "#credlink-ops"
    """Where the bot says what belongs nowhere else."""
    audit_channel: ChannelName | None = None
    """Where the head of the audit's chain is posted daily; otherwise the default channel."""


class PipelinePeople(Part):
    """A build pipeline, by what the identity token of its job says."""

    repository: str = Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")
    """`owner/name`."""
    refs: tuple[str, ...] = Field(min_length=1)
    """Of these: `refs/heads/main`, `refs/tags/v*`; `*` stands for anything but a slash, `**` for
    that too."""
    events: tuple[str, ...] = ("push", "release", "workflow_dispatch")
    """What may have triggered the run. `pull_request_target` runs on the base branch's ref with
    what a stranger has sent."""


class People(Part):
    """A Slack user group and what its members may do, or a pipeline and what it may; with neither,
    everybody, but no pipeline."""

    group: str | None = Field(default=None, pattern=r"^S[A-Z0-9]{2,}$")
    """The user group's id (Slack: More → User groups → Copy group ID)."""
    pipeline: PipelinePeople | None = None
    may: Mapping[str, tuple[Verb, ...]]
    """Environment (or `*`) → verbs. What is not named is refused."""
    services: tuple[str, ...] = ()
    """Only for these services; without any, for all."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "People":
        if self.pipeline is None:
            return self
        if self.group is not None:
            raise ValueError("name a group or a pipeline, not both")
        verbs = {verb for some in self.may.values() for verb in some}
        if verbs - {Verb.DEPLOY}:
            raise ValueError("a pipeline may deploy and nothing else")
        return self


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


class GrafanaPlace(Part):
    dashboard: str
    """The dashboard's uid."""
    panel: int | None = None
    """The panel that `health` links to."""
    panels: Mapping[str, int] = Field(default_factory=dict)
    """Panels of the dashboard by the names of the alerts they show, where the alerts themselves do
    not name theirs."""


class Environment(Part):
    """One service in one environment: where it runs and how it is changed there."""

    account: str = Field(pattern=r"^\d{12}$")
    role: str | None = Field(default=None, pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")
    """The role to assume; without one the bot's own credentials must reach the account."""
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    cluster: str
    ecs_service: str
    container: str | None = None
    """The container whose image is deployed; may be left out where the task has only one."""
    image_repository: str | None = None
    """The ECR repository; without it, the one the running image comes from."""
    target_group: str | None = None
    cloudfront: CloudFront | None = None
    scale: Scale = Scale()
    channel: ChannelName | None = None
    """Where this environment's changes are shown; otherwise `slack.default_channel`."""
    logs: str | None = None
    """The CloudWatch log group."""
    logs_scan_limit: Annotated[ByteSize, Field(gt=0)] = ByteSize(2 * 1024**3)
    """A search of logs over more than this is refused before it costs anything, as `2GiB`."""
    alarms: str | None = Field(default=None, min_length=1)
    """What the names of its CloudWatch alarms begin with."""
    grafana: GrafanaPlace | None = None
    events_queue: str | None = Field(default=None, pattern=r"^https?://")
    """The URL of an SQS queue that EventBridge gives ECS's events: what others do is then known at
    once, and not at the next sweep."""
    alarms_queue: str | None = Field(default=None, pattern=r"^https?://")
    """The URL of an SQS queue that EventBridge gives CloudWatch's alarms, where that is another;
    they may come through `events_queue` as well."""
    deploy: DeployPolicy = DeployPolicy()
    slo: Mapping[str, Slo] = Field(default_factory=dict)


class PagerDutyService(Part):
    service: str = Field(pattern=r"^P[A-Z0-9]+$")
    escalation_policy: str | None = Field(default=None, pattern=r"^P[A-Z0-9]+$")
    """Whose first level is on call for the service; without it, everybody who is on call."""


class RequestIds(Part):
    """How ids of requests are found in a service's log lines, and where each leads."""

    pattern: str = r"(?i)(?:request|trace|correlation)[_-]?id[\"']?\s*[=:]\s*[\"']?([\w:.-]{4,100})"
    """A regular expression; its first group is the id, or without groups all that it finds."""
    link: str | None = Field(default=None, pattern=r"^https?://.*\$id")
    """An address in which `$id` stands for the id; without one a link searches the logs for it."""

    @field_validator("pattern")
    @classmethod
    def _is_regex(cls, pattern: str) -> str:
        try:
            found = re.compile(pattern).search("")
        except re.error as exc:
            raise ValueError(f"not a regular expression: {exc}") from None
        if found is not None:
            raise ValueError("it finds an id in an empty line")
        return pattern


class SentryProject(Part):
    organization: str
    project: str


class Service(Part):
    repository: str | None = Field(default=None, pattern=r"^https://")
    """Where the code is: compare links are made from it."""
    runbooks: str | None = None
    """A folder of Markdown files named like their alerts, from where the bot is started; their
    numbered steps stand in alerts' threads. Or the address where runbooks are kept."""
    pagerduty: PagerDutyService | None = None
    sentry: SentryProject | None = None
    depends_on: tuple[str, ...] = ()
    """Services of this catalogue that it calls: a change of theirs may be why its alerts fire."""
    request_ids: RequestIds = RequestIds()
    environments: Mapping[str, Environment] = Field(min_length=1)


class Route(Part):
    """Alerts whose labels match go to this channel; the first route that matches decides."""

    match: Mapping[str, str] = Field(default_factory=dict)
    channel: ChannelName
    mention: str | None = Field(default=None, pattern=r"^S[A-Z0-9]{2,}$")
    """A user group's id: it is called once, when the card appears."""
    urgency: Literal["high", "low"] | None = None
    """Whose cards go first where Slack makes them wait: `high` before all others, `low` after them.
    Left out, the severity decides: critical first."""

    @model_validator(mode="after")
    def _calls_nobody_for_what_can_wait(self) -> "Route":
        if self.urgency == "low" and self.mention is not None:
            raise ValueError(
                "a route of low urgency calls nobody: leave out `mention`, or the urgency"
            )
        return self


class CloudWatchAlarms(Part):
    """What CloudWatch's alarms do not say of themselves."""

    topics: tuple[
        Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z]{2}(-[a-z]+)+-\d:\d{12}:[\w-]+$")],
        ...,
    ] = ()
    """SNS topics whose messages are taken, and whose subscriptions are confirmed; no other's."""
    severity: Mapping[str, Literal["critical", "warning", "info"]] = Field(default_factory=dict)
    """How bad an alarm is, by its name: the first pattern that fits decides, `*` stands for any
    characters. What fits none is a warning."""


class Alerts(Part):
    cloudwatch: CloudWatchAlarms = CloudWatchAlarms()
    routes: tuple[Route, ...] = ()
    service_label: str = "service"
    """The label that names a service of the catalogue."""
    environment_label: str = "env"
    """The label that names its environment."""
    note_emoji: str = Field(default="memo", pattern=r"^[a-z0-9_+'-]+$")
    """A message of an alert's thread that is marked with it becomes a note in PagerDuty; its name
    without colons."""


UnitWord = Literal[
    "", "ratio", "percentunit", "percent", "%", "s", "second", "seconds", "bytes", "byte", "b",
    "/s", "req/s", "reqps",
]  # fmt: skip
PLACEHOLDER = re.compile(r"\$([A-Za-z_]\w*)")
"""Stands for a parameter's value; `$1` is a regular expression's own."""
QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`", re.DOTALL)
"""A text in PromQL. What is between backticks has no escapes."""
OF_THE_CATALOGUE = frozenset({"env", "service"})
"""Parameters that need no declaration: their values are the catalogue's own names."""


class Parameter(Part):
    """What may be said for one `$name` of a named query."""

    default: str | None = None
    """Without one it must be said."""
    choices: tuple[str, ...] = ()
    """The values there are; without any, every value that fits the pattern."""
    pattern: str = r"[\w.:/@%+-]{1,100}"
    """A regular expression that the whole value must match. Where the query matches with `=~` the
    value is a part of that expression: let no more in than it is meant for."""

    @model_validator(mode="after")
    def _fits_itself(self) -> "Parameter":
        try:
            re.compile(self.pattern)
        except re.error as exc:
            raise ValueError(f"pattern is no regular expression: {exc}") from None
        if self.default is not None and not self.takes(self.default):
            raise ValueError(f"its own default {self.default!r} does not fit")
        return self

    def takes(self, value: str) -> bool:
        """Whether this value may stand in the query."""
        if self.choices:
            return value in self.choices
        return re.fullmatch(self.pattern, value) is not None


class NamedQuery(Part):
    """A query that everybody with the right `query` may ask by its name.

    A `$name` within quotes stands for a parameter; `$env` and `$service` for names of the
    catalogue.
    """

    query: str = Field(min_length=1)
    summary: str = Field(default="", max_length=120)
    """What it tells, in a few words."""
    parameters: Mapping[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")], Parameter] = Field(
        default_factory=dict
    )
    unit: UnitWord = ""
    """Of its values."""
    threshold: float | None = None
    """A line in its chart; in the query's unit."""

    def placeholders(self) -> tuple[str, ...]:
        """The names of its parameters, in the order they stand in the query."""
        return tuple(dict.fromkeys(PLACEHOLDER.findall(self.query)))

    @model_validator(mode="after")
    def _parameters_fit(self) -> "NamedQuery":
        used = set(self.placeholders())
        if unknown := used - self.parameters.keys() - OF_THE_CATALOGUE:
            raise ValueError(f"${min(unknown)} is not among its parameters")
        if unused := self.parameters.keys() - used:
            raise ValueError(f"its parameter {min(unused)!r} does not stand in the query")
        outside = PLACEHOLDER.findall(
            QUOTED.sub(lambda text: "" if text[0][0] != "`" else text[0][1:-1], self.query)
        )
        if outside:
            raise ValueError(f'${outside[0]} must stand within quotes, as env="$env"')
        return self


class Connections(Part):
    """Addresses of everything outside. The environment variable named beside each wins."""

    slack_api_url: str = "https://slack.com/api/"
    """SLACK_API_URL"""
    aws_endpoint_url: str | None = None
    """AWS_ENDPOINT_URL; unset means AWS itself"""
    prometheus_url: str | None = None
    """PROMETHEUS_URL"""
    alertmanager_url: str | None = None
    """ALERTMANAGER_URL"""
    grafana_url: str | None = None
    """GRAFANA_URL"""
    pagerduty_api_url: str | None = None
    """PAGERDUTY_API_URL, for example https://api.pagerduty.com; unset: no PagerDuty"""
    sentry_url: str | None = None
    """SENTRY_URL"""
    pipeline_issuer_url: str | None = None
    """PIPELINE_ISSUER_URL; unset means GitHub Actions"""


class Pipelines(Part):
    """How pipelines prove who they are, for `POST /api/changes`."""

    audience: str = Field(min_length=1)
    """What their identity tokens must be made for, so that one made for another is worth nothing
    here."""


class Catalog(Part):
    """All of credlink.yml."""

    slack: Slack = Slack()
    connections: Connections = Connections()
    people: Mapping[str, People]
    pipelines: Pipelines | None = None
    """Without it no pipeline is let in."""
    services: Mapping[str, Service] = Field(min_length=1)
    alerts: Alerts = Alerts()
    queries: Mapping[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,60}$")], NamedQuery] = (
        Field(default_factory=dict)
    )
    """Named queries, for `query <name>`."""
    pace: float = Field(default=1.0, gt=0)
    """Every wait is divided by it: 1 everywhere but in the sandbox and in tests. CREDLINK_PACE"""

    def place(self, service: str | None, environment: str | None) -> Environment | None:
        """What is said of a service in an environment; None where it is not there."""
        known = self.services.get(service or "")
        return known.environments.get(environment or "") if known is not None else None

    def channels(self) -> tuple[str, ...]:
        """Every channel something may be shown in, each once."""
        places = [
            place.channel
            for service in self.services.values()
            for place in service.environments.values()
            if place.channel is not None
        ]
        routed = [route.channel for route in self.alerts.routes]
        own = [self.slack.default_channel, self.slack.audit_channel or self.slack.default_channel]
        return tuple(dict.fromkeys([*own, *places, *routed]))

    def user_groups(self) -> tuple[str, ...]:
        """The ids of the Slack user groups that have rights."""
        return tuple(people.group for people in self.people.values() if people.group is not None)

    @model_validator(mode="after")
    def _environments_exist(self) -> "Catalog":
        known = {name for service in self.services.values() for name in service.environments}
        for group, people in self.people.items():
            if people.pipeline is not None and self.pipelines is None:
                raise ValueError(
                    f"people.{group} is a pipeline, and `pipelines` does not say which audience "
                    "its tokens must have"
                )
            for environment in people.may.keys() - known - {ANY}:
                raise ValueError(
                    f"people.{group}.may names the environment {environment!r}; "
                    f"there are {', '.join(sorted(known))} and '*'"
                )
            for named in people.services:
                if named not in self.services:
                    raise ValueError(
                        f"people.{group}.services names the service {named!r}; "
                        f"there are {', '.join(sorted(self.services))}"
                    )
        for name, service in self.services.items():
            for called in service.depends_on:
                if called not in self.services or called == name:
                    raise ValueError(
                        f"services.{name}.depends_on names {called!r}, which is not another "
                        f"service; there are {', '.join(sorted(self.services))}"
                    )
            for environment, place in service.environments.items():
                after = place.deploy.after
                if after is not None and (
                    after not in service.environments or after == environment
                ):
                    raise ValueError(
                        f"services.{name}.environments.{environment}.deploy.after names {after!r}, "
                        "which is not another environment of this service"
                    )
        return self
