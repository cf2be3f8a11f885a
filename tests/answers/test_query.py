"""`/credlink query`, from the words to the card: Prometheus well, ill, and far too generous."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from sqlalchemy import select

from bot.answers import query as answering
from bot.answers.ask import AskQuestion, Standing
from bot.answers.markers import markers
from bot.answers.query import GatherQuery
from bot.answers.show import ShowAnswer
from bot.cards.answer import Answer
from bot.cards.query import QueryCard
from bot.cards.query_links import Pages
from bot.catalog import Catalog
from bot.domain.asked import Actor, Asked, Press
from bot.domain.query import Wanted, Window
from bot.domain.question import Question, QuestionKind
from bot.errors import NotAllowed
from bot.outside import connected
from bot.settings import Settings
from bot.slack.words import words_of
from bot.storage import answers, changes
from bot.storage.database import Database
from bot.storage.schema import metadata
from bot.storage.schema.answers import answers as answer_rows
from bot.storage.schema.cards import pictures
from bot.world import World
from commands import query
from integrations.aws.accounts import Accounts
from integrations.prometheus.client import PrometheusClient
from sandbox.transcript import as_text
from tests.changes.builders import a_change
from tests.domain.test_query import a_catalog
from tests.integrations.monitoring import running, until
from tests.integrations.vendor import Says, Vendor

ALICE, MALLORY = Actor("U0ALICE01", frozenset({"S0APPROVE"})), Actor("U0MALLORY")
PAGES = Pages.at(prometheus="http://bot:pass@prometheus:9090/", grafana=None)
MANY = 10_000


@dataclass
class Desk:
    """The verb, its gatherer and its card, on a database and a Prometheus of a test's own."""

    world: World
    people: Any = None
    _numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.ask = AskQuestion(
            database=self.world.database,
            catalog=self.world.catalog,
            gathers={QuestionKind.QUERY: GatherQuery(self.world)},
            stand=lambda asked: Standing(asked.channel_id),
            now=self.world.now,
            wake=lambda: None,
        )

    def asked(self, by: Actor, typed: str) -> Asked:
        number = next(self._numbers)
        return Asked(by, "C1", f"key-{number}", "c-1", self.world.now(), typed=typed)

    async def types(self, text: str, *, by: Actor = ALICE) -> Answer | None:
        """Type `/credlink query …`."""
        typed = f"query {text}"
        return await query.run(
            words_of(typed)[1:], self.asked(by, typed), ask=self.ask, catalog=self.world.catalog
        )

    async def question(self) -> Question:
        """The newest question, once its answer is complete."""
        async with asyncio.timeout(30):
            while True:
                async with self.world.database.read() as connection:
                    ids = await connection.execute(
                        select(answer_rows.c.id).order_by(answer_rows.c.asked_at.desc())
                    )
                    question = await answers.get(connection, ids.scalars().first())
                if question.is_complete:
                    return question
                await asyncio.sleep(0.01)

    async def card(self) -> str:
        """All that the newest answer's card says."""
        question = await self.question()
        show = ShowAnswer({QuestionKind.QUERY: QueryCard(pages=PAGES)})
        async with self.world.database.read() as connection:
            shown = await show(connection, question.id, self.world.now())
        return as_text({"text": shown.text, "blocks": list(shown.blocks)}, {})

    async def pictures(self) -> list[tuple[str, str]]:
        """The names of the pictures in the threads, and what they show in words."""
        async with self.world.database.read() as connection:
            rows = await connection.execute(select(pictures.c.name, pictures.c.alt))
            return [(row.name, row.alt) for row in rows]


@asynccontextmanager
async def desk_of(folder: Path, url: str | None, **limits: Any) -> AsyncIterator[Desk]:
    database = Database(f"sqlite:///{folder}/bot.sqlite")
    async with database.write() as connection:
        await connection.run_sync(metadata.create_all)
    client = PrometheusClient(url, **limits) if url else None
    world = World(
        database=database,
        catalog=catalog(),
        aws=cast(Accounts, None),
        now=lambda: datetime.now(UTC),
        prometheus_of_people=client,
    )
    made = Desk(world)
    try:
        yield made
    finally:
        await made.ask.stop()
        if client is not None:
            await client.aclose()
        await database.close()


