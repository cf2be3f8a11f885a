"""Who may do what: people by their Slack user group, and pipelines."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field, model_validator

from bot.catalog.parts import Part


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


class Pipelines(Part):
    """How pipelines prove who they are, for `POST /api/changes`."""

    audience: str = Field(min_length=1)
    """What their identity tokens must be made for, so that one made for another is worth nothing
    here."""
