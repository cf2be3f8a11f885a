"""The doctor on SLO queries."""

import asyncio
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from bot.catalog_file import load
from bot.doctor import examine
from bot.settings import read_settings
from sandbox.world import CATALOG, World
from tests.doctor.conftest import DATA
from tests.doctor.examining import NOBODY, PLACE, SLOS, findings, over_http, wrong
from tests.integrations.monitoring import running
from tests.integrations.vendor import Says, Vendor


class SlowPrometheus(Vendor):
    """Takes its time over every query, and counts how many are under way."""

    takes_s = 0.7

    def __init__(self) -> None:
        super().__init__()
        self.most_at_once = 0
        self._under_way = 0

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        await asyncio.sleep(self.takes_s)
        self._under_way -= 1
        return await super()._answer(request)


@pytest.mark.asyncio(loop_scope="module")
async def test_queries_without_a_prometheus_are_told_with_both_remedies(world: World):
    said = wrong(await findings(world, PROMETHEUS_URL=""))

    assert set(said) == SLOS
    assert said["SLO queries, credlink-api in prod"] == (
        "no Prometheus is configured, so errors, latency and traffic can judge no deploy. Set "
        f"PROMETHEUS_URL, or take `slo` out of {PLACE}."
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_a_query_for_one_version_is_asked_for_the_one_that_runs(
    world: World, prometheus: Vendor
):
    prometheus.received.clear()
    found = await findings(world)

    assert wrong(found) == {}
    asked = [value for one in prometheus.received for name, value in one.query if name == "query"]
    assert len(asked) == 14  # six of each place; and whether Prometheus answers, for two looks
    assert sum('version="v1.1.9"' in query for query in asked) == 6
    assert not any("$version" in query for query in asked)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_version_nobody_knows_is_made_up(world: World, prometheus: Vendor):
    nothing = {"resultType": "vector", "result": []}
    prometheus.received.clear()
    prometheus.says(Says(json={"status": "success", "data": nothing}))
    try:
        found = {each.name: each for each in await findings(world, AWS_ENDPOINT_URL=NOBODY)}
    finally:
        prometheus.says(Says(json={"status": "success", "data": DATA}))

    asked = [value for one in prometheus.received for name, value in one.query if name == "query"]
    assert sum('version="1.0.0"' in query for query in asked) == 6
    for name in SLOS:
        assert found[name].ok
        assert (
            "no data now: errors, errors by version (1.0.0, made up), latency" in found[name].said
        )


@pytest.mark.prometheus
@pytest.mark.asyncio(loop_scope="module")
async def test_a_query_prometheus_cannot_read_is_named_and_one_without_data_is_not_called_fine(
    world: World, tmp_path: Path
):
    document = yaml.safe_load(CATALOG.read_text())
    places = document["services"]["credlink-api"]["environments"]
    places["prod"]["slo"] = {
        "errors": {"query": "sum(rate(nothing[1m])", "by_version": 'up{version="$version"}'},
        "latency": {"query": "vector(1)", "by_version": 'up{version=="$version"}'},
    }
    places["eu"]["slo"] = {
        "errors": {"query": "vector(0) / 0", "by_version": 'up{version="$version"}'},
        "traffic": {"query": "vector(0)", "needed": 1},
    }
    catalog = tmp_path / "credlink.yml"
    catalog.write_text(yaml.safe_dump(document))
    (tmp_path / "prometheus.yml").write_text("scrape_configs: []\n")
    async with running(
        "prometheus", tmp_path, "--config.file=prometheus.yml", "--storage.tsdb.path=data"
    ) as url:
        found = {each.name: each for each in await findings(world, catalog, PROMETHEUS_URL=url)}

    prod, eu = (found[f"SLO queries, credlink-api in {name}"] for name in ("prod", "eu"))
    assert not prod.ok
    assert "errors: HTTP 400: " in prod.said
    assert "unclosed left parenthesis" in prod.said
    assert f"Correct `{PLACE}.slo.errors.query`." in prod.said
    assert "latency by version (v1.1.9): " in prod.said
    assert f"Correct `{PLACE}.slo.latency.by_version`." in prod.said
    assert "errors by version" not in prod.said
    assert eu.ok
    assert eu.said == "1 of 3 give data; no data now: errors, errors by version (v1.1.9)"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_few_queries_are_asked_at_once_and_each_has_its_own_time(world: World):
    """Twelve queries of 0.7 s, four at once: the last are answered 2.1 s after the first began."""
    async with SlowPrometheus() as slow:
        slow.says(Says(json={"status": "success", "data": DATA}))
        catalog = load(CATALOG)
        settings = read_settings(over_http(world, PROMETHEUS_URL=slow.url), catalog)
        found = await examine(catalog, settings, within_s=1.5)

    said = {name: finding for finding in found if (name := finding.name) in SLOS}
    assert [finding.said for finding in said.values()] == ["6 of 6 give data"] * 2
    assert slow.most_at_once <= 4
