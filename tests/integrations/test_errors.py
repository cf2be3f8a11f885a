import json

import pytest

from integrations.answers import failure, words
from integrations.errors import (
    LONGEST_DETAIL,
    Forbidden,
    IntegrationError,
    NotFound,
    RateLimited,
    Rejected,
    Unavailable,
    told,
)


@pytest.mark.parametrize(
    ("status", "means", "retryable"),
    [
        (400, Rejected, False),
        (401, Forbidden, False),
        (402, Forbidden, False),  # the plan lacks the feature
        (403, Forbidden, False),
        (404, NotFound, False),
        (408, Unavailable, True),
        (409, Rejected, False),
        (410, NotFound, False),
        (422, Rejected, False),
        (429, RateLimited, True),
        (500, Unavailable, True),
        (502, Unavailable, True),
        (503, Unavailable, True),
        (307, Rejected, False),
    ],
)
def test_a_status_says_what_went_wrong_and_whether_to_try_again(status, means, retryable):
    error = failure("grafana", "get_health", status, headers={}, body=b"")
    assert type(error) is means
    assert error.retryable is retryable
    assert (error.system, error.operation) == ("grafana", "get_health")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        # As Prometheus 2.42 and Alertmanager 0.25 answered, and as the others document it.
        (
            b'{"status":"error","errorType":"bad_data","error":"1:4: parse error: unexpected end"}',
            "1:4: parse error: unexpected end",
        ),
        (b'"bad matcher format: x{"\n', "bad matcher format: x{"),
        (b'{"code":612,"message":"matchers in body should have at least 1 items"}', "at least 1"),
        (
            b'{"error":{"message":"Invalid Input","code":2001,"errors":["Already Resolved"]}}',
            "Invalid Input: Already Resolved",
        ),
        (b'{"status":"invalid event","message":"is invalid","errors":["no key"]}', "no key"),
        (b'{"detail":"The requested resource does not exist"}', "does not exist"),
        (b"upstream connect error", "upstream connect error"),
        (b"", "no explanation"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_systems_own_words_are_found_in_its_answer(body, said):
    assert said in words(body)


def test_a_proxys_page_is_named_and_not_repeated():
    error = failure("sentry", "list_issues", 502, headers={}, body=b"<html>502 Bad Gateway</html>")
    assert "a web page" in error.detail
    assert "html" not in str(error)


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"ratelimit-reset": "30"}, 30.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"ratelimit-reset": "1795442520"}, 3600.0),
        ({"retry-after": "inf"}, 3600.0),
        ({"retry-after": "nan"}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_systems_advice_on_when_to_ask_again_is_kept(headers, after_s):
    error = failure("pagerduty", "get_incident", 429, headers=headers, body=b"")
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == after_s


def test_what_we_sent_in_confidence_is_crossed_out_of_what_comes_back():
    body = json.dumps({"message": "bad token s3cret in 'Bearer s3cret'"}).encode()
    error = failure("grafana", "get_health", 401, headers={}, body=body, secrets=("s3cret",))
    assert "s3cret" not in str(error)
    assert "bad token ***" in str(error)


def test_where_a_redirect_points_is_said_without_secrets():
    headers = {"location": "https://elsewhere.example/?key=s3cret"}
    error = failure("sentry", "list_issues", 302, headers=headers, body=b"", secrets=("s3cret",))
    assert error.detail == "its address redirects to https://elsewhere.example/?key=***"


def test_a_longer_secret_is_crossed_out_before_one_that_is_part_of_it():
    assert told("key abcdef", secrets=("", "abc", "abcdef")) == "key ***"


def test_a_detail_is_one_line_of_bounded_length():
    detail = told("a\nb\t" + "c" * 10_000)
    assert detail.startswith("a b c")
    assert len(detail) == LONGEST_DETAIL


def test_an_error_reads_as_a_sentence():
    error = NotFound("aws", "describe_services", "there is no service a/b")
    assert str(error) == "aws describe_services: there is no service a/b"


def test_only_unavailability_is_worth_another_try():
    assert {kind for kind in _family(IntegrationError) if kind.retryable} == {
        Unavailable,
        RateLimited,
    }


def _family(kind):
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)
