"""Alertmanager's webhooks become one card an occurrence: opened, edited, resolved, never lost."""

from datetime import timedelta

from bot.domain.alert import GroupState, Peak, Severity
from bot.storage.database import Database
from tests.alerts.board import Board
from tests.alerts.builders import GROUP_KEY, NOW, ONSET, a_catalog, an_alert, an_update

LATER = NOW + timedelta(minutes=14)


async def test_the_first_alert_opens_a_card_with_everything_that_is_known(board: Board):
    looks = await board.hears(an_update())

    [group] = await board.groups()
    text = await board.text(group)
    assert (group.state, group.severity) == (GroupState.FIRING, Severity.CRITICAL)
    assert (group.channel, group.is_routed) == ("#credlink-alerts", True)
    assert text.startswith("🔴 HighErrorRatio: credlink-api in prod · critical")
    assert "*4.2 %* (threshold 1 %)" in text
    assert "<https://runbooks.example/errors|Runbook>" in text
    assert "Errors are above 1 %" in text
    assert len(looks) == 1
    assert await board.thread(group) == []


async def test_a_repeated_notification_says_and_edits_nothing(board: Board):
    await board.hears(an_update())
    [group] = await board.groups()
    wanted = await board.wanted(group)

    looks = await board.hears(an_update(), at=LATER)

    assert await board.groups() == [group]
    assert await board.wanted(group) == wanted
    assert await board.thread(group) == []
    assert looks == ()


async def test_what_alertmanager_calls_a_repeat_edits_the_card_and_tells_the_thread_nothing(
    board: Board,
):
    one, two = an_alert("a1", instance="10.0.0.1"), an_alert("a2", instance="10.0.0.2")
    await board.hears(an_update(one, truncatedAlerts=1))
    repeat = {"truncatedAlerts": 1, "notification_reason": "repeat interval elapsed"}

    # With `max_alerts` a repeat may show others of the same alerts: none of them is new.
    await board.hears(an_update(two, **repeat), at=LATER)

    [group] = await board.groups()
    assert "2 alerts firing" in await board.text(group)
    assert await board.thread(group) == []
    await board.hears(an_update(one, two, notification_reason="new alerts added"), at=LATER)
    assert await board.thread(group) == []
    gone = [an_alert(name, status="resolved", ends_at=LATER) for name in ("a1", "a2")]
    await board.hears(an_update(*gone, notification_reason="all alerts resolved"), at=LATER)
    assert len(await board.thread(group)) == 1


async def test_more_alerts_join_in_place_and_the_thread_says_which(board: Board):
    one = an_alert("a1", instance="10.0.0.1")
    two = an_alert("a2", instance="10.0.0.2", value="0.07")
    await board.hears(an_update(one))

    await board.hears(an_update(one, two))

    [group] = await board.groups()
    text = await board.text(group)
    assert "2 alerts firing" in text
    assert "instance=10.0.0.1 · 4.2 %" in text
    assert "instance=10.0.0.2 · 7 %" in text
    assert group.value == 0.07
    assert await board.thread(group) == ["more alerts joined: 1 alert"]


async def test_a_severity_that_rises_is_told_and_one_that_falls_is_not(board: Board):
    warning = an_alert("a1", severity="warning")
    critical = an_alert("a2", severity="critical")
    await board.hears(an_update(warning))

    await board.hears(an_update(warning, critical))
    [worse] = await board.groups()
    await board.hears(an_update(warning, an_alert("a2", severity="critical", status="resolved")))

    [better] = await board.groups()
    assert (worse.severity, better.severity) == (Severity.CRITICAL, Severity.WARNING)
    assert await board.thread(better) == ["severity went up: warning → critical; 1 alert joined"]
    assert (await board.text(better)).startswith("🟠")


async def test_the_resolved_card_keeps_how_bad_it_was_and_how_long(board: Board):
    await board.hears(an_update())
    await board.hears(an_update(an_alert(value="0.051")), at=NOW + timedelta(minutes=6))

    looks = await board.hears(an_update(an_alert(status="resolved", ends_at=LATER)), at=LATER)

    [group] = await board.groups()
    text = await board.text(group)
    assert group.state is GroupState.RESOLVED
    assert group.peak == Peak(0.051, NOW + timedelta(minutes=6))
    assert text.startswith("🟢 Resolved: HighErrorRatio, credlink-api in prod · lasted 14 min 5 s")
    assert "peak *5.1 %* (threshold 1 %)" in text
    assert "nobody acknowledged it" in text
    assert await board.buttons(group) == []
    assert (await board.thread(group))[0] == "every alert resolved after 14 min 5 s"
    assert len(looks) == 1


