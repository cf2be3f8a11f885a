"""What AWS answers about everything around a service, in AWS's words.

What runs itself is in `models`. Times are aware and in UTC; states stay AWS's own strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role and who may assume it; what the role itself may do is not read."""

    arn: str
    name: str
    trusted_services: frozenset[str] = frozenset()
    """Service principals its trust policy lets in, such as ecs-tasks.amazonaws.com."""
    conditional_services: frozenset[str] = frozenset()
    """Those of them that are let in under a condition only."""
    trusts_anyone: bool = False
    """Whether a statement without a condition names `*` as its principal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret without its value."""

    arn: str
    name: str
    deleted_at: datetime | None = None
    """When its deletion was asked for: from then on its value cannot be read."""
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Version id → its staging labels. Versions without a label are not listed by AWS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """A CloudWatch log group."""

    name: str
    arn: str = ""
    retention_days: int | None = None
    """None when events never expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """A load balancer target group."""

    arn: str
    name: str
    port: int | None = None
    """Where targets registered without a port of their own are sent to; ECS always names one."""
    protocol: str | None = None
    """HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP, QUIC, TCP_QUIC or GENEVE."""
    target_type: str = ""
    """ip, instance, lambda or alb."""
    health_path: str | None = None
    health_port: str | None = None
    """A port's number, or `traffic-port`."""
    load_balancers: tuple[str, ...] = ()
    """ARNs; empty for a group no listener forwards to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalidation:
    """A CloudFront invalidation; `status` is InProgress or Completed."""

    id: str
    status: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message of an SQS queue, handed to us for as long as the queue's visibility time-out."""

    id: str
    receipt: str
    """Deletes this delivery of the message; a later delivery has another one."""
    body: str = field(repr=False)
    sent_at: datetime | None = None
    deliveries: int = 1
    """How many times it was handed out, this one included."""
