"""What somebody types to have something silenced, and whose alerts that may hide."""

import re
from datetime import timedelta

import pytest

from bot.domain.silence.matchers import read, written
from bot.domain.silence.request import SilenceRequest, places_meant, read_request
from bot.errors import UsageError
from tests.alerts.builders import a_catalog

HOW = "Write it so."


@pytest.mark.parametrize(
    ("typed", "length", "reason"),
    [
        ('alertname=HighLatency,env=prod 2h "deploying v2"', timedelta(hours=2), "deploying v2"),
        ("alertname=HighLatency,env=prod 2h deploying v2", timedelta(hours=2), "deploying v2"),
        ('alertname="HighLatency" env="prod" for 90m x', timedelta(minutes=90), "x"),
        ("alertname=HighLatency,env=prod 7D all week", timedelta(days=7), "all week"),
    ],
)
def test_matchers_a_length_and_a_reason_are_read(typed, length, reason):
    request = read_request(typed, how=HOW, is_dry_run=False)

    assert written(request.matchers) == 'alertname="HighLatency", env="prod"'
    assert (request.length, request.reason) == (length, reason)
    assert SilenceRequest.of_json(request.as_json()) == request


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "What is to be silenced? Write it so."),
        ("2h why", "What is to be silenced? Write it so."),
        ("a=b", "For how long? Write it so."),
        ("a=b soon why", "cannot read soon as a time"),
        ("a=b 2h", "Say why"),
        ('a=b 2h ""', "Say why"),
        ("a=b 8d why", "7 days at most"),
        ("a=b 1s why", "a minute at least"),
        ("a=~.* 2h why", 'a=~".*" matches everything'),
        ("a!=b 2h why", "says only what is not meant"),
    ],
)
def test_what_is_missing_or_too_much_is_said(typed, why):
    with pytest.raises(UsageError, match=re.escape(why)):
        read_request(typed, how=HOW, is_dry_run=False)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alertname=X,env=prod,service=credlink-api", [("prod", "credlink-api")]),
        ("alertname=X,env=prod", [("prod", "*")]),
        ("alertname=X,env=prod,service=~c.*", [("prod", "*")]),
        ("alertname=X,env=elsewhere", [("elsewhere", "*")]),
    ],
)
def test_the_right_is_needed_wherever_an_alert_may_be_hidden(typed, meant):
    assert places_meant(read(typed), a_catalog()) == meant


def test_without_an_environment_the_right_is_needed_in_all_of_them():
    everywhere = places_meant(read("alertname=X"), a_catalog())

    assert ("prod", "*") in everywhere
    assert places_meant(read("alertname=X,env!=prod"), a_catalog()) == [
        place for place in everywhere if place != ("prod", "*")
    ] or [("*", "*")]
    assert places_meant(read("alertname=X,env=~nowhere"), a_catalog()) == [("*", "*")]
