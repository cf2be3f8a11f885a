"""Logs: one JSON object a line, one id from click to card, and no secret in any of it."""

import io
import json
import logging

import pytest

from bot import logs


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.start("INFO")
    yield written
    root.handlers[:], root.level = before


def test_a_line_is_one_json_object_with_the_id_of_the_act(logged: io.StringIO):
    with logs.correlated("c-42"):
        logging.getLogger("bot.x").info("deploy_proposed", extra={"action": "deploy_proposed"})
    logging.getLogger("bot.x").info("afterwards")

    first, second = (json.loads(line) for line in logged.getvalue().splitlines())
    assert first["correlation_id"] == "c-42"
    assert (first["message"], first["action"]) == ("deploy_proposed", "deploy_proposed")
    assert "correlation_id" not in second


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-123-456-abcDEF",
        "xapp-1-A0-1-deadbeef",
        "AKIAIOSFODNN7EXAMPLE",
        "Token token=y_NbAkKc66ryYTWUXYEu",
        "Bearer eyJhbGciOi.abc-def",
        "postgresql://bot:hunter2@db/credlink",
    ],
)
def test_no_secret_is_logged_in_a_message_an_extra_or_a_stack_trace(
    logged: io.StringIO, secret: str
):
    log = logging.getLogger("bot.x")
    log.info("got %s", secret, extra={"detail": f"header {secret}"})
    try:
        int(f"refused {secret}")
    except ValueError:
        log.exception("failed")

    kept = secret.split("token=")[-1].split(" ")[-1]
    kept = "hunter2" if "hunter2" in kept else kept
    assert kept not in logged.getvalue()
    assert logged.getvalue().count(logs.REDACTED) >= 3
