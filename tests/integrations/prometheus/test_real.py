from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import Rejected
from integrations.prometheus.client import PrometheusClient
from tests.integrations.monitoring import running, until

pytestmark = pytest.mark.prometheus


@pytest.fixture
async def prometheus(tmp_path):
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs: [{job_name: gone, static_configs: [{targets: ['127.0.0.1:9']}]}]\n"
    )
    async with running(
        "prometheus", tmp_path, "--config.file=prometheus.yml", "--storage.tsdb.path=data"
    ) as url:
        client = PrometheusClient(url)
        yield client
        await client.aclose()


async def test_a_real_prometheus_answers_and_refuses_as_we_read_it(prometheus):
    series = await until(lambda: prometheus.query('up{job="gone"}'))
    assert series[0].labels["instance"] == "127.0.0.1:9"
    assert series[0].points[0].value == 0

    now = datetime.now(UTC)
    (drawn,) = await prometheus.query_range(
        "up == 0", start=now - timedelta(minutes=1), end=now, step=timedelta(seconds=1)
    )
    assert {point.value for point in drawn.points} == {0.0}
    assert (await prometheus.query("vector(1) / 0"))[0].points[0].value == float("inf")
    assert (await prometheus.query("41 + 1"))[0].points[0].value == 42

    with pytest.raises(Rejected, match="parse error"):
        await prometheus.query("up{")
    with pytest.raises(Rejected, match="a text"):
        await prometheus.query('"words"')
    with pytest.raises(Rejected, match=r"many-to-many|duplicate"):
        await prometheus.query(
            'up * on() (label_replace(up, "a", "b", "", "") or label_replace(up, "a", "c", "", ""))'
        )
