"""Queries asked in the workspace, of real Prometheus: drawn, cut, refused."""

from functools import partial

import pytest

from integrations.prometheus.client import PrometheusClient
from sandbox import seeds
from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring
from tests.integrations.monitoring import until
from tests.programs import require
from tests.scenarios.scene import PROD, STAGING, Card, Scene

pytestmark = [pytest.mark.prometheus, pytest.mark.asyncio(loop_scope="module")]

SCENE = {"with_monitoring": True}


@pytest.fixture(autouse=True)
def there_is_a_prometheus() -> None:
    if not Monitoring.available():
        require("prometheus", HOW_TO_GET_THEM)


async def test_a_named_query_is_a_card_with_a_chart_in_it_and_in_its_thread(play: Scene):
    prometheus = PrometheusClient(play.environment()["PROMETHEUS_URL"])
    await until(partial(prometheus.query, 'rate(http_requests_total{env="prod"}[1m])'))
    await prometheus.aclose()

    await play.types(seeds.MALLORY, PROD, "/credlink query requests env=prod since 15m")

    card = await play.card(PROD, "[picture: Chart of requests, prod", "status_code |")
    assert "Chart of requests, prod" in await play.thread(card)

    await play.presses(seeds.BOB, card, "Refresh")
    await play.until(lambda: drawn_twice(play, card), "a second chart in the thread")


async def drawn_twice(play: Scene, card: Card) -> bool:
    return (await play.thread(card)).count("Chart of requests, prod") == 2


async def test_promql_keeps_its_quotes_on_its_way(play: Scene):
    typed = '/credlink query sum by (env) (up{env=“prod”,job=~"credlink.*"}) now'
    await play.types(seeds.ALICE, STAGING, typed)

    card = await play.card(STAGING, 'sum by (env) (up{env="prod",job=~"credlink.*"})', "as of")

    assert "*1* now" in str(card["blocks"])


async def test_what_is_wrong_is_told_to_who_typed_it_and_nothing_is_asked(play: Scene):
    wrong = await play.types(seeds.ALICE, STAGING, "/credlink query sum(rate(up[5m])")
    typo = await play.types(seeds.ALICE, STAGING, "/credlink query eror-ratio env=prod")
    denied = await play.types(seeds.MALLORY, STAGING, "/credlink query up")
    listed = await play.types(seeds.MALLORY, STAGING, "/credlink query")

    assert "this ( is never closed.\n```\nsum(rate(up[5m])\n   ^\n```" in wrong
    assert "did you mean error-ratio?" in typo
    assert "have the right `promql` anywhere" in denied
    assert "`/credlink query requests env=<env> [code=...]`" in listed
    assert "up[5m]" not in play.bot.log.read_text()
