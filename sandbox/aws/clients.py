"""boto3 clients of the sandbox's own: for its seeds, its events and its tests."""

import functools
import threading
from typing import Any

import boto3
import moto  # noqa: F401  boto3 sessions made before moto is imported would miss mock_aws
from botocore.config import Config

INTERNAL_HEADER = "x-sandbox-internal"
"""Marks a call of the sandbox itself, which is neither recorded nor given faults."""
ACCOUNT_HEADER = "x-moto-account-id"
"""moto's own: the account a call belongs to, whatever the credentials say."""

CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 1},
    ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # missing in the stubs
)


@functools.cache
def _session() -> boto3.Session:
    """One session: the service models it has read are the slow part of making a client."""
    return boto3.Session(aws_access_key_id="sandbox", aws_secret_access_key="sandbox")


class Clients:
    """Makes and keeps clients per service, account and region; without URL for `mock_aws`."""

    def __init__(self, endpoint_url: str | None) -> None:
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str, str, bool], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, account: str, region: str, *, internal: bool) -> Any:
        """Return a client of `service` in `account`; an internal one leaves no trace in `calls`."""
        key = (service, account, region, internal)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._made(*key)
            return self._clients[key]

    def _made(self, service: str, account: str, region: str, internal: bool) -> Any:
        client = _session().client(
            service,  # type: ignore[call-overload]
            region_name=region,
            endpoint_url=self._endpoint_url,
            config=CONFIG,
        )

        def mark(request: Any, **_: Any) -> None:
            request.headers[ACCOUNT_HEADER] = account
            if internal:
                request.headers[INTERNAL_HEADER] = "1"

        client.meta.events.register("before-sign.*", mark)
        return client

    def close(self) -> None:
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