async def test_what_fires_again_after_it_was_resolved_is_a_new_occurrence_with_its_own_card(
    board: Board,
):
    await board.hears(an_update())
    await board.hears(an_update(an_alert(status="resolved")))

    await board.hears(an_update(an_alert(starts_at=LATER)), at=LATER)

    first, second = await board.groups()
    assert (first.state, second.state) == (GroupState.RESOLVED, GroupState.FIRING)
    assert (first.occurrence, second.occurrence) == (1, 2)
    assert "It fires for the 2nd time." in await board.text(second)
    assert len(await board.channels()) == 2


async def test_a_resolved_webhook_of_a_group_never_seen_firing_opens_nothing(board: Board):
    looks = await board.hears(an_update(an_alert(status="resolved")))

    assert await board.groups() == []
    assert looks == ()


async def test_an_alert_whose_end_was_lost_does_not_fire_for_ever(board: Board):
    one, two = an_alert("a1", instance="1"), an_alert("a2", instance="2")
    await board.hears(an_update(one, two))

    await board.hears(an_update(one), at=LATER)

    [group] = await board.groups()
    assert "2 alerts firing" not in await board.text(group)
    assert group.state is GroupState.FIRING


async def test_alerts_left_out_by_alertmanager_still_fire_and_it_is_said(board: Board):
    one, two = an_alert("a1", instance="1"), an_alert("a2", instance="2")
    await board.hears(an_update(one, two))

    await board.hears(an_update(one, truncatedAlerts=7), at=LATER)

    [group] = await board.groups()
    text = await board.text(group)
    assert "2 alerts firing" in text
    assert "left out 7 more alerts" in text


async def test_two_receivers_of_one_group_key_are_two_groups(board: Board):
    await board.hears(an_update())
    await board.hears(an_update(receiver="other"))

    assert [group.occurrence for group in await board.groups()] == [1, 1]


async def test_without_a_route_it_is_shown_in_the_default_channel_which_says_so(
    sqlite: Database,
):
    lost = Board(sqlite, a_catalog(alerts={}))

    await lost.hears(an_update())

    [group] = await lost.groups()
    assert (group.channel, group.is_routed) == ("#credlink-ops", False)
    assert "No route of the catalogue matches" in await lost.text(group)


async def test_more_alerts_than_a_card_holds_stand_in_the_thread(board: Board):
    await board.hears(an_update(*(an_alert(f"a{n}", instance=f"host-{n}") for n in range(8))))

    [group] = await board.groups()
    text = await board.text(group)
    assert "and 3 more, in the thread" in text
    assert await board.thread(group) == ["8 alerts firing"]


async def test_an_expression_that_is_no_promql_costs_the_chart_and_nothing_else(board: Board):
    await board.hears(an_update(an_alert(expression="this is <!channel> no query")))

    [group] = await board.groups()
    text = await board.text(group)
    assert group.condition is None
    assert "No chart: the alert's query is not PromQL." in text
    assert "*0.042*" in text


async def test_the_unit_an_annotation_names_is_believed(board: Board):
    bytes_left = an_alert(
        expression="free < 1048576", value="524288", annotations={"unit": "bytes"}
    )

    await board.hears(an_update(bytes_left))

    [group] = await board.groups()
    assert "*512 KiB* (fires below 1 MiB)" in await board.text(group)


async def test_nothing_in_a_label_or_annotation_can_call_the_channel(board: Board):
    evil = "<!channel> <@U0ALICE01> <https://evil.example|click> & *bold*"
    await board.hears(
        an_update(
            an_alert(
                "a1",
                alertname=evil,
                service=evil,
                env=evil,
                instance=evil,
                annotations={"summary": evil, "runbook_url": "javascript:alert(1)|x>"},
            ),
            an_alert("a2", alertname=evil, service=evil, env=evil, instance="2"),
            groupKey=GROUP_KEY + evil,
        )
    )

    [group] = await board.groups()
    shown = await board.card(group)
    mrkdwn = [shown.text, *_mrkdwn_of(shown.blocks)]
    for text in mrkdwn:
        assert "<!channel>" not in text
        assert "<@U0ALICE01>" not in text
        assert "<https://evil" not in text
        assert "<javascript" not in text
    assert any("&lt;!channel&gt;" in text for text in mrkdwn)


def _mrkdwn_of(blocks) -> list[str]:
    found = []
    for block in blocks:
        parts = [block.get("text", {}), *block.get("elements", [])]
        found += [part["text"] for part in parts if part.get("type") == "mrkdwn"]
    return found


async def test_an_alert_that_began_before_the_group_was_seen_keeps_its_own_time(board: Board):
    old = an_alert("a1", starts_at=ONSET - timedelta(hours=3))

    await board.hears(an_update(old, an_alert("a2", instance="2")))

    [group] = await board.groups()
    assert group.started_at == ONSET - timedelta(hours=3)
