"""Services, and the places they run in."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import ByteSize, Field, field_validator

from bot.catalog.deploys import CloudFront, DeployPolicy, Scale, Slo
from bot.catalog.parts import ChannelName, Part


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