def catalog() -> Catalog:
    """Deployers may ask their own; everybody may ask what has a name."""
    return a_catalog(
        {"errors": {"query": 'errors{env="$env"}', "unit": "ratio", "threshold": 0.01}}
    )


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with Vendor() as answering:
        yield answering


@pytest.fixture
async def desk(tmp_path: Path, vendor: Vendor) -> AsyncIterator[Desk]:
    """Prometheus says what a test says."""
    async with desk_of(
        tmp_path, vendor.url, read_timeout_s=0.3, deadline_s=2, largest_answer_bytes=4000
    ) as made:
        yield made


def says(kind: str, result: Any) -> Says:
    return Says(json={"status": "success", "data": {"resultType": kind, "result": result}})


def counted(number: int) -> Says:
    return says("vector", [{"metric": {}, "value": [1, str(number)]}])


def over_an_hour(*values: tuple[dict[str, str], float]) -> Says:
    now = datetime.now(UTC).timestamp()
    at = [now - 12 * n for n in range(300, -1, -60)]
    return says(
        "matrix",
        [{"metric": labels, "values": [[t, str(v)] for t in at]} for labels, v in values],
    )


async def test_a_named_query_is_drawn_with_what_was_changed_and_told_in_figures(
    desk: Desk, vendor: Vendor
):
    now = desk.world.now()
    async with desk.world.database.write() as connection:
        for identity, ago, environment in (("a", 30, "prod"), ("b", 20, "staging")):
            change = a_change(
                identity, environment=environment, started_at=now - timedelta(minutes=ago)
            )
            await changes.add(connection, change)
    vendor.says(counted(1), over_an_hour(({"env": "prod"}, 0.042)))

    assert await desk.types("errors env=prod", by=MALLORY) is None

    text = await desk.card()
    assert "errors, prod: 4.2 %" in text
    assert "*4.2 %* now · lowest 4.2 % · highest 4.2 % · in the last 1 h · threshold 1 %" in text
    [(name, alt)] = await desk.pictures()
    assert (name, alt.split(":")[0]) == ("errors.png", "Chart of errors, prod")
    asked = [dict(received.query) for received in vendor.received]
    assert asked[1]["query"] == 'errors{env="prod"}'
    assert float(asked[1]["end"]) - float(asked[1]["start"]) == 3600


async def test_markers_are_of_the_queried_place_alone(desk: Desk):
    now = desk.world.now()
    async with desk.world.database.write() as connection:
        for identity, environment in (("a", "prod"), ("b", "staging")):
            await changes.add(
                connection, a_change(identity, environment=environment, started_at=now)
            )
    since = now - timedelta(hours=1)

    of_prod = await markers(desk.world, environment="prod", service=None, since=since)
    of_all = await markers(desk.world, environment=None, service=None, since=since)

    assert [marker.label for marker in of_prod] == ["deploy of v1.2.0"]
    assert sorted(marker.label for marker in of_all) == [
        "deploy of v1.2.0, prod",
        "deploy of v1.2.0, staging",
    ]


async def test_a_table_of_values_now_is_not_drawn(desk: Desk, vendor: Vendor):
    rows = [{"metric": {"code": str(c)}, "value": [1, str(c / 100)]} for c in (200, 500)]
    vendor.says(counted(2), says("vector", rows))

    await desk.types("sum by (code) (rate(x[5m])) now")

    assert "500 | 5/s\n200 | 2/s" in await desk.card()
    assert await desk.pictures() == []


