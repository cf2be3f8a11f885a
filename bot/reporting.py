"""Our own errors to Sentry, scrubbed; without a DSN nothing leaves the process."""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.aiohttp import AioHttpIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.types import Event, Hint

from bot import logs

DENIED = ("slack", "signature", "token", "secret", "authorization", "cookie", "text", "payload")
"""Parts of names whose values never leave, beside Sentry's own list."""


def start(dsn: str | None, *, release: str, environment: str) -> bool:
    """Report errors to `dsn`; returns False, having done nothing, when there is none."""
    if not dsn:
        return False
    sentry_sdk.init(
        dsn=dsn,
        release=release,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,  # they hold tokens and what people typed
        max_request_body_size="never",
        event_scrubber=EventScrubber(recursive=True),
        before_send=scrubbed,
        default_integrations=False,
        integrations=[AioHttpIntegration(), LoggingIntegration(event_level=None)],
    )
    return True


def scrubbed(event: Event, _hint: Hint) -> Event:
    """Take everything that looks like a secret out of an event, wherever it stands."""
    clean: Event = _clean(event)
    return clean


def _clean(value: Any, name: str = "") -> Any:
    if any(part in name.lower() for part in DENIED) and isinstance(value, str):
        return logs.REDACTED
    if isinstance(value, str):
        return logs.redacted(value)
    if isinstance(value, dict):
        return {key: _clean(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner, name) for inner in value]
    return value


def report(exc: BaseException) -> None:
    """Report a bug; does nothing without a DSN."""
    sentry_sdk.capture_exception(exc)
