"""A build pipeline as somebody who asks for changes: who it is, by the token it proved."""

import re
from dataclasses import dataclass

from bot.catalog import PipelinePeople

PREFIX = "pipeline:"
_STARS = re.compile(r"(\*\*?)")
_STANDS_FOR = {"*": "[^/]*", "**": ".*"}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A repository at one of its refs, as the issuer of its token says."""

    repository: str
    """`owner/name`."""
    ref: str
    """`refs/heads/main`, `refs/tags/v1.2.0`."""
    event: str
    """What triggered its run, as `push`."""

    @property
    def id(self) -> str:
        """What stands where a person's Slack id would; it can be read back."""
        return f"{PREFIX}{self.event}:{self.repository}@{self.ref}"

    @property
    def name(self) -> str:
        """`the pipeline of example/credlink at main`."""
        short = self.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        return f"the pipeline of {self.repository} at {short}"


def read_pipeline(actor_id: str) -> Pipeline | None:
    """The pipeline behind an actor's id; None of a person's."""
    if not actor_id.startswith(PREFIX):
        return None
    event, _, rest = actor_id.removeprefix(PREFIX).partition(":")
    repository, _, ref = rest.partition("@")
    return Pipeline(repository, ref, event)


def is_meant(named: PipelinePeople, pipeline: Pipeline) -> bool:
    """Whether the catalogue means this one."""
    return (
        is_of(named, pipeline)
        and pipeline.event in named.events
        and any(_is_like(pipeline.ref, ref) for ref in named.refs)
    )


def is_of(named: PipelinePeople, pipeline: Pipeline) -> bool:
    """Whether the catalogue names its repository, be it at another ref or for another event."""
    # GitHub's names of owners and repositories differ by more than their case; refs need not.
    return named.repository.lower() == pipeline.repository.lower()


def _is_like(ref: str, pattern: str) -> bool:
    """As in GitHub's own filters `*` stands for anything but a slash, and `**` for that too."""
    parts = (_STANDS_FOR.get(part) or re.escape(part) for part in _STARS.split(pattern))
    return re.fullmatch("".join(parts), ref) is not None