async def test_a_number_is_told_without_being_counted(desk: Desk, vendor: Vendor):
    vendor.says(says("scalar", [1, "42"]))

    await desk.types("41 + 1")

    assert "41 + 1: 42" in await desk.card()
    assert len(vendor.received) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((Says(never=True),), "Prometheus gave no answer: no answer in time. Ask for less"),
        ((Says(cut=True),), "Prometheus gave no answer: no connection, or it was cut."),
        ((Says(status=401),), "Prometheus does not let me in"),
        ((counted(0),), "no series has a value in the last 1 h"),
        ((says("vector", []),), "That is not zero."),
        (
            (counted(3), Says(body=b'{"status":"success","data":"' + b"x" * 9000)),
            "Prometheus refuses this query: its answer is larger than",
        ),
        (
            (Says(status=503, json={"error": "query timed out in expression evaluation"}),),
            "Ask for less (a shorter `since`, fewer series), or again.",
        ),
        (
            (Says(status=400, json={"error": "1:4: parse error: unknown function"}),),
            "Prometheus refuses this query: unknown function.\n```\nup + x\n   ^\n```",
        ),
    ],
)
async def test_what_prometheus_does_not_give_is_one_clear_card(
    desk: Desk, vendor: Vendor, answer: tuple[Says, ...], said: str
):
    vendor.says(*answer)

    await desk.types("up + x")

    text = await desk.card()
    assert said in text
    assert "⚪" in text


async def test_all_calls_of_one_answer_share_one_time(
    desk: Desk, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(answering, "WITHIN_S", 0.1)
    vendor.says(counted(1), Says(never=True))

    await desk.types("up")

    assert "Prometheus gave no answer: no answer within 0.1 s. Ask for less" in await desk.card()


async def test_who_finds_prometheus_busy_with_others_queries_is_told_to_ask_again(
    desk: Desk, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(answering, "TURN_WITHIN_S", 0.05)
    slow = desk.ask.gathers[QuestionKind.QUERY]
    assert isinstance(slow, GatherQuery)
    async with slow.turns, slow.turns:
        await desk.types("up")
        text = await desk.card()

    assert "2 other queries are being asked, and none of them ended within" in text
    assert vendor.received == []
    vendor.says(counted(0))
    await desk.types("up")
    assert "No data" in await desk.card()


async def test_slow_queries_of_people_take_no_thread_of_those_that_judge(vendor: Vendor):
    vendor.says(Says(never=True), Says(never=True), counted(7))
    settings = Settings.model_validate(
        {"slack_bot_token": "x", "slack_app_token": "y", "prometheus_url": vendor.url}
    )
    async with connected(settings) as to:
        assert to.prometheus is not None
        assert to.prometheus_of_people is not None
        slow = [asyncio.create_task(to.prometheus_of_people.query("slow")) for _ in range(9)]
        while len(vendor.received) < 2:
            await vendor.asked.wait()
            vendor.asked.clear()

        async with asyncio.timeout(2):
            [series] = await to.prometheus.query("judged")

        assert series.points[0].value == 7
        assert len(vendor.received) == 3
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


async def test_what_has_only_just_begun_is_drawn_with_a_step_before_its_one_value(
    desk: Desk, vendor: Vendor
):
    now = datetime.now(UTC).replace(microsecond=0)
    one = says("matrix", [{"metric": {}, "values": [[now.timestamp(), "1"]]}])
    vendor.says(counted(1), one, counted(1), one)
    prometheus = desk.world.prometheus_of_people
    assert prometheus is not None

    window, total, _ = await answering.measured(
        prometheus, Wanted(promql="up"), Window.until(now, timedelta(hours=1)), now
    )

    assert total == 1
    assert window is not None
    assert window.length == window.step


async def test_no_data_is_drawn_as_such(desk: Desk, vendor: Vendor):
    vendor.says(counted(0))

    await desk.types("errors env=prod")

    assert "⚪ No data: errors, prod" in await desk.card()
    assert await desk.pictures() == [("errors.png", "Chart of errors, prod: no data")]


async def test_without_a_prometheus_the_card_says_what_to_set(tmp_path: Path):
    async with desk_of(tmp_path, None) as desk:
        await desk.types("errors env=prod")

        assert "its address is the setting `PROMETHEUS_URL`" in await desk.card()


async def test_promql_of_ones_own_is_for_those_with_the_right_to_it(desk: Desk, vendor: Vendor):
    with pytest.raises(NotAllowed) as caught:
        await desk.types("up", by=MALLORY)

    assert str(caught.value).startswith(
        "Only `approvers` have the right `promql` anywhere. Ask one of them.\n"
    )
    assert "`/credlink query` lists what has a name." in str(caught.value)
    assert vendor.received == []


async def test_asked_anew_it_is_measured_and_drawn_anew(desk: Desk, vendor: Vendor):
    vendor.says(counted(1), over_an_hour(({}, 0.01)), counted(1), over_an_hour(({}, 0.05)))
    await desk.types("errors env=prod")
    question = await desk.question()

    await desk.ask.again(Press(desk.asked(ALICE, ""), "answer.again", question.id, question.round))

    assert "errors, prod: 5 %" in await desk.card()
    assert len(await desk.pictures()) == 2


async def test_a_query_is_never_logged(
    desk: Desk, vendor: Vendor, caplog: pytest.LogCaptureFixture
):
    vendor.says(Says(status=400, json={"error": "bad password=hunter2hunter2"}))

    with caplog.at_level(logging.INFO):
        await desk.types('up{password="hunter2hunter2"}')
        text = await desk.card()

    assert "hunter2" not in caplog.text
    assert "hunter2" not in text
    assert 'up{password="***"}' in text
    assert "Prometheus|" not in text


async def test_the_event_loop_is_free_while_a_chart_is_drawn(
    desk: Desk, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
):
    threads: list[int] = []

    def drawn(_: Any) -> bytes:
        threads.append(threading.get_ident())
        return b"\x89PNG"

    monkeypatch.setattr("bot.answers.picture.line_chart", drawn)
    vendor.says(counted(1), over_an_hour(({}, 1)))

    await desk.types("errors env=prod")
    await desk.card()

    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


@asynccontextmanager
async def crowded(folder: Path) -> AsyncIterator[str]:
    """A real Prometheus that scrapes ten thousand series."""
    lines = "\n".join(f'many{{n="{n}"}} {n}' for n in range(MANY))
    lines += "".join(f'\n{name}{{n="{n}"}} {n}' for name in ("few_a", "few_b") for n in range(40))

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=f'{lines}\nerrors{{env="prod"}} 0.02\n')

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs:\n"
        f"- {{job_name: many, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n"
    )
    try:
        async with running(
            "prometheus", folder, "--config.file=prometheus.yml", "--storage.tsdb.path=data"
        ) as url:
            yield url
    finally:
        await runner.cleanup()


