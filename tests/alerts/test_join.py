"""PagerDuty's incident and Alertmanager's group are one card, whichever was heard of first."""

from datetime import timedelta

import pytest

from bot.domain.alert import GroupState, Source
from bot.domain.incident import IncidentStatus
from tests.alerts.board import Board
from tests.alerts.builders import NOW, an_alert, an_incident, an_update

ACKNOWLEDGED, RESOLVED = IncidentStatus.ACKNOWLEDGED, IncidentStatus.RESOLVED
LATER = NOW + timedelta(minutes=3)
GRACE = timedelta(minutes=1)


@pytest.mark.parametrize("first", ["alertmanager", "pagerduty"])
async def test_whichever_webhook_comes_first_there_is_one_card_with_both(board: Board, first: str):
    if first == "pagerduty":
        await board.hears_of(an_incident())
        await board.hears(an_update())
    else:
        await board.hears(an_update())
        await board.hears_of(an_incident())

    [group] = await board.groups()
    text = await board.text(group)
    assert "<https://pagerduty.example/incidents/PINC1|#4711> triggered, paging Carol" in text
    assert await board.buttons(group) == ["Acknowledge", "Resolve", "Silence…"]
    assert await board.waits(GRACE) == 0


async def test_acknowledged_in_pagerduty_edits_the_card_with_who(board: Board):
    await board.hears(an_update())
    await board.hears_of(an_incident())
    await board.hears_of(an_incident(ACKNOWLEDGED, at=LATER))

    [group] = await board.groups()
    text = await board.text(group)
    assert group.state is GroupState.ACKNOWLEDGED
    assert text.startswith("🟡 Acknowledged: HighErrorRatio, credlink-api in prod")
    assert "Carol Méndez is on it" in text
    assert await board.buttons(group) == ["Resolve", "Silence…"]
    assert await board.thread(group) == ["PagerDuty #4711 acknowledged by Carol Méndez"]


async def test_an_acknowledgement_that_runs_out_makes_the_card_red_again(board: Board):
    await board.hears(an_update())
    await board.hears_of(an_incident(ACKNOWLEDGED))
    await board.hears_of(an_incident(at=LATER))

    [group] = await board.groups()
    assert (await board.text(group)).startswith("🔴")
    assert group.state_revision == 3
    assert (await board.thread(group))[-1].endswith("nobody is on it")


async def test_the_same_event_twice_and_an_older_one_change_nothing(board: Board):
    await board.hears(an_update())
    await board.hears_of(an_incident(ACKNOWLEDGED, at=LATER))
    [group] = await board.groups()
    wanted = await board.wanted(group)

    await board.hears_of(an_incident(ACKNOWLEDGED, at=LATER))
    await board.hears_of(an_incident())

    assert await board.groups() == [group]
    assert await board.wanted(group) == wanted
    assert len(await board.thread(group)) == 1


async def test_resolved_in_pagerduty_the_alert_still_fires_and_the_card_says_both(board: Board):
    await board.hears(an_update())
    await board.hears_of(an_incident(ACKNOWLEDGED))
    await board.hears_of(an_incident(RESOLVED, at=LATER))

    [group] = await board.groups()
    text = await board.text(group)
    assert group.state is GroupState.FIRING
    assert "resolved by Carol Méndez; the alert still fires" in text
    assert await board.buttons(group) == ["Silence…"]


async def test_the_outcome_says_how_soon_it_was_acknowledged(board: Board):
    await board.hears(an_update())
    await board.hears_of(an_incident(ACKNOWLEDGED, at=LATER))
    await board.hears(an_update(an_alert(status="resolved")))

    [group] = await board.groups()
    assert "acknowledged after 3 min 5 s" in await board.text(group)


async def test_an_incident_nobody_claims_gets_a_card_of_its_own_after_a_grace(board: Board):
    await board.hears_of(an_incident(incident_key="made by hand"))

    assert await board.waits(timedelta(seconds=1)) == 0
    assert await board.waits(GRACE) == 1
    assert await board.waits(GRACE) == 0

    [group] = await board.groups()
    assert group.source is Source.PAGERDUTY
    assert group.channel == "#credlink-alerts"
    assert (await board.text(group)).startswith("🔴 HighErrorRatio credlink-api: credlink-api")
    assert await board.buttons(group) == ["Acknowledge", "Resolve"]


async def test_the_card_pagerduty_opened_lives_on_when_alertmanager_comes_late(board: Board):
    await board.hears_of(an_incident(ACKNOWLEDGED))
    await board.waits(GRACE)
    [alone] = await board.groups()

    await board.hears(an_update(), at=LATER)

    [group] = await board.groups()
    assert group.id == alone.id
    assert (group.source, group.state) == (Source.ALERTMANAGER, GroupState.ACKNOWLEDGED)
    assert (await board.text(group)).startswith("🟡 Acknowledged: HighErrorRatio, credlink-api in")
    assert await board.thread(group) == ["1 alert firing"]


async def test_a_card_pagerduty_opened_ends_with_its_incident(board: Board):
    await board.hears_of(an_incident(incident_key=None))
    await board.waits(GRACE)
    await board.hears_of(an_incident(RESOLVED, at=LATER, incident_key=None))

    [group] = await board.groups()
    assert group.state is GroupState.RESOLVED
    assert (await board.text(group)).startswith("🟢 Resolved:")


async def test_incidents_of_services_that_are_not_ours_stay_out_of_the_channel(board: Board):
    await board.hears_of(an_incident(service_id="POTHERS", incident_key="other"))

    assert await board.waits(GRACE) == 0
    assert await board.groups() == []


async def test_a_new_occurrence_has_the_incident_that_is_still_open(board: Board):
    await board.hears(an_update())
    await board.hears_of(an_incident())
    await board.hears(an_update(an_alert(status="resolved")))

    await board.hears(an_update(an_alert(starts_at=NOW + timedelta(hours=1))))

    _, second = await board.groups()
    assert await board.buttons(second) == ["Acknowledge", "Resolve", "Silence…"]


async def test_a_new_incident_is_not_taken_for_one_of_the_group_that_has_ended(board: Board):
    await board.hears(an_update())
    await board.hears(an_update(an_alert(status="resolved")))
    again = NOW + timedelta(hours=1)

    await board.hears_of(an_incident(id="PINC2", created_at=again, at=again))
    await board.hears(an_update(an_alert(starts_at=again)), at=again)

    first, second = await board.groups()
    assert "PagerDuty" not in await board.text(first)
    assert "PagerDuty" in await board.text(second)


async def test_an_incident_heard_of_after_its_group_has_ended_still_joins_it(board: Board):
    await board.hears(an_update())
    await board.hears(an_update(an_alert(status="resolved")))

    await board.hears_of(an_incident(RESOLVED, at=LATER))

    [group] = await board.groups()
    assert "resolved by Carol Méndez" in await board.text(group)
    assert group.state is GroupState.RESOLVED
