"""Alertmanager's webhook, version 4: proved, then read.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from integrations.errors import Rejected, told
from integrations.webhooks import AlertPart, Pairs, Part, read_json, read_model, verify_token

SYSTEM = "alertmanager"
VERSION = "4"
REPEAT = "repeat interval elapsed"


class Alert(AlertPart):
    """One alert of a group."""

    generator_url: str = Field(default="", alias="generatorURL")
    """Carries the alert's expression as `g0.expr`."""


class Notification(Part):
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
    group_labels: Pairs = Field(default_factory=dict)
    common_labels: Pairs = Field(default_factory=dict)
    common_annotations: Pairs = Field(default_factory=dict)
    external_url: str = Field(default="", alias="externalURL")
    notification_reason: str | None = Field(default=None, alias="notification_reason")
    alerts: tuple[Alert, ...] = Field(min_length=1)

    @property
    def is_repeat(self) -> bool:
        """Whether Alertmanager says that nothing is new since what it sent last."""
        return self.notification_reason == REPEAT


def verify(authorization: str, tokens: Iterable[str]) -> None:
    """Prove by the `Authorization` header that Alertmanager is calling, or raise InvalidSignature.

    Alertmanager signs nothing, but sends a bearer token or a basic password.

    Source: https://prometheus.io/docs/alerting/latest/configuration/#http_config
    """
    verify_token(SYSTEM, authorization, tokens)


def parse(body: bytes) -> Notification:
    """Read a verified body.

    Raises:
        Rejected: it is not a payload of version 4; the detail says what is wrong with it.
    """
    payload = read_json(SYSTEM, body)
    if not isinstance(payload, dict) or "version" not in payload:
        raise Rejected(SYSTEM, "webhook", "the body is not Alertmanager's: it has no `version`")
    if payload["version"] != VERSION:
        given = told(repr(payload["version"]))
        raise Rejected(
            SYSTEM, "webhook", f"payload version {given}; this bot reads version {VERSION!r} only"
        )
    return read_model(SYSTEM, Notification, payload)
