"""Grafana's groups become the same kind of card: its values, its links, and what it cannot tell."""

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.alerts.dialects.grafana import DASHBOARD_ANNOTATION, PANEL_ANNOTATION
from bot.alerts.normalise import dedup_key_of
from bot.domain.alert import SILENCE_LINK, GroupState, Source
from tests.alerts.board import Board
from tests.alerts.builders import GROUP_KEY, an_update
from tests.alerts.dialects.grafana_says import says


async def test_a_rule_of_grafanas_has_a_card_with_its_value_and_grafanas_own_links(board: Board):
    await board.hears(says())

    [group] = await board.groups()
    text = await board.text(group)
    assert group.source is Source.GRAFANA
    assert (group.service, group.environment, group.channel) == (
        "credlink-api",
        "prod",
        "#credlink-alerts",
    )
    assert "RedisMemoryHigh: credlink-api in prod · warning" in text
    assert "*0.93*" in text
    for label in ("Panel", "Dashboard", "Rule", SILENCE_LINK):
        assert f"|{label}>" in text
    assert "Query" not in text


async def test_alertmanagers_silence_is_not_offered_where_it_would_silence_nothing(board: Board):
    await board.hears(says())
    await board.hears(an_update())

    own, alertmanagers = sorted(await board.groups(), key=lambda group: group.source.value)[::-1]
    assert "Silence…" not in await board.buttons(own)
    assert "Silence…" in await board.buttons(alertmanagers)


async def test_it_is_over_when_grafana_says_so_and_keeps_its_peak(board: Board):
    await board.hears(says())
    await board.hears(says(is_over=True))

    [group] = await board.groups()
    text = await board.text(group)
    assert group.state is GroupState.RESOLVED
    assert "peak *0.93*" in text
    assert SILENCE_LINK not in text


async def test_no_data_is_neither_firing_nor_fine_and_says_so(board: Board):
    await board.hears(says(has_data=False))

    [group] = await board.groups()
    text = await board.text(group)
    assert "⚪ No data: RedisMemoryHigh, credlink-api in prod" in text
    assert "no failure of the service, and no sign that it is well" in text
    assert "90 %" not in text  # what the rule would say if it could be judged


async def test_a_rule_that_fires_by_its_setting_because_it_has_no_data_says_so_too(board: Board):
    await board.hears(says({"annotations": {"grafana_state_reason": "NoData"}}))

    [group] = await board.groups()
    assert group.is_blind


async def test_an_error_of_the_rule_is_told_without_its_secrets(board: Board):
    labels = {"alertname": "DatasourceError", "rulename": "RedisMemoryHigh"}
    error = "dial https://u:hush-hush@db.example: password=hush-hush refused"
    await board.hears(says({"labels": labels, "annotations": {"Error": error}}, has_data=False))

    [group] = await board.groups()
    text = await board.text(group)
    assert "could not judge its rule" in text
    assert "hush-hush" not in text


async def test_data_that_comes_back_is_said_in_the_thread_once(board: Board):
    blind = {"annotations": {"grafana_state_reason": "NoData"}}
    await board.hears(says(blind))
    for _ in range(2):
        await board.hears(says({}))

    [group] = await board.groups()
    assert not group.is_blind
    assert [one for one in await board.thread(group) if "data again" in one] == [
        "Grafana has data again, and it fires"
    ]


async def test_a_series_that_is_gone_ends_the_card_and_is_no_sign_of_health(board: Board):
    await board.hears(says())
    await board.hears(
        says({"annotations": {"grafana_state_reason": "MissingSeries"}}, is_over=True)
    )

    [group] = await board.groups()
    assert "MissingSeries, not because its condition passed" in await board.text(group)


@pytest.mark.parametrize(
    ("values", "annotations", "value"),
    [
        ({"A": 0.93, "C": 1}, {}, 0.93),
        ({"A": 0.93, "B": 0.93, "C": 1}, {}, 0.93),
        ({"C": 1}, {}, 1.0),
        ({"A": 0.93, "B": 7, "C": 1}, {}, None),
        ({"A": 0.93, "B": 7, "C": 1}, {"value": "7 %"}, 0.07),
        ({"A": None, "C": 1}, {}, 1.0),
        ({}, {}, None),
    ],
)
def test_the_value_is_what_is_compared_where_that_can_be_told(values, annotations, value):
    [alert] = says({"values": values, "annotations": annotations}).alerts

    assert alert.value == value


async def test_where_it_cannot_be_told_all_values_are(board: Board):
    await board.hears(says({"values": {"A": 0.93, "B": 7, "C": 1}}))

    [group] = await board.groups()
    assert "Values: A 0.93, B 7, C 1." in await board.text(group)


def test_several_alerts_are_silenced_together_by_what_they_share():
    address = "https://grafana.example/alerting/silence/new?alertmanager=grafana&matcher="
    first, second = (
        f"{address}alertname%3DRedisMemoryHigh&matcher=instance%3D{name}&orgId=1" for name in "ab"
    )

    update = says({"silenceURL": first}, {"silenceURL": second})

    [link] = {alert.links[SILENCE_LINK] for alert in update.alerts}
    asked = parse_qs(urlsplit(link).query)
    assert asked == {
        "alertmanager": ["grafana"],
        "matcher": ["alertname=RedisMemoryHigh"],
        "orgId": ["1"],
    }


def test_alerts_that_share_no_rule_have_no_silence_together():
    address = "https://grafana.example/alerting/silence/new?matcher=env%3Dprod&matcher=alertname"

    update = says({"silenceURL": f"{address}%3Da"}, {"silenceURL": f"{address}%3Db"})

    assert not any(SILENCE_LINK in alert.links for alert in update.alerts)


async def test_an_address_that_is_none_is_no_link(board: Board):
    await board.hears(says({"panelURL": "javascript:alert(1)", "silenceURL": "https://["}))

    [group] = await board.groups()
    text = await board.text(group)
    assert "javascript" not in text
    assert SILENCE_LINK not in text


def test_the_rules_panel_is_read_from_its_address():
    [alert] = says().alerts

    assert alert.annotations[DASHBOARD_ANNOTATION] == "credlink-prod"
    assert alert.annotations[PANEL_ANNOTATION] == "7"


async def test_what_grafana_left_out_is_counted(board: Board):
    await board.hears(says(truncatedAlerts=3))

    [group] = await board.groups()
    assert "Grafana left out 3 more alerts." in await board.text(group)


async def test_the_same_key_of_two_organisations_and_of_alertmanager_are_three_groups(board: Board):
    for organisation in (1, 2):
        await board.hears(says(groupKey=GROUP_KEY, orgId=organisation, receiver="credlink"))
    await board.hears(an_update())

    groups = await board.groups()
    assert len({group.receiver for group in groups}) == len(groups) == 3
    # PagerDuty's contact point has the group key's hash, as Alertmanager's receiver.
    assert {group.dedup_key for group in groups} == {dedup_key_of(GROUP_KEY)}
