"""The Web API's methods by name: what each needs and which function does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.workspace.platform import Platform
from sandbox.workspace.wire import Arguments

Call = Callable[[Platform, Arguments], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One method; any one of `scopes` is enough to call it."""

    name: str
    call: Call
    scopes: tuple[str, ...]
    caller: str = "bot"
    """Whose token: `bot`, `app`, or `anyone`, for which none is needed."""


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, caller: str = "bot") -> Callable[[Call], Call]:
    """Register a function as the Web API method `name`."""

    def register(call: Call) -> Call:
        METHODS[name] = Method(name, call, scopes, caller)
        return call

    return register
