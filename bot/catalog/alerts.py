"""Which labels name a place, and which alerts go where."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bot.catalog.parts import ChannelName, Part


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
