"""What the handlers of the API share: their form, paging, and the limits on lists."""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.aws.ecs import Ecs
from sandbox.aws.errors import Refused
from sandbox.aws.model import Json

Moto = Callable[[], Json]
"""Lets moto do the same request to its own copy and returns its answer. Writes need it, so that
services of moto which look into its ECS find what they expect."""

Handler = Callable[[Ecs, Json, Moto], Json]
"""Answers one operation: the request's JSON in, the answer's JSON out, Refused for an error."""


def page(key: str, items: Sequence[Any], request: Json, *, most: int = 100) -> Json:
    """Return one page of `items` under `key`, and the token of the next if there is one."""
    token = request.get("nextToken") or "0"
    if not token.isdecimal():
        raise Refused("InvalidParameterException", "Invalid token")
    first = int(token)
    size = min(request.get("maxResults") or most, most)
    answer: Json = {key: list(items[first : first + size])}
    if first + size < len(items):
        answer["nextToken"] = str(first + size)
    return answer


def at_most(limit: int, items: Sequence[Any], name: str) -> None:
    """Refuse a request that names too many things at once."""
    if len(items) > limit:
        raise Refused("InvalidParameterException", f"{name} cannot have more than {limit} elements")
