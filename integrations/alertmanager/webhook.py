"""Alertmanager's webhook, version 4: proved, then read.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import base64
import binascii
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from integrations.errors import InvalidSignature, Rejected, told

SYSTEM = "alertmanager"
VERSION = "4"
NO_TIME = "0001-01-01T00:00:00Z"
"""Go's zero: an alert that still fires has not ended."""

Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
End = Annotated[Moment | None, BeforeValidator(lambda given: None if given == NO_TIME else given)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Alert(_Part):
    """One alert of a group. Times are in UTC."""

    status: Literal["firing", "resolved"]
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = {}
    starts_at: Moment
    ends_at: End = None
    """None while it fires."""
    generator_url: str = Field(default="", alias="generatorURL")
    """Carries the alert's expression as `g0.expr`."""
    fingerprint: str
    """Of the labels; with `starts_at` it names one occurrence."""


class Notification(_Part):
    """What Alertmanager says about one alert group.

    Fields that older Alertmanagers leave out are None.
    """

    version: Literal["4"]
    group_key: str
    """Changes when the route does."""
    truncated_alerts: int = 0
    """Alerts left out because of the receiver's `max_alerts`."""
    status: Literal["firing", "resolved"]
    receiver: str
    group_labels: Mapping[str, str] = {}
    common_labels: Mapping[str, str] = {}
    common_annotations: Mapping[str, str] = {}
    external_url: str = Field(default="", alias="externalURL")
    notification_reason: str | None = Field(default=None, alias="notification_reason")
    """`repeat interval elapsed` means that nothing is new."""
    alerts: tuple[Alert, ...] = Field(min_length=1)


def verify(authorization: str, tokens: Iterable[str]) -> None:
    """Prove by the `Authorization` header that Alertmanager is calling, or raise InvalidSignature.

    Alertmanager signs nothing, but sends a bearer token or a basic password, whatever the user;
    `tokens` are those in force, so that they can be rotated. Compared in constant time. Without
    any token nothing can be proved, so nothing is let in.

    Source: https://prometheus.io/docs/alerting/latest/configuration/#http_config
    """
    # A header may hold bytes that are no text; they must not become an error of another kind.
    scheme, _, credentials = authorization.encode(errors="replace").strip().partition(b" ")
    given = credentials.strip()
    if scheme.lower() == b"basic":
        try:
            given = base64.b64decode(given, validate=True).partition(b":")[2]
        except binascii.Error:
            raise InvalidSignature(SYSTEM) from None
    elif scheme.lower() != b"bearer":
        raise InvalidSignature(SYSTEM)
    for token in filter(None, tokens):
        if hmac.compare_digest(token.encode(), given):
            return
    raise InvalidSignature(SYSTEM)


def parse(body: bytes) -> Notification:
    """Read a verified body.

    Raises:
        Rejected: it is not a payload of version 4; the detail says what is wrong with it.
    """
    try:
        payload: Any = json.loads(body)
    except ValueError:
        raise Rejected(SYSTEM, "webhook", "the body is not JSON") from None
    if not isinstance(payload, dict) or "version" not in payload:
        raise Rejected(SYSTEM, "webhook", "the body is not Alertmanager's: it has no `version`")
    if payload["version"] != VERSION:
        given = told(repr(payload["version"]))
        raise Rejected(
            SYSTEM, "webhook", f"payload version {given}; this bot reads version {VERSION!r} only"
        )
    try:
        return Notification.model_validate(payload)
    except ValidationError as exc:
        problems = "; ".join(
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors()
        )
        raise Rejected(SYSTEM, "webhook", told(f"the payload is broken: {problems}")) from None
