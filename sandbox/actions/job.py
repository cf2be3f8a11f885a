"""What a job of a pipeline does to have a version deployed: as the example in `infra/github`."""

from typing import Any

import aiohttp

TIMEOUT_S = 15.0


async def ask(
    bot_url: str, token: str, body: dict[str, Any], *, key: str
) -> tuple[int, dict[str, Any]]:
    """Ask the bot for a deploy; returns the status and what was answered."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
        session.post(f"{bot_url}/api/changes", json=body, headers=headers) as reply,
    ):
        return reply.status, await reply.json()
