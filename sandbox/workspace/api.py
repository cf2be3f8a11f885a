"""The Web API's door: arguments, token, scopes, limits, then the method; every call on record."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox import seeds
from sandbox.standin import Call
from sandbox.workspace.manifest import Installation
from sandbox.workspace.methods import METHODS, Method
from sandbox.workspace.platform import Platform
from sandbox.workspace.wire import ApiError, Arguments, RateLimited, read_arguments, token_of

SECRET = {"token"}
"""Arguments that are not kept."""


@dataclass(frozen=True, slots=True)
class ApiCall(Call):
    """A call with Slack's verdict; `message_ts` is the message it made or touched."""

    ok: bool = True
    error: str | None = None
    message_ts: str | None = None
    by_fault: bool = False
    """Whether the answer was the fault switchboard's, not the workspace's."""


@dataclass(slots=True)
class Exchange:
    """One call on its way through: what came and what goes back."""

    method: str
    arguments: Arguments = field(default_factory=lambda: Arguments({}))
    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        return web.json_response(self.body, status=self.status, headers=self.headers)

    def call(self, at: float) -> ApiCall:
        """The record of it."""
        arguments = {k: v for k, v in self.arguments.values.items() if k not in SECRET}
        ts = self.body.get("ts") or self.body.get("message_ts")
        ok = bool(self.body.get("ok"))
        error = self.body.get("error")
        return ApiCall(at, self.method, arguments, self.status, ok, error, ts)


async def exchange(platform: Platform, request: web.Request) -> Exchange:
    """Do the call as Slack would."""
    done = Exchange(request.match_info["method"])
    done.arguments, problem = await read_arguments(request)
    try:
        method = _method(done.method, problem)
        _headers(platform.app, method, done)
        _authorize(platform.app, method, token_of(request, done.arguments))
        platform.limits.check(method.name, done.arguments.text("channel"))
        done.body = {"ok": True, **method.call(platform, done.arguments)}
    except RateLimited as exc:
        done.status, done.body = 429, exc.answer()
        done.headers["Retry-After"] = str(exc.retry_after_s)
    except ApiError as exc:
        done.body = exc.answer()
    return done


def _method(name: str, problem: ApiError | None) -> Method:
    if problem is not None:
        raise problem
    method = METHODS.get(name)
    if method is None:
        raise ApiError("unknown_method", extra={"req_method": name})
    return method


def _headers(app: Installation, method: Method, done: Exchange) -> None:
    if method.caller == "bot":
        done.headers["X-OAuth-Scopes"] = ",".join(sorted(app.scopes))
        done.headers["X-Accepted-OAuth-Scopes"] = ",".join(method.scopes)


def _authorize(app: Installation, method: Method, token: str | None) -> None:
    """Refuse a call whose token is missing, unknown, of the wrong kind or without the scope."""
    if method.caller == "anyone":
        return
    if token is None:
        raise ApiError("not_authed")
    if token == seeds.BOT_TOKEN and app.revoked:
        raise ApiError("token_revoked")
    kind = app.token_kind(token)
    if kind is None:
        raise ApiError("invalid_auth")
    if kind != method.caller:
        raise ApiError("not_allowed_token_type")
    if method.scopes and not app.scopes.intersection(method.scopes):
        provided = ",".join(sorted(app.scopes))
        raise ApiError("missing_scope", extra={"needed": method.scopes[0], "provided": provided})
