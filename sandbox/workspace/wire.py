"""How a Web API call travels: arguments in any of Slack's encodings, answers, refusals.

Source: https://docs.slack.dev/apis/web-api (encodings, error codes of malformed posts).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

TRUE = {"1", "true", "True"}
FALSE = {"0", "false", "False", ""}
FORM = {"application/x-www-form-urlencoded", "multipart/form-data"}


class ApiError(Exception):
    """A call Slack answers with `ok: false`; `code` is Slack's word for why."""

    def __init__(
        self,
        code: str,
        *,
        messages: Sequence[str] = (),
        errors: Sequence[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.messages = tuple(messages)
        self.errors = tuple(errors)
        self.extra = dict(extra or {})

    def answer(self) -> dict[str, Any]:
        """The body of the refusal."""
        body: dict[str, Any] = {"ok": False, "error": self.code, **self.extra}
        if self.errors:
            body["errors"] = list(self.errors)
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {m}" for m in self.messages]}
        return body


class RateLimited(ApiError):
    """Asked too often; the answer is HTTP 429 with Retry-After in whole seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("ratelimited")
        self.retry_after_s = retry_after_s


def invalid(message: str) -> ApiError:
    """Arguments that are missing or have the wrong form."""
    return ApiError("invalid_arguments", messages=[message])


class Arguments:
    """The arguments of one call, read with the leniency Slack has about types."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        """The value as text, or None when absent or empty."""
        value = self.values.get(name)
        if value is None or isinstance(value, (dict, list)):
            return None
        return str(value) or None

    def need(self, name: str, error: str | None = None) -> str:
        """The value as text; when missing, refuse with `error` or `invalid_arguments`."""
        value = self.text(name)
        if value is None:
            raise ApiError(error) if error else invalid(f"missing required field: {name}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if str(value) in TRUE:
            return True
        if str(value) in FALSE:
            return False
        raise invalid(f"must be a boolean [json-pointer:/{name}]")

    def number(self, name: str, default: int) -> int:
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(str(value))
        except ValueError:
            raise invalid(f"must be an integer [json-pointer:/{name}]") from None

    def listed(self, name: str) -> list[str]:
        """A comma list, or a JSON array."""
        value = self.values.get(name)
        if value is None:
            return []
        if isinstance(value, list):
            return [str(item) for item in value]
        return [item.strip() for item in str(value).split(",") if item.strip()]

    def decoded(self, name: str, error: str) -> Any:
        """A nested structure, decoded when it travelled as a JSON string; None when absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise ApiError(error) from None


async def read_arguments(request: web.Request) -> tuple[Arguments, ApiError | None]:
    """Merge query, form, multipart and JSON; the second value says what was wrong, if anything."""
    values: dict[str, Any] = dict(request.query)
    problem: ApiError | None = None
    if request.method == "POST":
        try:
            values.update(await _body(request))
        except ApiError as exc:
            problem = exc
    return Arguments(values), problem


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type in FORM:
        try:
            return dict((await request.post()).items())
        except ValueError:
            raise ApiError("invalid_form_data") from None
    raw = await request.read()
    if not raw:
        return {}
    if "Content-Type" not in request.headers:
        raise ApiError("missing_post_type")
    if request.content_type != "application/json":
        raise ApiError("invalid_post_type")
    try:
        body = json.loads(raw)
    except ValueError:
        raise ApiError("invalid_json") from None
    if not isinstance(body, dict):
        raise ApiError("json_not_object")
    return body


def token_of(request: web.Request, arguments: Arguments) -> str | None:
    """The bearer token of the header, or else of the arguments."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip() or None
    return arguments.text("token")
