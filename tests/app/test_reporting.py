"""Reports to Sentry: none without a DSN, and no secret in any."""

import json

import pytest
import sentry_sdk

from bot import reporting


def test_without_a_dsn_nothing_is_set_up_and_reporting_is_harmless():
    assert reporting.start(None, release="x", environment="test") is False
    assert reporting.start("", release="x", environment="test") is False
    reporting.report(RuntimeError("nobody hears this"))
    assert not sentry_sdk.is_initialized()


@pytest.mark.parametrize(
    "where",
    [
        {"message": "refused xoxb-1-hush-2"},
        {"exception": {"values": [{"value": "Bearer hush-1234"}]}},
        {"request": {"headers": {"X-Slack-Signature": "v0=hush"}}},
        {"extra": {"state": [{"bot_token": "hush"}, {"text": "hush, typed by somebody"}]}},
        {"breadcrumbs": {"values": [{"data": {"url": "https://bot:hush@db/x"}}]}},
    ],
)
def test_a_secret_is_taken_out_wherever_it_stands(where: dict[str, object]):
    assert "hush" not in json.dumps(reporting.scrubbed(where, {}))


def test_what_is_no_secret_stays():
    event = {"message": "deploy_failed", "tags": {"environment": "prod"}, "level": "error"}

    assert reporting.scrubbed(event, {}) == event
