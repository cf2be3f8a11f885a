"""Named queries: PromQL with parameters that cannot leave their quotes."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bot.catalog.parts import Part

UnitWord = Literal[
    "", "ratio", "percentunit", "percent", "%", "s", "second", "seconds", "bytes", "byte", "b",
    "/s", "req/s", "reqps",
]  # fmt: skip

PLACEHOLDER = re.compile(r"\$([A-Za-z_]\w*)")
"""Stands for a parameter's value; `$1` is a regular expression's own."""

QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`", re.DOTALL)
"""A text in PromQL. What is between backticks has no escapes."""

OF_THE_CATALOGUE = frozenset({"env", "service"})
"""Parameters that need no declaration: their values are the catalogue's own names."""


class Parameter(Part):
    """What may be said for one `$name` of a named query."""

    default: str | None = None
    """Without one it must be said."""
    choices: tuple[str, ...] = ()
    """The values there are; without any, every value that fits the pattern."""
    pattern: str = r"[\w.:/@%+-]{1,100}"
    """A regular expression that the whole value must match. Where the query matches with `=~` the
    value is a part of that expression: let no more in than it is meant for."""

    @model_validator(mode="after")
    def _fits_itself(self) -> "Parameter":
        try:
            re.compile(self.pattern)
        except re.error as exc:
            raise ValueError(f"pattern is no regular expression: {exc}") from None
        if self.default is not None and not self.takes(self.default):
            raise ValueError(f"its own default {self.default!r} does not fit")
        return self

    def takes(self, value: str) -> bool:
        """Whether this value may stand in the query."""
        if self.choices:
            return value in self.choices
        return re.fullmatch(self.pattern, value) is not None


class NamedQuery(Part):
    """A query that everybody with the right `query` may ask by its name.

    A `$name` within quotes stands for a parameter; `$env` and `$service` for names of the
    catalogue.
    """

    query: str = Field(min_length=1)
    summary: str = Field(default="", max_length=120)
    """What it tells, in a few words."""
    parameters: Mapping[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")], Parameter] = Field(
        default_factory=dict
    )
    unit: UnitWord = ""
    """Of its values."""
    threshold: float | None = None
    """A line in its chart; in the query's unit."""

    def placeholders(self) -> tuple[str, ...]:
        """The names of its parameters, in the order they stand in the query."""
        return tuple(dict.fromkeys(PLACEHOLDER.findall(self.query)))

    @model_validator(mode="after")
    def _parameters_fit(self) -> "NamedQuery":
        used = set(self.placeholders())
        if unknown := used - self.parameters.keys() - OF_THE_CATALOGUE:
            raise ValueError(f"${min(unknown)} is not among its parameters")
        if unused := self.parameters.keys() - used:
            raise ValueError(f"its parameter {min(unused)!r} does not stand in the query")
        outside = PLACEHOLDER.findall(
            QUOTED.sub(lambda text: "" if text[0][0] != "`" else text[0][1:-1], self.query)
        )
        if outside:
            raise ValueError(f'${outside[0]} must stand within quotes, as env="$env"')
        return self
