"""What every group of ECS calls has: a session, and lists followed page by page."""

from typing import Any

from integrations.aws.client import AwsSession

PAGES_AT_MOST = 10
"""No list is followed further: what a person looks at is on the first page."""


class EcsCalls:
    """ECS's operations by their name, in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

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
