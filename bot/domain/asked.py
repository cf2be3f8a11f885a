"""Who asked, for what, and from where: what a command or a press carries inward."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.pipeline import Pipeline, read_pipeline


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a command or a press, as the rules see them.

    `id` is the Slack user id, or a pipeline's; `groups` are the ids of the Slack user groups they
    are in now.
    """

    id: str
    groups: frozenset[str] = frozenset()

    @property
    def mention(self) -> str:
        """The person in mrkdwn."""
        return f"<@{self.id}>"

    @property
    def pipeline(self) -> Pipeline | None:
        """The pipeline it is; None of a person."""
        return read_pipeline(self.id)


@dataclass(frozen=True, slots=True)
class Asked:
    """One command or press.

    `key` is unique for what the person did (Slack's trigger id): writing it in the transaction
    that acts makes a redelivery harmless. `correlation_id` follows the act through every log line.
    """

    by: Actor
    channel_id: str
    key: str
    correlation_id: str
    at: datetime
    typed: str = field(default="", repr=False)
    """What was typed after the slash command, the verb included, its quotes and spaces as they
    were: for what has a grammar of its own, as PromQL."""


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button.

    `subject_id` and `revision` are what the button was drawn with: the row it belongs to and that
    row's state revision then. `state` holds the values of the inputs beside it. `is_ticked` says
    of a box whether it is ticked now.
    """

    asked: Asked
    action_id: str
    subject_id: str
    revision: int
    state: Mapping[str, Any] = field(default_factory=dict)
    is_ticked: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """One form that was sent in.

    `carried` is what it was opened with; `values` holds what was typed or chosen, by block id.
    """

    asked: Asked
    callback_id: str
    carried: Mapping[str, str]
    values: Mapping[str, str]
