"""JSON logs: one event, one line, with the id that follows an act from the click to the card."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

correlation: ContextVar[str] = ContextVar("correlation", default="")

SECRETS = re.compile(
    r"xox[abeprs]-[\w-]+|xapp-[\w-]+"  # Slack's tokens
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS access keys
    r"|(?i:token token=|bearer )[\w.~+/=-]+"  # authorisation headers
    r"|(?i:https://hooks\.slack\.com/)\S+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in a URL
)
REDACTED = "[redacted]"


def redacted(text: str) -> str:
    """Return `text` without anything that looks like a secret."""
    return SECRETS.sub(REDACTED, text)


@contextmanager
def correlated(identity: str) -> Iterator[None]:
    """Every line logged inside carries `identity`."""
    token = correlation.set(identity)
    try:
        yield
    finally:
        correlation.reset(token)


class _Formatter(JsonFormatter):
    """One JSON object a line; secrets are taken out of the message and the stack trace."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        if correlation.get():
            log_data.setdefault("correlation_id", correlation.get())
        for key, value in log_data.items():
            if isinstance(value, str):
                log_data[key] = redacted(value)


def start(level: str) -> None:
    """Log to standard error as JSON, from `level` up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Formatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aiosqlite", "asyncio", "botocore", "urllib3", "slack_bolt", "slack_sdk", "dbos"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
