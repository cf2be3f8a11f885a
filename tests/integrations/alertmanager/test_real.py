import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from integrations.alertmanager.client import AlertmanagerClient
from integrations.alertmanager.models import Matcher, Silence
from integrations.alertmanager.webhook import parse, verify
from integrations.errors import NotFound, Rejected
from tests.integrations.monitoring import running, until
from tests.integrations.vendor import Says

pytestmark = pytest.mark.prometheus
TRICKY = 'says "hi" \\ and ä'


@pytest.fixture
async def url(tmp_path, vendor):
    vendor.says(Says(status=202))
    (tmp_path / "alertmanager.yml").write_text(
        "route: {receiver: bot, group_by: [alertname], group_wait: 0s, group_interval: 1s}\n"
        f"receivers: [{{name: bot, webhook_configs: [{{url: '{vendor.url}/webhooks/alertmanager', "
        "http_config: {authorization: {credentials: a-token}}}]}]\n"
    )
    # Without a path of its own, Debian's keeps silences and what it sent in /var/lib.
    arguments = (
        "--config.file=alertmanager.yml",
        "--storage.path=data",
        "--cluster.listen-address=",
    )
    async with running("prometheus-alertmanager", tmp_path, *arguments) as address:
        yield address


@pytest.fixture
async def alertmanager(url):
    client = AlertmanagerClient(url)
    yield client
    await client.aclose()


async def fire(url):
    alert = {
        "labels": {"alertname": "ApiDown", "env": "prod", "note": TRICKY},
        "annotations": {"summary": "API is down"},
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/api/v2/alerts", json=[alert]) as answer,
    ):
        assert answer.status == 200


async def test_a_real_webhook_is_proved_and_read(url, vendor):
    await fire(url)
    async with asyncio.timeout(20):
        await vendor.asked.wait()
    received = vendor.received[0]
    verify(received.headers["Authorization"], ["a-token"])
    notification = parse(received.body)
    assert notification.status == "firing"
    assert notification.alerts[0].labels["note"] == TRICKY
    assert notification.alerts[0].ends_at is None


async def test_a_real_alertmanager_is_read_and_silenced(url, alertmanager):
    await fire(url)
    matchers = (Matcher("alertname", "ApiDown"), Matcher("note", TRICKY))
    alerts = await until(lambda: alertmanager.get_alerts(matchers=matchers))
    assert alerts[0].labels["note"] == TRICKY
    assert alerts[0].receivers == ("bot",)

    now = datetime.now(UTC)
    wanted = Silence(
        matchers=(*matchers, Matcher("env", "dev", is_equal=False)),
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        created_by="alice",
        comment="known",
    )
    made = await alertmanager.post_silence(wanted)
    (silence,) = await alertmanager.get_silences()
    assert (silence.id, silence.created_by) == (made, "alice")
    assert set(silence.matchers) == set(wanted.matchers)
    await alertmanager.delete_silence(made)
    await alertmanager.delete_silence(made)  # may be repeated
    (silence,) = await alertmanager.get_silences()
    assert silence.state == "expired"

    with pytest.raises(NotFound):
        await alertmanager.delete_silence("7c1c1e6e-0000-4000-8000-000000000000")
    with pytest.raises(Rejected, match="uuid"):
        await alertmanager.delete_silence("no-id/at all")
    with pytest.raises(Rejected):
        await alertmanager.get_alerts(matchers=[Matcher("not a name", "x")])
    assert (await alertmanager.get_status()).cluster_status == "disabled"