@pytest.mark.prometheus
async def test_of_ten_thousand_series_the_highest_are_shown_and_the_rest_is_counted(
    tmp_path: Path,
):
    async with crowded(tmp_path) as url, desk_of(tmp_path, url) as desk:
        assert desk.world.prometheus_of_people is not None
        await until(partial(desk.world.prometheus_of_people.query, "many"))

        for words in ("many since 2m", "many now"):
            began = time.monotonic()
            await desk.types(words)
            text = await desk.card()

            assert time.monotonic() - began < 10
            assert "10,000 series: only the 50 highest were asked for" in text
            assert "\n9999 | " in text
            assert len((await desk.question()).found["rows"]) == 50

        await desk.types('{__name__=~"few_.+"} since 2m')
        text = await desk.card()
        assert "80 series: only the 50 highest were asked for" in text
        assert "few_a n=39 | 39" in text
        assert "few_b n=39 | 39" in text
        assert "credlink_name" not in text
        assert len((await desk.question()).found["rows"]) == 50

        await desk.types("errors env=prod since 1h")
        text = await desk.card()
        assert "errors, prod: 2 %" in text
        assert "nothing was measured before" in text

        await desk.types('label_replace(many, "n", "x", "", "")')
        assert "Prometheus refuses this query" in await desk.card()
