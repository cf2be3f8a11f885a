"""What Alertmanager answers, in its words. Times are aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition of a silence; `is_equal` False turns it round."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A silence. `id` is None until Alertmanager has it."""

    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    id: str | None = None
    state: str | None = None
    """pending, active or expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as Alertmanager holds it now."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    state: str
    """active, suppressed or unprocessed."""
    starts_at: datetime
    ends_at: datetime
    """When it ends by itself unless Prometheus sends it again."""
    updated_at: datetime
    generator_url: str = ""
    receivers: tuple[str, ...] = ()
    silenced_by: tuple[str, ...] = ()
    """Ids of silences."""
    inhibited_by: tuple[str, ...] = ()
    """Fingerprints of alerts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Which Alertmanager this is, and since when it runs."""

    version: str
    uptime_since: datetime
    cluster_status: str
    """ready, settling or disabled."""
