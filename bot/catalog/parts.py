"""What every part of the catalogue is made of."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

ANY = "*"

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def read_duration(value: Any) -> timedelta:
    """Read `90s`, `10m`, `1h30m` or a number of seconds.

    Raises:
        ValueError: with what was expected, for pydantic to report at its place.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[smhdw])", value) if isinstance(value, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError("expected a duration such as 90s, 10m or 1h30m")
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))


Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration, json_schema_input_type=str | float),
    PlainSerializer(lambda length: f"{length.total_seconds():g}s", return_type=str),
]

ChannelName = Annotated[str, Field(pattern=r"^(#[a-z0-9_-]{1,80}|[CG][A-Z0-9]{2,})$")]
"""`#name`, or a channel's id."""


class Part(BaseModel):
    """A part of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")
