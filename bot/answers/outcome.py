"""AWS asked for one thing: what it said, or why it did not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from integrations.errors import IntegrationError, Unavailable

T = TypeVar("T")


async def outcome_of(ask: Callable[[], Awaitable[T]], *, within_s: float) -> T | IntegrationError:
    """What comes of it; whatever another system does is an outcome, after `within_s` too."""
    try:
        async with asyncio.timeout(within_s):
            return await ask()
    except TimeoutError:
        return Unavailable("aws", "read or change", f"no answer within {within_s:g} s")
    except IntegrationError as exc:
        return exc
