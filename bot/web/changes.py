"""`POST /api/changes`: a pipeline asks for a deploy, by the identity token of its job.

There is no shared secret: the token is made for this bot, lives minutes, and says which repository
and ref the job runs for. What it may is the catalogue's to say, as for people.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, ClassVar
from uuid import uuid4

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import logs, metrics
from bot.cards.links import permalink
from bot.changes.by_pipeline import DeployByPipeline
from bot.domain.change import Change, ChangeKind, ChangeRequest
from bot.domain.pipeline import Pipeline
from bot.domain.shift import Strategy
from bot.errors import BotError, Conflict, NotAllowed, NotKnown, UsageError
from bot.web.body import TooLarge, body_of
from integrations.errors import IntegrationError, Rejected
from integrations.oidc.client import OidcClient

CHANGES_PATH = "/api/changes"
SOURCE = "pipeline"
MOST_BYTES = 16 * 1024
KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,200}")
"""Printable, without spaces."""
RETRY_AFTER_S = "5"
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Of one line: the database takes no NUL, and what people type has no other control characters."""

log = logging.getLogger(__name__)


class Wish(BaseModel):
    """The body: what is to run where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: str = Field(min_length=1, max_length=100)
    version: Line = Field(min_length=1, max_length=200)
    service: str | None = Field(default=None, max_length=100)
    reason: Line | None = Field(default=None, max_length=300)
    strategy: Strategy | None = None
    dry_run: bool = False


class _Refused(Exception):
    """What is answered instead."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


STATUSES: tuple[tuple[type[BotError], HTTPStatus], ...] = (
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (NotKnown, HTTPStatus.NOT_FOUND),
    (UsageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Conflict, HTTPStatus.CONFLICT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesApi:
    """The routes of pipelines. Without `oidc` nobody is let in: nothing could be proved.

    `workspace_url` ends with a slash.
    """

    deploy: DeployByPipeline
    oidc: OidcClient | None
    workspace_url: str
    path: ClassVar[str] = CHANGES_PATH

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(self.path, self._answered(self._ask)),
            web.get(self.path + "/{id:[a-z0-9-]{1,60}}", self._answered(self._tell)),
        ]

    def _answered(
        self, handle: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Answer what went wrong as JSON, count and log it."""

        async def answer(request: web.Request) -> web.Response:
            try:
                response = await handle(request)
            except _Refused as exc:
                return _refusal(exc.status, exc.text)
            except TooLarge as exc:
                return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(exc))
            except BotError as exc:
                status = next((s for kind, s in STATUSES if isinstance(exc, kind)), None)
                return _refusal(status or HTTPStatus.UNPROCESSABLE_ENTITY, str(exc))
            except Exception:
                log.exception("pipeline_failed", extra={"action": "pipeline_failed"})
                return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "It failed here. Send it again.")
            metrics.webhooks.labels(SOURCE, "accepted").inc()
            return response

        return answer

    async def _ask(self, request: web.Request) -> web.Response:
        pipeline = await self._proved(request)
        key = request.headers.get(KEY_HEADER, "")
        if not _KEY.fullmatch(key):
            raise _Refused(
                HTTPStatus.BAD_REQUEST,
                f"Send an {KEY_HEADER} header, 1 to 200 printable characters: the same key is the "
                "same deploy, however often it is sent. The run's id is a good one.",
            )
        wish = await _wish(request)
        identity = f"pipeline-{uuid4().hex[:12]}"
        with logs.correlated(identity):
            change = await self.deploy(
                pipeline,
                ChangeRequest(
                    ChangeKind.DEPLOY,
                    wish.environment,
                    wish.version,
                    wish.service,
                    reason=wish.reason,
                    strategy=wish.strategy,
                    is_dry_run=wish.dry_run,
                    asks_first=False,
                ),
                key=key,
                correlation_id=identity,
            )
        return await self._shown(change, HTTPStatus.ACCEPTED)

    async def _tell(self, request: web.Request) -> web.Response:
        pipeline = await self._proved(request)
        return await self._shown(
            await self.deploy.find(pipeline, request.match_info["id"]), HTTPStatus.OK
        )

    async def _proved(self, request: web.Request) -> Pipeline:
        """The pipeline whose job sends this, by its token; one of those the catalogue names."""
        if self.oidc is None:
            raise _Refused(
                HTTPStatus.UNAUTHORIZED,
                "No pipeline is let in: `pipelines` is not in the catalogue.",
            )
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _Refused(
                HTTPStatus.UNAUTHORIZED, "Send the job's identity token: `Authorization: Bearer …`."
            )
        try:
            said = await self.oidc.verify(token.strip())
        except Rejected as exc:
            raise _Refused(HTTPStatus.UNAUTHORIZED, f"{exc.detail}.") from None
        except IntegrationError as exc:
            log.warning("oidc_silent", extra={"action": "oidc_silent", "why": exc.detail})
            raise _Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The issuer of the token does not give its keys now. Send it again.",
            ) from None
        pipeline = Pipeline(said.repository, said.ref, said.event)
        self.deploy.admit(pipeline)
        return pipeline

    async def _shown(self, change: Change, status: HTTPStatus) -> web.Response:
        place = await self.deploy.card_of(change)
        return web.json_response(
            {
                "change": change.id,
                "state": change.state.value,
                "is_final": change.is_final,
                "why": change.why,
                "card": permalink(self.workspace_url, place) if place is not None else None,
                "status": f"{self.path}/{change.id}",
            },
            status=status,
        )


async def _wish(request: web.Request) -> Wish:
    body = await body_of(request, most_bytes=MOST_BYTES, advice="Send less.")
    try:
        return Wish.model_validate_json(body)
    except ValidationError as exc:
        raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY, _problems(exc)) from None


def _problems(exc: ValidationError) -> str:
    """What is wrong where, without what was sent."""
    said = [
        f"{'.'.join(map(str, error['loc'])) or 'the body'}: {error['msg']}"
        for error in exc.errors(include_url=False, include_input=False)
    ]
    return f"{'; '.join(said)}."


def _refusal(status: HTTPStatus, text: str) -> web.Response:
    metrics.webhooks.labels(SOURCE, "refused").inc()
    log.warning("pipeline_refused", extra={"action": "pipeline_refused", "why": text})
    headers: dict[str, Any] = {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = RETRY_AFTER_S
    return web.json_response({"error": text}, status=status, headers=headers)
