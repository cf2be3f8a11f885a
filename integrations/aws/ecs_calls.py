"""What every group of ECS calls has: a session, and lists followed page by page."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from integrations.aws.client import AwsSession
from integrations.aws.joined import Joined

T = TypeVar("T")

PAGES_AT_MOST = 10
"""No list is followed further: what a person looks at is on the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How questions that may be joined are spread, in seconds; see `Joined`."""

    window_s: float = 0.02
    """How long a question waits for company; far below what a person notices."""
    apart_s: float = 0.3
    """Between two questions about one cluster."""
    turn_s: float = 0.13
    """Between two questions about any."""


PACING = Pacing()
"""Fifty rollouts looked at every 2.2 s are 23 names a second: 3 to 4 calls in one cluster, and
below 10 over any number of clusters (1/0.13 questions, and a call more for every ten names)."""


class EcsCalls:
    """ECS's operations by their name, in one account and region."""

    def __init__(self, session: AwsSession, *, pacing: Pacing) -> None:
        self._session = session
        self._pacing = pacing
        self._askers: list[Joined[Any]] = []

    def _joined(self, ask: Callable[[str, list[str]], Awaitable[Mapping[str, T]]]) -> Joined[T]:
        """Join the questions of everybody who asks `ask` by a name within a group."""
        joined = Joined(
            ask,
            window_s=self._pacing.window_s,
            apart_s=self._pacing.apart_s,
            turn_s=self._pacing.turn_s,
        )
        self._askers.append(joined)
        return joined

    async def _pages(
        self, operation: str, member: str, /, *, at_most: int | None = None, **arguments: Any
    ) -> list[Any]:
        """Follow `nextToken` by hand: botocore has no paginator for service deployments."""
        found: list[Any] = []
        for _ in range(PAGES_AT_MOST):
            reply = await self._call(operation, **arguments)
            found += reply.get(member, ())
            token = reply.get("nextToken")
            if not token or (at_most is not None and len(found) >= at_most):
                break
            arguments["nextToken"] = token
        return found

    async def _call(self, operation: str, /, **arguments: Any) -> Any:
        return await self._session.call("ecs", operation, **arguments)

    async def _call_once(self, operation: str, /, **arguments: Any) -> Any:
        return await self._session.call_once("ecs", operation, **arguments)

    async def aclose(self) -> None:
        """Drop the questions under way."""
        for joined in self._askers:
            await joined.aclose()
