import gzip
import json
import math
import threading
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import Forbidden, RateLimited, Rejected, Unavailable
from integrations.prometheus.client import PrometheusClient, read_result
from integrations.prometheus.models import Point, Series
from tests.integrations.vendor import BAD_GATEWAY, Says

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECRET = "a-token-nobody-may-see"


@pytest.fixture
async def prometheus(vendor):
    opened = PrometheusClient(
        vendor.url,
        headers={"Authorization": f"Bearer {SECRET}"},
        connect_timeout_s=1,
        read_timeout_s=0.3,
        deadline_s=5,
    )
    yield opened
    await opened.aclose()


def success(kind, result):
    return Says(json={"status": "success", "data": {"resultType": kind, "result": result}})


def refusal(status, kind, error):
    return Says(status=status, json={"status": "error", "errorType": kind, "error": error})


async def test_an_instant_query_gives_one_point_a_series(prometheus, vendor):
    # As Prometheus 2.42 answered.
    vendor.says(
        success(
            "vector",
            [
                {
                    "metric": {"__name__": "up", "instance": "127.0.0.1:9090", "job": "self"},
                    "value": [1795465001.310, "1"],
                },
                {"metric": {"__name__": "up", "job": "gone"}, "value": [1795465001.310, "0"]},
            ],
        )
    )
    up, gone = await prometheus.query('up{job=~".+"}', at=NOON)

    assert up.labels == {"__name__": "up", "instance": "127.0.0.1:9090", "job": "self"}
    assert up.points == (Point(datetime(2026, 11, 23, 20, 16, 41, 310000, UTC), 1.0),)
    assert gone.points[0].value == 0.0
    (received,) = vendor.received
    assert received.path == "/api/v1/query"
    assert dict(received.query) == {
        "query": 'up{job=~".+"}',
        "time": f"{NOON.timestamp():.3f}",
        "timeout": "0.3s",
    }


async def test_a_range_is_asked_for_in_whole_seconds(prometheus, vendor):
    vendor.says(success("matrix", [{"metric": {}, "values": [[1, "0.5"], [16, "NaN"]]}]))
    (series,) = await prometheus.query_range(
        "rate(x[1m])", start=NOON - MINUTE, end=NOON, step=timedelta(seconds=15)
    )
    assert [point.at.timestamp() for point in series.points] == [1, 16]
    assert math.isnan(series.points[1].value)
    query = dict(vendor.received[0].query)
    assert (query["end"], query["step"]) == (str(int(NOON.timestamp())), "15")


async def test_nothing_found_is_no_series(prometheus, vendor):
    vendor.says(success("vector", []))
    assert await prometheus.query("absent_metric") == ()


async def test_a_scalar_is_a_series_without_labels(prometheus, vendor):
    vendor.says(success("scalar", [1795465001.528, "1"]))
    (series,) = await prometheus.query("1")
    assert (series.labels, series.points[0].value) == ({}, 1.0)


async def test_a_text_is_refused(prometheus, vendor):
    vendor.says(success("string", [1795465001.568, "a"]))
    with pytest.raises(Rejected, match="a text, not numbers"):
        await prometheus.query('"a"')


def test_infinities_are_numbers():
    result = [{"metric": {}, "values": [[0, "+Inf"], [1, "-Inf"]]}]
    (series,) = read_result(result)
    assert [point.value for point in series.points] == [math.inf, -math.inf]


def test_a_native_histogram_has_no_points():
    result = [{"metric": {"a": "b"}, "histograms": [[0, {"count": "5", "sum": "1"}]]}]
    assert read_result(result) == (Series({"a": "b"}, ()),)


async def test_a_mistake_in_the_expression_is_told_in_prometheus_own_words(prometheus, vendor):
    words = 'invalid parameter "query": 1:4: parse error: unexpected end of input inside braces'
    vendor.says(refusal(400, "bad_data", words))
    with pytest.raises(Rejected) as caught:
        await prometheus.query("up{")
    assert words in caught.value.detail


@pytest.mark.parametrize("step", [timedelta(0), timedelta(seconds=-1), timedelta(milliseconds=1)])
async def test_more_steps_than_prometheus_takes_are_refused_before_it_is_asked(
    prometheus, vendor, step
):
    with pytest.raises(Rejected, match="11000 steps"):
        await prometheus.query_range("up", start=NOON - MINUTE, end=NOON, step=step)
    assert vendor.received == []


