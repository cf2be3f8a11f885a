"""Grafana alerting's webhook: proved, then read.

Sources: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
and, for rules without data, https://grafana.com/docs/grafana/latest/alerting/fundamentals/alert-rule-evaluation/stale-alert-instances/
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from integrations.errors import InvalidSignature, Rejected
from integrations.webhooks import AlertPart, Pairs, Part, read_json, read_model, verify_token

SYSTEM = "grafana"
SIGNATURE_HEADER = "X-Grafana-Alerting-Signature"
TIMESTAMP_HEADER = "X-Grafana-Alerting-Timestamp"
"""Grafana has no name of its own for it: this one is to be written into the contact point."""
WINDOW = timedelta(minutes=5)
"""How old a signature may be, and how far ahead Grafana's clock."""
LARGEST_TIMESTAMP = 12
"""Digits; no moment has more for thirty thousand years."""
NO_DATA, ERROR = "DatasourceNoData", "DatasourceError"
"""The names of alerts that stand for a rule which could not be judged; its own is a label."""
RULE_NAME_LABEL = "rulename"
REASON_ANNOTATION = "grafana_state_reason"
"""Why an alert is in its state, where that is not its condition: NoData, Error, MissingSeries."""
ERROR_ANNOTATION = "Error"

Values = Annotated[Mapping[str, float | None], BeforeValidator(lambda given: given or {})]


class Alert(AlertPart):
    """One alert of a group; an address that Grafana left out is empty."""

    values: Values = Field(default_factory=dict)
    """What each query and expression of the rule gave, by its letter; nothing without data."""
    value_string: str = ""
    generator_url: str = Field(default="", alias="generatorURL")
    """The rule."""
    silence_url: str = Field(default="", alias="silenceURL")
    """A form that is filled with this alert's labels."""
    dashboard_url: str = Field(default="", alias="dashboardURL")
    panel_url: str = Field(default="", alias="panelURL")
    image_url: str = Field(default="", alias="imageURL")


class Notification(Part):
    """What Grafana says about one alert group."""

    version: Literal["1"]
    group_key: str
    truncated_alerts: int = 0
    """Alerts left out because of the contact point's limit."""
    status: Literal["firing", "resolved"]
    state: str = ""
    """`alerting` or `ok`; Grafana calls it outdated, and every alert's own `status` tells more."""
    receiver: str
    """The contact point."""
    org_id: int
    group_labels: Pairs = Field(default_factory=dict)
    common_labels: Pairs = Field(default_factory=dict)
    common_annotations: Pairs = Field(default_factory=dict)
    external_url: str = Field(default="", alias="externalURL")
    alerts: tuple[Alert, ...] = Field(min_length=1)


def may_be_proved(headers: Mapping[str, str], tokens: Iterable[str]) -> None:
    """Raise InvalidSignature where neither a token nor a signature came: the body need not be read.

    A signature is only looked at beside its body, by `verify`.
    """
    if SIGNATURE_HEADER not in headers:
        verify_token(SYSTEM, headers.get("Authorization", ""), tokens)


def verify(
    headers: Mapping[str, str],
    body: bytes,
    *,
    tokens: Iterable[str],
    secrets: Iterable[str],
    now: datetime,
) -> None:
    """Prove that Grafana sent `body`, by its signature or else by a token in `Authorization`.

    The signature is hex HMAC-SHA256 over the time-stamp, a colon and the body as it came. Grafana
    signs the body alone where the contact point names no header for the time-stamp; that could be
    sent again by anybody who has seen it, and is refused. Where no secret is held, what Grafana
    signed besides is passed over, and the token counts. Without any token or secret nothing can be
    proved, so nothing is let in.

    Raises:
        InvalidSignature: it is not proved.
        Rejected: the signature has no time-stamp, or an old one.
    """
    held = [one.encode() for one in secrets if one]
    if SIGNATURE_HEADER not in headers or not held:
        verify_token(SYSTEM, headers.get("Authorization", ""), tokens)
        return
    # A header may hold bytes that are no text; they must not become an error of another kind.
    stamp = headers.get(TIMESTAMP_HEADER, "").strip()
    given = headers[SIGNATURE_HEADER].strip().encode(errors="replace")
    if not stamp:
        raise Rejected(
            SYSTEM,
            "webhook",
            f"the signature has no time-stamp: write {TIMESTAMP_HEADER} as the timestamp header "
            "into the contact point's HMAC settings",
        )
    signed = stamp.encode(errors="replace") + b":" + body
    digests = [hmac.new(one, signed, hashlib.sha256) for one in held]
    if not any(hmac.compare_digest(one.hexdigest().encode(), given) for one in digests):
        raise InvalidSignature(SYSTEM)
    if not _is_recent(stamp, now):
        raise Rejected(
            SYSTEM, "webhook", f"the time-stamp is more than {WINDOW.seconds // 60} minutes off"
        )


def _is_recent(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= LARGEST_TIMESTAMP):
        return False
    return abs(now.timestamp() - int(stamp)) <= WINDOW.total_seconds()


def parse(body: bytes) -> Notification:
    """Read a verified body.

    Raises:
        Rejected: it is not the payload of Grafana's alerting; the detail says what is wrong.
    """
    payload = read_json(SYSTEM, body)
    if not isinstance(payload, dict) or "orgId" not in payload:
        raise Rejected(
            SYSTEM,
            "webhook",
            "the body is not Grafana's: it has no `orgId`. A contact point with a custom payload "
            "cannot be read, and Alertmanager sends to a route of its own",
        )
    return read_model(SYSTEM, Notification, payload)
