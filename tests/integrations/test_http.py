import traceback

import pytest

from integrations import http
from integrations.errors import Forbidden, RateLimited, Rejected, Unavailable
from integrations.http import HttpApi
from tests.integrations.vendor import BAD_GATEWAY, Says

SECRET = "a-token-nobody-may-see"


@pytest.fixture
async def api(vendor):
    opened = HttpApi(
        "grafana",
        vendor.url,
        headers={"Authorization": f"Bearer {SECRET}"},
        secrets=(SECRET,),
        connect_timeout_s=1,
        deadline_s=5,
    )
    yield opened
    await opened.aclose()


async def test_a_success_brings_its_type_and_its_bytes(api, vendor):
    vendor.says(Says(body=b"\x89PNG", content_type="image/png"))
    answer = await api.send("render_panel", "GET", "/render", params=[("a", "1"), ("a", "2 & 3")])

    assert (answer.content_type, answer.body) == ("image/png", b"\x89PNG")
    (received,) = vendor.received
    assert received.query == [("a", "1"), ("a", "2 & 3")]
    assert received.headers["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_nested_beyond_sense_is_its_senders_mistake(api, vendor, status):
    vendor.says(Says(status=status, body=b"[" * 100_000))
    with pytest.raises(Unavailable):
        await api.send_for_json("get_health", "GET", "/health")


async def test_a_quoted_path_arrives_as_it_was_quoted(api, vendor):
    vendor.says(Says(json={}))
    await api.send_for_json("create_deploy", "POST", "/releases/team%2Fv1%2B2/deploys/", body={})
    assert vendor.received[0].path == "/releases/team%2Fv1%2B2/deploys/"


async def test_an_address_with_a_prefix_keeps_it(vendor):
    vendor.says(Says(json={}))
    api = HttpApi("grafana", f"{vendor.url}/grafana/", connect_timeout_s=1, deadline_s=5)
    await api.send("get_health", "GET", "/api/health")
    await api.aclose()
    assert vendor.received[0].path == "/grafana/api/health"


async def test_silence_ends_at_the_deadline(api, vendor):
    vendor.says(Says(never=True))
    with pytest.raises(Unavailable, match=r"no answer within 0\.05 s"):
        await api.send("get_health", "GET", "/", deadline_s=0.05)


async def test_nobody_listening_is_unavailable():
    api = HttpApi("grafana", "http://127.0.0.1:9", connect_timeout_s=1, deadline_s=5)
    with pytest.raises(Unavailable, match="Connect"):
        await api.send("get_health", "GET", "/")
    await api.aclose()


async def test_a_cut_connection_is_unavailable_and_not_tried_again_for_a_change(api, vendor):
    vendor.says(Says(cut=True))
    with pytest.raises(Unavailable, match="disconnected"):
        await api.send("create_annotation", "POST", "/", body={})
    assert len(vendor.received) == 1


async def test_a_proxys_page_is_unavailable(api, vendor):
    vendor.says(BAD_GATEWAY)
    with pytest.raises(Unavailable, match="a web page"):
        await api.send_for_json("get_health", "GET", "/")


async def test_a_page_where_json_was_asked_for_is_unavailable(api, vendor):
    vendor.says(Says(body=b"<html>Log in</html>", content_type="text/html"))
    with pytest.raises(Unavailable, match="not JSON"):
        await api.send_for_json("get_health", "GET", "/")


async def test_a_redirect_is_not_followed(api, vendor):
    vendor.says(Says(status=302, headers={"Location": "/login"}))
    with pytest.raises(Rejected, match="redirects to /login"):
        await api.send("get_health", "GET", "/")
    assert len(vendor.received) == 1


async def test_being_told_to_slow_down_keeps_the_advice(api, vendor):
    vendor.says(Says(status=429, headers={"Retry-After": "12"}))
    with pytest.raises(RateLimited) as caught:
        await api.send("get_health", "GET", "/")
    assert caught.value.retry_after_s == 12


async def test_an_answer_without_end_is_not_read_to_its_end(api, vendor, monkeypatch):
    monkeypatch.setattr(http, "LARGEST_ANSWER_BYTES", 1000)
    vendor.says(Says(body=b"x" * 100_000))
    with pytest.raises(Unavailable, match="too large"):
        await api.send("get_health", "GET", "/")


async def test_a_token_never_reaches_an_error_or_its_traceback(api, vendor):
    vendor.says(Says(status=401, json={"message": f"Invalid API key {SECRET}"}))
    with pytest.raises(Forbidden) as caught:
        await api.send("get_health", "GET", "/")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_password_in_the_address_is_sent_and_never_told(vendor):
    address = vendor.url.replace("http://", "http://bot:pass%2Fword@")
    api = HttpApi("alertmanager", address, connect_timeout_s=1, deadline_s=5)
    vendor.says(Says(status=401, body=b"no such user bot:pass/word"))
    with pytest.raises(Forbidden) as caught:
        await api.send("get_alerts", "GET", "/api/v2/alerts")
    await api.aclose()

    assert vendor.received[0].headers["Authorization"].startswith("Basic ")
    assert "pass/word" not in "".join(traceback.format_exception(caught.value))
