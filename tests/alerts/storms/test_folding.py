"""Cards that come faster than a channel can show them are folded, and nothing is lost by it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.alerts.enrich import enrich
from bot.cards.modal import TITLE_CHARACTERS
from bot.cards.storm_list import _title
from bot.domain.card import Kind, Place, Urgency
from bot.engine import Engine
from bot.storage import cards, findings, overview
from bot.storage.deliveries import Step
from bot.storage.schema.cards import cards as card_rows
from tests.alerts.builders import NOW, an_incident
from tests.alerts.storms.weather import Weather, names

FEW, MANY = names(5), names(20)


async def test_what_a_channel_can_show_gets_cards(weather: Weather):
    await weather.fires(*FEW)

    assert await weather.storms() == []
    assert await weather.owed() == set(FEW)


async def test_twenty_groups_are_one_card_that_counts_them_all(anywhere: Weather):
    await anywhere.fires(*MANY, alerts=3)

    assert await anywhere.owed() == {"storm"}
    assert await anywhere.folded() == set(MANY)
    text = await anywhere.text()
    assert "Storm: 20 alert groups" in text
    assert "60 alerts" in text
    assert len(await anywhere.listed()) == 20


async def test_the_first_five_critical_groups_keep_their_cards(weather: Weather):
    await weather.fires(*names(3))
    await weather.fires(*names(8, of="Bad"), severity="critical")

    own = await weather.owed() - {"storm"}
    assert len(own) == 5
    assert own < set(names(8, of="Bad"))
    text = await weather.text()
    assert f"own cards: {', '.join(sorted(own))} (5 groups)" in text
    assert all(name in text for name in names(8, of="Bad"))


async def test_a_group_that_has_a_card_keeps_it(weather: Weather):
    await weather.fires(*FEW)
    await weather.posts("Alert000", "Alert001")
    await weather.begins_to_post("Alert002")

    await weather.fires(*names(20, of="More"))
    await weather.fires("Alert000", alerts=2)

    assert await weather.folded() == {"Alert003", "Alert004", *names(20, of="More")}
    assert {"Alert000", "storm"} <= await weather.owed()


async def test_the_storms_card_goes_before_the_cards_of_single_groups(weather: Weather):
    await weather.fires(*names(8, of="Bad"), severity="critical")

    first = await weather.next_work()
    assert first is not None
    assert first.kind is Kind.STORM


async def test_what_happens_to_a_folded_group_is_owed_by_the_storms_card_alone(weather: Weather):
    await weather.fires(*MANY)
    before = await weather.wanted()

    await weather.fires("Alert007", alerts=9)
    await weather.resolves("Alert008")

    assert await weather.owed() == {"storm"}
    assert await weather.wanted() > before
    text = await weather.text()
    assert "*19 firing* · 1 resolved" in text
    async with weather.database.read() as connection:
        assert await cards.count_owed(connection) == 1


async def test_no_news_of_one_group_hurries_the_storms_card(weather: Weather):
    await weather.fires(*MANY)
    await weather.shows_all()
    group = await weather.group("Alert003")

    async with weather.database.write() as connection:
        await cards.mark(connection, Kind.ALERT_GROUP, group.id, urgency=Urgency.OUTCOME)

    async with weather.database.read() as connection:
        found = await connection.execute(
            select(card_rows.c.urgency).where(card_rows.c.kind == Kind.STORM.value)
        )
        assert found.scalar_one() == Urgency.PROGRESS


async def test_folded_groups_are_not_looked_after_one_by_one(
    weather: Weather, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    asked = []

    async def ask_all(*args: object) -> list[str]:
        asked.append(args)
        return []

    monkeypatch.setattr("bot.alerts.enrich.ask_all", ask_all)
    await weather.fires(*MANY)

    assert len(weather.looks) == 5  # promised before there was a storm; they find it folded
    for identity in weather.looks:
        await engine.begin(enrich, identity, identity, [])
    async with asyncio.timeout(10):
        while await unfinished(weather):  # noqa: ASYNC110  rows tell nobody
            await asyncio.sleep(0.01)
    assert asked == []
    weather.looks.clear()
    await weather.resolves(*MANY)
    assert weather.looks == []


async def unfinished(weather: Weather) -> tuple[str, ...]:
    async with weather.database.read() as connection:
        return await findings.unfinished(connection, NOW + timedelta(days=1))


async def test_a_folded_group_that_becomes_critical_gets_its_card(weather: Weather):
    await weather.fires(*MANY)
    await weather.fires("Alert004", severity="critical", alerts=2)

    assert "Alert004" in await weather.owed()
    assert "Alert004" not in await weather.folded()
    assert "own cards: Alert004" in await weather.text()


async def test_a_sixth_critical_group_stays_folded_when_it_becomes_so(weather: Weather):
    await weather.fires(*names(6, of="Bad"), severity="critical")
    await weather.fires("Mild")

    await weather.fires("Mild", severity="critical", alerts=2)

    assert len(await weather.folded()) == 2
    assert "Mild" in await weather.folded()


@pytest.mark.parametrize(
    ("groups", "first", "title"),
    [
        (1_000, 901, "Storm: 901–950 of 1,000"),
        (1_000, 951, "951–1,000 of 1,000"),
        (10_000, 9_951, "9,951–10,000 of 10,000"),
    ],
)
def test_the_title_of_a_page_is_never_cut(groups: int, first: int, title: str):
    assert _title(first, first + 49, groups) == title
    assert len(title) <= TITLE_CHARACTERS


async def test_incidents_that_pagerduty_alone_knows_fold_too(weather: Weather):
    for number in range(9):
        await weather.board.hears_of(
            an_incident(id=f"P{number}", incident_key=f"k{number}", title=f"Page {number}")
        )

    assert await weather.board.waits(timedelta(minutes=1)) == 9

    assert len(await weather.folded()) == 9 - 5
    assert "Storm: 9 alert groups" in await weather.text()


async def test_groups_that_begin_at_once_on_two_replicas_are_one_storm(anywhere: Weather):
    first, second = names(15, of="Left"), names(15, of="Right")
    other = Weather(anywhere.database)

    await asyncio.gather(
        *(anywhere.fires(name) for name in first), *(other.fires(name) for name in second)
    )

    assert len(await anywhere.storms()) == 1
    assert await anywhere.folded() == {*first, *second}
    assert await anywhere.owed() == {"storm"}


async def test_every_page_of_a_long_list_is_reached_and_has_each_groups_own_buttons(
    weather: Weather,
):
    many = names(120)
    await weather.fires(*many)

    listed = await weather.listed()

    assert len(listed) == 120
    assert {line.split()[1].rstrip(":") for line in listed} == set(many)
    page = await (await weather.list.open(weather.press(await weather.storm()))).ask()
    assert page.submit == "Page 2 of 3"
    assert page.title == "Storm: 1–50 of 120"
    own = await weather.board.card(await weather.group("Alert000"))
    [row] = [block for block in own.blocks if block["type"] == "actions"]
    assert row in page.blocks


@pytest.mark.parametrize("many", [1, 3])
async def test_groups_of_an_earlier_storm_do_not_make_another(weather: Weather, many: int):
    await weather.fires(*MANY)
    weather.later = timedelta(minutes=16)
    await weather.ends()

    await weather.fires(*names(many, of="Next"))

    assert len(await weather.storms()) == 1
    assert set(names(many, of="Next")) <= await weather.owed()


async def test_whoever_looks_for_a_folded_group_is_led_to_the_storms_card(weather: Weather):
    await weather.fires(*MANY)
    group = await weather.group("Alert003")
    subject = (Kind.ALERT_GROUP, group.id)
    async with weather.database.read() as connection:
        assert await overview.places_of(connection, [subject]) == {}
    await weather.stands()

    async with weather.database.read() as connection:
        assert await overview.places_of(connection, [subject]) == {subject: Place("C1", "17.1")}


async def test_a_card_that_nobody_has_seen_goes_before_the_thread_of_another(weather: Weather):
    await weather.fires("Seen", alerts=9, severity="critical")
    await weather.posts("Seen")
    await weather.fires("Unseen", severity="critical")

    work = await weather.next_work()

    assert work is not None
    assert (work.step, work.subject_id) == (Step.POST, (await weather.group("Unseen")).id)
