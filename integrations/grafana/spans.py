"""A span marked once: a moment as it begins, which its end closes.

Making an annotation is not idempotent. So each span has a tag that nothing else carries, and one
that may have been made is looked for by it before it is made again.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.errors import NotFound
from integrations.grafana.client import GrafanaClient

STILL_ASKING = timedelta(seconds=15)
"""Longer than any request under way: what it makes is found after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is marked. Without a dashboard it is the organisation's, shown by its tags."""

    text: str
    at: datetime
    tag: str
    """Its own: no other annotation carries it."""
    tags: Sequence[str] = ()
    dashboard: str | None = None

    @property
    def every_tag(self) -> tuple[str, ...]:
        return (*self.tags, self.tag)


async def begin(grafana: GrafanaClient, span: Span, *, is_first: bool) -> int:
    """Mark the moment it began; returns the annotation's id.

    Costs one call, two where this is not the first attempt.

    Raises:
        IntegrationError: as `create_annotation`.
    """
    made = None if is_first else await _find(grafana, span)
    return made if made is not None else await _make(grafana, span)


async def close(grafana: GrafanaClient, span: Span, *, end: datetime, known: int | None) -> int:
    """Give it its end and its text; make all of it where there is none. Returns its id.

    `known` is the id, where one is kept. May be repeated. Costs one call to three.

    Raises:
        IntegrationError: as `create_annotation`.
    """
    made = known if known is not None else await _find(grafana, span)
    if made is not None:
        with suppress(NotFound):  # removed meanwhile: all of it is made again
            await grafana.patch_annotation(made, end=end, text=span.text)
            return made
    return await _make(grafana, span, end=end)


async def _find(grafana: GrafanaClient, span: Span) -> int | None:
    """What an attempt made whose answer was lost."""
    found = await grafana.list_annotations(tags=[span.tag], limit=1)
    return found[0].id if found else None


async def _make(grafana: GrafanaClient, span: Span, *, end: datetime | None = None) -> int:
    return await grafana.create_annotation(
        span.text, at=span.at, end=end, tags=span.every_tag, dashboard_uid=span.dashboard
    )
