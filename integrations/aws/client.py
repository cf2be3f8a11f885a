"""Every call to AWS goes through here: threads, sessions, assumed roles, and errors translated."""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.parsers import ResponseParserError
from botocore.session import Session

from integrations.aws.errors import translated
from integrations.errors import Unavailable
from integrations.threads import Threads

T = TypeVar("T")

SYSTEM = "aws"
ROLE_SESSION_NAME = "credlink-bot"
"""How the bot is called in CloudTrail of an account it reaches through a role."""
BACKOFF_MAX_S = 20.0
"""The longest botocore's standard retry mode waits between two attempts.

https://docs.aws.amazon.com/boto3/latest/guide/retries.html
"""


ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


class AwsConnection:
    """The threads, time-outs and credentials shared by every account and region.

    boto3 rather than aiobotocore: same throughput, and it is not pinned to an old botocore.
    Constructing it is cheap and reaches for nothing; credentials are looked for by boto3's own
    chain on the first call. Interactive callers wait for most calls, so attempts are few.
    """

    def __init__(
        self,
        *,
        endpoint_url: str | None = None,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 20.0,
        attempts: int = 3,
        threads: int = 16,
    ) -> None:
        self.endpoint_url = endpoint_url
        self.config = Config(
            connect_timeout=connect_timeout_s,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=threads,
            user_agent_extra="credlink-bot",
        )
        self.deadline_s = attempts * (connect_timeout_s + read_timeout_s + BACKOFF_MAX_S)
        self.threads = Threads(SYSTEM, threads)
        # Making sessions and clients is not thread-safe, and slower in parallel than in turn.
        self.making = threading.RLock()
        self._base: Session | None = None
        self._sessions: dict[tuple[str, str | None], AwsSession] = {}

    def session(self, region: str, role_arn: str | None = None) -> "AwsSession":
        """Return the one session for this region and role; without a role, the bot's own identity.

        Costs nothing until its first call.
        """
        key = (region, role_arn)
        if key not in self._sessions:
            self._sessions[key] = AwsSession(self, region, role_arn)
        return self._sessions[key]

    def base(self) -> Session:
        """Return the session that holds the bot's own credentials. Blocks: call it in a thread."""
        with self.making:
            if self._base is None:
                self._base = Session()
            return self._base

    async def aclose(self) -> None:
        """Take no more calls and close every connection."""
        await self.threads.aclose()
        for session in self._sessions.values():
            session.close()


class AwsSession:
    """One account, through one role, in one region. Clients are made once and kept."""

    def __init__(self, connection: AwsConnection, region: str, role_arn: str | None) -> None:
        self.region = region
        self.role_arn = role_arn
        self._connection = connection
        self._session: boto3.Session | None = None
        self._clients: dict[tuple[str, bool], Any] = {}

    async def call(self, service: str, operation: str, /, **arguments: Any) -> Any:
        """Call one operation, named as boto3 names it, and return its answer.

        Costs one AWS call, and up to `attempts` when AWS throttles, fails or does not answer.

        Raises:
            NotFound, Forbidden, Rejected, RateLimited, Unavailable: see `errors.translated`.
        """
        return await self.run(
            operation,
            partial(self._call, service, operation, arguments),
            deadline_s=self._connection.deadline_s,
        )

    async def call_once(self, service: str, operation: str, /, **arguments: Any) -> Any:
        """As `call`, in one attempt: for what a request that is sent again would do again."""
        return await self.run(
            operation,
            partial(self._call, service, operation, arguments, once=True),
            deadline_s=self._connection.deadline_s,
        )

    async def run(self, operation: str, call: Callable[[], T], *, deadline_s: float) -> T:
        """Run something else that blocks in the threads AWS's calls have; see `Threads.run`."""
        return await self._connection.threads.run(operation, call, deadline_s=deadline_s)

    def _call(
        self, service: str, operation: str, arguments: dict[str, Any], *, once: bool = False
    ) -> Any:
        try:
            reply = getattr(self.client(service, once=once), operation)(**arguments)
        except (ClientError, BotoCoreError, ResponseParserError) as exc:
            # Not chained: a refused signature is explained with the request, session token and all.
            raise translated(exc, service=service, operation=operation) from None
        # botocore takes a proxy's page with status 200 for an answer in which nothing is said.
        headers = reply.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if headers.get("content-type", "").startswith("text/html"):
            raise Unavailable(SYSTEM, operation, "a web page answered instead of AWS")
        return reply

    def client(self, service: str, *, once: bool = False) -> Any:
        """Return the boto3 client, made on first use. Blocks: call it in a thread."""
        key = (service, once)
        if key not in self._clients:
            with self._connection.making:
                if key not in self._clients:
                    config = self._connection.config
                    self._clients[key] = self._boto().client(
                        service,  # type: ignore[call-overload]  # the stubs know only literals
                        endpoint_url=self._connection.endpoint_url,
                        config=config.merge(ONCE) if once else config,
                    )
        return self._clients[key]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _boto(self) -> boto3.Session:
        if self._session is None:
            base = self._connection.base()
            inner = Session()
            # The loader keeps the parsed service models; a second one would parse them again.
            inner.register_component("data_loader", base.get_component("data_loader"))
            chain = (
                base.get_component("credential_provider")
                if self.role_arn is None
                else CredentialResolver(
                    [_AssumedRole(self._connection, self.region, self.role_arn)]
                )
            )
            inner.register_component("credential_provider", chain)
            self._session = boto3.Session(botocore_session=inner, region_name=self.region)
        return self._session


class _AssumedRole(CredentialProvider):
    """Credentials of a role, assumed with the bot's own and renewed before they expire."""

    METHOD = "assume-role"

    def __init__(self, connection: AwsConnection, region: str, role_arn: str) -> None:
        super().__init__()
        self._connection = connection
        self._region = region
        self._role_arn = role_arn

    def load(self) -> DeferredRefreshableCredentials:
        base = self._connection.base()
        own = base.get_credentials()
        if own is None:  # botocore's fetcher would fail with an AttributeError
            raise NoCredentialsError
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=partial(
                base.create_client,
                region_name=self._region,
                endpoint_url=self._connection.endpoint_url,
                config=self._connection.config,
            ),
            source_credentials=own,
            role_arn=self._role_arn,
            extra_args={"RoleSessionName": ROLE_SESSION_NAME},
        )
        return DeferredRefreshableCredentials(
            refresh_using=fetcher.fetch_credentials, method=self.METHOD
        )


def batches(items: Iterable[str], size: int) -> list[list[str]]:
    """Cut `items` into lists of at most `size`, in order and without repetitions."""
    unique = list(dict.fromkeys(items))
    return [unique[start : start + size] for start in range(0, len(unique), size)]