@pytest.mark.parametrize(
    ("says", "means"),
    [
        (refusal(422, "execution", "found duplicate series for the match group"), Rejected),
        (refusal(503, "timeout", "query timed out in expression evaluation"), Unavailable),
        (Says(status=401), Forbidden),
        (Says(status=429), RateLimited),
        (Says(status=302, headers={"Location": "/login"}), Rejected),
        (BAD_GATEWAY, Unavailable),
        (Says(body=b"<html>Log in</html>", content_type="text/html"), Unavailable),
        (Says(json={"status": "success"}), Unavailable),
        (Says(json=["something else"]), Unavailable),
        (success("vector", [{"metric": {}, "value": ["noon", "1"]}]), Unavailable),
        (Says(cut=True), Unavailable),
        (Says(never=True), Unavailable),
    ],
)
async def test_trouble_has_its_place_in_the_family_after_one_attempt(
    prometheus, vendor, says, means
):
    vendor.says(says)
    with pytest.raises(means) as caught:
        await prometheus.query("up")
    assert type(caught.value) is means
    assert len(vendor.received) == 1


async def test_nobody_listening_is_unavailable_at_once():
    prometheus = PrometheusClient("http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="no connection"):
        await prometheus.query("up")
    await prometheus.aclose()


async def test_a_token_never_reaches_an_error_or_its_traceback(prometheus, vendor):
    vendor.says(Says(status=401, body=json.dumps(f"bad token {SECRET}").encode()))
    with pytest.raises(Forbidden) as caught:
        await prometheus.query("up")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_password_in_the_address_is_sent_and_never_told(vendor):
    prometheus = PrometheusClient(vendor.url.replace("http://", "http://bot:pass%2Fword@"))
    vendor.says(Says(status=401, body=b"bot:pass/word"), Says(cut=True))
    for means in (Forbidden, Unavailable):
        with pytest.raises(means) as caught:
            await prometheus.query("up")
        assert "pass/word" not in "".join(traceback.format_exception(caught.value))
        assert "pass%2Fword" not in "".join(traceback.format_exception(caught.value))
    await prometheus.aclose()
    assert vendor.received[0].headers["Authorization"].startswith("Basic ")


async def test_queries_run_in_threads_of_their_own(prometheus, vendor):
    vendor.says(success("vector", []))
    await prometheus.query("up")
    assert [t.name for t in threading.enumerate() if t.name.startswith("prometheus")]


async def test_more_than_anybody_asked_for_is_not_read_to_its_end(vendor):
    prometheus = PrometheusClient(vendor.url, largest_answer_bytes=100_000)
    vendor.says(success("vector", [{"metric": {"n": "x" * 50}, "value": [1, "1"]}] * 5000))

    with pytest.raises(Rejected, match="larger than") as caught:
        await prometheus.query("up")

    assert not caught.value.retryable
    vendor.says(success("vector", []))
    assert await prometheus.query("up") == ()
    await prometheus.aclose()


async def test_an_answer_that_expands_is_measured_as_what_it_becomes(vendor):
    prometheus = PrometheusClient(vendor.url, largest_answer_bytes=100_000)
    bomb = gzip.compress(b'{"status":"success","data":{"x":"' + b"0" * 10_000_000 + b'"}}')
    assert len(bomb) < 100_000
    vendor.says(Says(body=bomb, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(Rejected, match="larger than"):
        await prometheus.query("up")

    await prometheus.aclose()


async def test_recording_rules_are_listed_by_the_name_they_record_under(prometheus, vendor):
    rules = [
        {"type": "recording", "name": "job:up:sum", "query": "sum by (job) (up)", "labels": {}},
        {"type": "alerting", "name": "Down", "query": "up == 0", "alerts": []},
        {"type": "recording", "name": "job:up:sum", "query": "sum(up)"},
    ]
    vendor.says(Says(json={"status": "success", "data": {"groups": [{"rules": rules}]}}))

    assert await prometheus.list_recording_rules() == {"job:up:sum": "sum by (job) (up)"}

    (received,) = vendor.received
    assert (received.path, received.query) == ("/api/v1/rules", [("type", "record")])
    assert received.headers["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (BAD_GATEWAY, Unavailable),
        (Says(status=403, body=b"no"), Forbidden),
        (Says(json={"status": "success"}), Unavailable),
        (Says(json={"data": {"groups": [{}]}}), Unavailable),
        (Says(body=b"<html>"), Unavailable),
    ],
)
async def test_rules_that_cannot_be_had_are_an_error_of_the_family(prometheus, vendor, says, error):
    vendor.says(says)
    with pytest.raises(error):
        await prometheus.list_recording_rules()
