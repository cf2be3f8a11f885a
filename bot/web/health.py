"""Is the bot alive, may it be sent work, and what does it count: on a listener of its own.

/healthz says whether this process should be left running; /readyz whether it can do its work, and
names what is missing; /metrics is Prometheus' text.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import logs

CHECK_TIMEOUT_S = 2.0

Check = Callable[[], Awaitable[str | None]]
"""Returns None when all is well, otherwise what is wrong, in words."""


def application(*, alive: Mapping[str, Check], ready: Mapping[str, Check]) -> web.Application:
    """Return the operations listener's application; `ready` is asked on top of `alive`."""

    async def healthz(_: web.Request) -> web.Response:
        return await _answer(alive)

    async def readyz(_: web.Request) -> web.Response:
        return await _answer({**alive, **ready})

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=await asyncio.to_thread(generate_latest),
            headers={"Content-Type": CONTENT_TYPE_LATEST},
        )

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


async def _answer(checks: Mapping[str, Check]) -> web.Response:
    async def asked(check: Check) -> str | None:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                return await check()
        except TimeoutError:
            return f"no answer within {CHECK_TIMEOUT_S:g} s"
        except Exception as exc:  # noqa: BLE001  whatever it is, it is the reason
            return logs.redacted(f"{type(exc).__name__}: {exc}")

    answers = await asyncio.gather(*(asked(check) for check in checks.values()))
    wrong = {name: said for name, said in zip(checks, answers, strict=True) if said}
    status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
    return web.json_response({"ok": not wrong, "reasons": wrong}, status=status)
