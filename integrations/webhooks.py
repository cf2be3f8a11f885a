"""What webhooks of several systems have in common: proved by a header, read strictly."""

import base64
import binascii
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

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

NO_TIME = "0001-01-01T00:00:00Z"
"""Go's zero: an alert that still fires has not ended."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("there is no such moment in UTC") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
End = Annotated[Moment | None, BeforeValidator(lambda given: None if given == NO_TIME else given)]

Pairs = Annotated[Mapping[str, str], BeforeValidator(lambda given: given or {})]
"""Names and values; Go writes a map that nobody made as null."""

Body = TypeVar("Body", bound=BaseModel)


class Part(BaseModel):
    """A part of a payload whose members are written in camelCase; others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class AlertPart(Part):
    """What Alertmanager says of one alert, and Grafana after it. Times are in UTC."""

    status: Literal["firing", "resolved"]
    labels: Mapping[str, str]
    annotations: Pairs = Field(default_factory=dict)
    starts_at: Moment
    ends_at: End = None
    """None while it fires."""
    fingerprint: str
    """Of the labels; with `starts_at` it names one occurrence."""


def verify_token(system: str, authorization: str, tokens: Iterable[str]) -> None:
    """Prove by the `Authorization` header that `system` is calling, or raise InvalidSignature.

    It holds a bearer token, or a basic password, whatever the user; `tokens` are those in force,
    so that they can be rotated. Compared in constant time. Without any token nothing can be
    proved, so nothing is let in.
    """
    # A header may hold bytes that are no text; they must not become an error of another kind.
    scheme, _, credentials = authorization.encode(errors="replace").strip().partition(b" ")
    given = credentials.strip()
    if scheme.lower() == b"basic":
        try:
            given = base64.b64decode(given, validate=True).partition(b":")[2]
        except binascii.Error:
            raise InvalidSignature(system) from None
    elif scheme.lower() != b"bearer":
        raise InvalidSignature(system)
    for token in filter(None, tokens):
        if hmac.compare_digest(token.encode(), given):
            return
    raise InvalidSignature(system)


def read_json(system: str, body: bytes | str) -> Any:
    """The JSON of a body.

    Raises:
        Rejected: it is none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected(system, "webhook", "the body is not JSON") from None


def read_model(system: str, model: type[Body], payload: Any) -> Body:
    """The payload as this model.

    Raises:
        Rejected: it does not fit; the detail names each member that is wrong.
    """
    try:
        return model.model_validate(payload)
    except ValidationError as exc:
        problems = "; ".join(
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors()
        )
        raise Rejected(system, "webhook", told(f"the payload is broken: {problems}")) from None
