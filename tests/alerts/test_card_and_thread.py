"""What a sender may do to a card and its thread: many rules in one group, flapping, huge words."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot.catalog import Route
from bot.domain.alert import AlertGroup, GroupState, Peak, Severity
from bot.domain.card import Urgency
from bot.storage.database import Database
from bot.storage.schema.cards import cards
from sandbox.workspace.blockkit.surfaces import check_message
from tests.alerts.board import Board
from tests.alerts.builders import NOW, ONSET, a_catalog, an_alert, an_update

LATER = NOW + timedelta(minutes=14)
MINUTE = timedelta(minutes=1)
SLOW = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[1m]))) > 1"


def slow(fingerprint: str, **said: Any) -> dict[str, Any]:
    """An alert of another rule, measured in seconds."""
    labels = {"alertname": "HighLatency", "severity": "warning", "value": "2.3"} | said
    return an_alert(fingerprint, expression=SLOW, **labels)


async def urgency(board: Board, group: AlertGroup) -> Urgency:
    async with board.database.read() as connection:
        rows = await connection.execute(
            select(cards.c.urgency).where(cards.c.subject_id == group.id)
        )
        return Urgency(rows.scalar_one())


async def test_what_two_rules_measure_is_never_mixed(board: Board):
    await board.hears(an_update(slow("s1")))
    [group] = await board.groups()
    assert "*2.3 s* (threshold 1 s)" in await board.text(group)

    await board.hears(an_update(slow("s1"), an_alert("e1")), at=NOW + MINUTE)

    [group] = await board.groups()
    text = await board.text(group)
    assert text.startswith("🔴 HighErrorRatio and 1 more: credlink-api in prod · critical")
    assert "*4.2 %* (threshold 1 %)" in text
    assert group.peak == Peak(0.042, ONSET)

    await board.hears(an_update(slow("s1"), an_alert("e1", status="resolved")), at=LATER)

    [group] = await board.groups()
    text = await board.text(group)
    assert text.startswith("🟠 HighLatency: credlink-api in prod · warning")
    assert "*2.3 s* (threshold 1 s)" in text
    assert "%" not in text.partition("Runbook")[0].replace("Errors are above 1 %", "")


async def test_the_rule_a_group_is_measured_by_goes_on_while_it_fires(board: Board):
    other = slow("a0", severity="critical", starts_at=ONSET - MINUTE)
    await board.hears(an_update(an_alert("e1")))

    await board.hears(an_update(other, an_alert("e1", value="0.06")), at=LATER)

    [group] = await board.groups()
    assert (group.value, group.peak) == (0.06, Peak(0.06, LATER))


async def test_whoever_joins_as_it_gets_worse_is_in_the_thread_with_those_of_before(board: Board):
    few = [an_alert(f"w{n}", severity="warning", instance=f"w{n}") for n in range(3)]
    await board.hears(an_update(*few))
    many = [an_alert(f"c{n}", instance=f"c{n}") for n in range(7)]

    await board.hears(an_update(*few, *many), at=LATER)

    [group] = await board.groups()
    [entry] = await board.thread(group)
    assert entry == "severity went up: warning → critical; 7 alerts joined, all 10 that fire:"
    said = await board.thread_blocks(group)
    assert all(f"instance={one['labels']['instance']} ·" in said for one in [*few, *many])
    assert "and 5 more, in the thread" in await board.text(group)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_and_goes_each_thing_is_told_once(board: Board, seed: int):
    chance = random.Random(seed)
    pool = [(name, word) for name in "abcd" for word in ("info", "warning", "critical")]
    for number in range(50):
        there = chance.sample(pool, chance.randint(1, len(pool)))
        firing = [an_alert(f"{name}-{word}", severity=word, instance=name) for name, word in there]
        await board.hears(an_update(*firing), at=NOW + number * timedelta(seconds=10))
    gone = [an_alert(f"{n}-{w}", severity=w, status="resolved", ends_at=LATER) for n, w in pool]
    await board.hears(an_update(*gone), at=LATER)

    [group] = await board.groups()
    entries = await board.thread(group)
    assert group.state is GroupState.RESOLVED
    assert sum(entry.startswith("severity went up") for entry in entries) <= 2
    assert entries[-1].startswith("every alert resolved after")
    assert len(entries) <= len(pool) + 1


async def test_a_source_that_comes_and_goes_does_not_fill_the_thread(board: Board):
    told = an_update()
    for number in range(50):
        alerts = tuple(replace(alert, is_blind=number % 2 == 1) for alert in told.alerts)
        await board.hears(replace(told, alerts=alerts), at=NOW + number * timedelta(seconds=15))

    [group] = await board.groups()
    assert group.is_blind
    assert len(await board.thread(group)) == 2


@pytest.mark.parametrize(
    ("said", "severity", "first"),
    [
        pytest.param({}, "warning", Urgency.NEW, id="a warning takes its turn"),
        pytest.param({}, "critical", Urgency.OUTCOME, id="critical goes first"),
        pytest.param({"urgency": "high"}, "warning", Urgency.OUTCOME, id="as the route wants"),
        pytest.param({"urgency": "low"}, "critical", Urgency.PROGRESS, id="or the last"),
    ],
)
async def test_whose_card_goes_first_is_the_routes_word(
    sqlite: Database, said: dict[str, Any], severity: str, first: Urgency
):
    route = {"match": {}, "channel": "#credlink-alerts", **said}
    board = Board(sqlite, a_catalog(alerts={"routes": [route]}))

    await board.hears(an_update(an_alert(severity=severity)))

    [group] = await board.groups()
    assert await urgency(board, group) is first


def test_what_can_wait_calls_nobody():
    with pytest.raises(ValidationError, match="calls nobody"):
        Route(channel="#credlink-alerts", urgency="low", mention="S0ONCALL")


async def test_the_group_is_called_by_its_card_alone(sqlite: Database):
    route = {"match": {}, "channel": "#credlink-alerts", "mention": "S0ONCALL"}
    board = Board(sqlite, a_catalog(alerts={"routes": [route]}))
    await board.hears(an_update(an_alert(severity="warning")))
    await board.hears(an_update(an_alert("a2"), an_alert("a3", instance="3")), at=LATER)
    [group] = await board.groups()
    assert "<!subteam^S0ONCALL>" in await board.text(group)

    gone = [an_alert(name, status="resolved") for name in ("a1", "a2", "a3")]
    await board.hears(an_update(*gone), at=LATER)

    [group] = await board.groups()
    assert "subteam" not in await board.text(group)
    assert "subteam" not in await board.thread_blocks(group)


async def test_a_place_the_catalogue_does_not_know_is_shown_as_it_is(board: Board):
    await board.hears(an_update(an_alert(service="billing", env="moon")))

    [group] = await board.groups()
    text = await board.text(group)
    assert text.startswith("🔴 HighErrorRatio: billing in moon · critical")
    assert "No route of the catalogue matches" in text


async def test_a_sender_whose_clock_is_ahead_begins_when_it_is_told(board: Board):
    ahead = NOW + timedelta(minutes=7)
    await board.hears(an_update(an_alert(starts_at=ahead)))
    [group] = await board.groups()
    assert group.started_at == NOW

    await board.hears(
        an_update(an_alert(starts_at=ahead, status="resolved", ends_at=ahead + MINUTE))
    )

    [group] = await board.groups()
    assert "lasted 8 min" in await board.text(group)


HUGE = "".join(f"word{n} & <!here> " for n in range(700))
HOSTILE = [
    pytest.param({"alertname": ""}, {}, id="no name"),
    pytest.param({"alertname": HUGE}, {"summary": HUGE, "runbook_url": HUGE}, id="10 kB each"),
    pytest.param({f"label_{n}": HUGE for n in range(200)}, {}, id="200 labels of 10 kB"),
    pytest.param({HUGE: "x", "service": HUGE, "env": HUGE}, {}, id="names of labels"),
    pytest.param({"alertname": "תקלה \u202e\u2066", "pod": "\u202eعطل"}, {}, id="right to left"),
    pytest.param({"alertname": "*_~`\n\n```\x00", "pod": "\t\n"}, {"summary": "\n"}, id="marks"),
]


@pytest.mark.parametrize(("labels", "annotations"), HOSTILE)
async def test_slack_takes_the_card_of_whatever_somebody_wrote(
    board: Board, labels: dict[str, str], annotations: dict[str, str]
):
    several = [
        an_alert(f"a{n}", annotations=annotations, **{"instance": f"{n} {HUGE}", **labels})
        for n in range(9)
    ]

    await board.hears(an_update(*several))

    [group] = await board.groups()
    shown = [await board.card(group), *await board.entries(group)]
    assert len(shown) == 2
    for one in shown:
        assert check_message(list(one.blocks), lambda _: True) is None
        assert "\u202e" not in str(one.blocks)
        assert "<!here>" not in str([part for part in one.blocks if part["type"] != "header"])
    assert group.severity is Severity.CRITICAL
    assert shown[0].text.endswith("· critical")
