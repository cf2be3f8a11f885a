"""*Escalate*, *Add responder*, *Snooze*, *Priority*: as the person who asked, once, and audited."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.respond import Wish
from bot.cards.responding_forms import CHOSEN, MESSAGE, WHO
from bot.domain.alert import GroupState
from bot.domain.incident import ResponseKind
from bot.errors import Conflict, FormError, NotAllowed
from bot.storage import incidents
from sandbox import seeds
from sandbox.pagerduty.account import USERS
from sandbox.standin import Fault
from tests.alerts.builders import an_alert, an_update
from tests.alerts.responding.desk import Desk, options_of

BOB_THERE = seeds.BOB.pagerduty_id


async def test_escalating_shows_the_levels_and_pages_the_next_one_as_the_person_who_asked(
    desk: Desk,
):
    group, incident = await desk.fires()

    form = await desk.opens(seeds.CAROL, group, "escalate")

    assert options_of(form) == ["Level 1: Carol Méndez", "Level 2: Bob Lindqvist"]
    assert "is with Carol Méndez now" in form.blocks[1]["elements"][0]["text"]
    assert await desk.sends(seeds.CAROL, form) is None
    assert await desk.until_told("now with Bob") == (
        "PagerDuty #1 now with Bob Lindqvist, by Carol Méndez"
    )
    assert [one.user.id for one in incident.assignments] == [BOB_THERE]
    [update] = desk.updates()
    assert update["From"] == seeds.CAROL.email
    assert update["body"]["incident"]["escalation_level"] == 2
    assert "triggered, paging Bob Lindqvist" in await desk.board.text(await desk.group())


async def test_what_pagerduty_tells_of_an_act_from_here_is_told_once_however_often_it_says_so(
    desk: Desk,
):
    group, _ = await desk.fires()
    await desk.sends(seeds.CAROL, await desk.opens(seeds.CAROL, group, "escalate"))
    await desk.until_told("now with Bob")
    form = await desk.opens(seeds.CAROL, await desk.group(), "join")
    await desk.sends(seeds.CAROL, form, {CHOSEN: BOB_THERE})
    await desk.until_told("was asked to join")
    form = await desk.opens(seeds.CAROL, await desk.group(), "priority")
    await desk.sends(seeds.CAROL, form, {CHOSEN: "PPRIOR1"})
    await desk.until_told("priority P1")
    before = await desk.thread()

    await desk.hears()
    await desk.hears()

    assert await desk.thread() == before
    assert [said.partition(", by")[0] for said in before] == [
        "PagerDuty #1 now with Bob Lindqvist",
        "PagerDuty #1: Bob Lindqvist was asked to join by Carol Méndez",
        "PagerDuty #1 priority P1",
    ]


async def test_a_form_says_which_other_alerts_pagerduty_has_joined(desk: Desk):
    group, incident = await desk.fires()
    now = desk.world.now()
    other = an_alert("b", alertname="HighLatency", starts_at=now + timedelta(hours=1))
    await desk.board.hears(an_update(other, groupKey='{}:{alertname="HighLatency"}'), at=now)
    _, beside = await desk.board.groups()
    async with desk.world.database.write() as connection:
        await incidents.link(connection, beside.id, incident.id)

    for chosen in ("escalate", "join", "snooze", "priority"):
        form = await desk.opens(seeds.CAROL, group, chosen)
        assert "more alerts in it: HighLatency" in str(form.blocks[-1])


async def test_an_escalation_whose_answer_was_lost_pages_once(desk: Desk):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "escalate")
    desk.pagerduty.faults.append(Fault("update_incident", drop="after"))

    await desk.sends(seeds.CAROL, form)

    await desk.until_told("now with Bob")
    assert [entry.kind for entry in incident.log].count("escalate") == 1


async def test_a_level_the_policy_has_lost_meanwhile_is_said_on_the_card(desk: Desk):
    group, _ = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "escalate")
    desk.pagerduty.rota.always = None

    await desk.sends(seeds.CAROL, form)

    text = await desk.until("could not escalate it in PagerDuty: PagerDuty refused")
    assert "Escalation level 2 is not in the escalation policy" in text
    assert "Nothing has changed there." in text
    assert await desk.board.menu(await desk.group())  # offered again


async def test_somebody_of_slack_is_asked_to_join_by_their_address(desk: Desk):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "join")

    await desk.sends(seeds.CAROL, form, {WHO: seeds.BOB.id, MESSAGE: "token=abc help"})

    await desk.until_told("Bob Lindqvist was asked to join by Carol Méndez")
    [asked] = incident.responder_requests
    assert (asked.requester.email, asked.target.id) == (seeds.CAROL.email, BOB_THERE)
    assert asked.message == "token=*** help"


async def test_a_policy_is_found_by_a_part_of_its_name_and_whoever_it_calls_is_asked(desk: Desk):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "join")
    assert await desk.forms.choices.suggest("DATA") == [("PEPDATA", "CredLink database (policy)")]
    assert len(await desk.forms.choices.suggest("")) == 5

    await desk.sends(seeds.CAROL, form, {CHOSEN: "PEPDATA"})

    await desk.until_told("CredLink database was asked to join")
    assert [asked.target.name for asked in incident.responder_requests] == ["CredLink database"]
    assert len(desk.pagerduty.calls_of("list_users")) == 2  # who Carol is, and everybody


async def test_a_responder_whose_request_got_no_answer_is_paged_once(desk: Desk):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "join")
    desk.pagerduty.faults.append(Fault("create_incident_responder_request", drop="after"))

    await desk.sends(seeds.CAROL, form, {CHOSEN: BOB_THERE})

    await desk.until_told("was asked to join")
    assert len(incident.responder_requests) == 1


async def test_the_same_responder_asked_by_somebody_else_in_pagerduty_is_told_too(desk: Desk):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "join")
    await desk.sends(seeds.CAROL, form, {CHOSEN: BOB_THERE})
    await desk.until_told("was asked to join by Carol")
    alice, bob, _ = USERS

    desk.pagerduty.account.ask_responder(incident, bob, bob, "", alice)
    await desk.hears()

    assert (await desk.thread())[1:] == [
        "PagerDuty #1: Bob Lindqvist was asked to join by Alice Okafor"
    ]


async def test_a_plan_without_responders_says_so(desk: Desk):
    group, _ = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "join")
    why = '{"error": {"message": "Account does not have the abilities", "code": 2012}}'
    desk.pagerduty.faults.append(Fault("create_incident_responder_request", status=402, body=why))

    await desk.sends(seeds.CAROL, form, {CHOSEN: BOB_THERE})

    text = await desk.until("could not add a responder in PagerDuty: PagerDuty did not allow it")
    assert "Account does not have the abilities" in text


@pytest.mark.parametrize(
    ("filled", "at", "words"),
    [
        ({}, CHOSEN, "Choose somebody"),
        ({CHOSEN: BOB_THERE, WHO: seeds.BOB.id}, WHO, "One at a time"),
        ({CHOSEN: BOB_THERE, MESSAGE: "  "}, MESSAGE, "Write what"),
    ],
)
async def test_a_form_of_nobody_two_people_or_no_words_says_so_beside_the_field(
    desk: Desk, filled, at, words
):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "join")

    with pytest.raises(FormError, match=words) as refused:
        await desk.sends(seeds.CAROL, form, filled)

    assert [*refused.value.problems] == [at]
    assert incident.responder_requests == []


async def test_nobody_without_a_seat_is_asked_to_join(desk: Desk):
    group, _ = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "join")

    with pytest.raises(NotAllowed, match="@U0DAVE001 has no PagerDuty user"):
        await desk.sends(seeds.CAROL, form, {WHO: seeds.DAVE.id})
    with pytest.raises(Conflict, match="no such person or policy any more"):
        await desk.sends(seeds.CAROL, form, {CHOSEN: "PGONE"})


async def test_snoozing_acknowledges_until_then_and_the_card_says_until_when(desk: Desk):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "snooze")

    await desk.sends(seeds.CAROL, form, {CHOSEN: "4h"})

    await desk.until_told("snoozed until")
    assert incident.status == "acknowledged"
    assert (await desk.group()).state is GroupState.ACKNOWLEDGED
    [call] = desk.pagerduty.calls_of("create_incident_snooze")
    assert 4 * 3600 - 5 <= call.arguments["body"]["duration"] <= 4 * 3600
    shown = await desk.board.card(await desk.group(), at=desk.world.now())
    assert "· triggers again <!date^" in str(shown.blocks)
    later = await desk.board.card(await desk.group(), at=desk.world.now() + timedelta(days=1))
    assert "triggers again" not in str(later.blocks)


async def test_a_snooze_whose_time_passed_before_it_could_be_asked_for_pages_nobody(desk: Desk):
    group, incident = await desk.fires()
    passed = {"until": (desk.world.now() - timedelta(minutes=1)).isoformat()}
    wish = Wish(ResponseKind.SNOOZE, passed, incident.id)

    later = await desk.respond.ask(desk.press(seeds.CAROL, group, "snooze"), wish)
    assert later is not None
    await later.ask()

    await desk.until("could not snooze it in PagerDuty: the time it was to rest had passed")
    assert desk.pagerduty.calls_of("create_incident_snooze") == []


async def test_priorities_are_those_of_the_account_asked_once_in_five_minutes(desk: Desk):
    group, _ = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "priority")
    assert options_of(form)[1] == "P2: Severe: customers notice"
    assert "initial_option" not in form.blocks[0]["element"]

    await desk.sends(seeds.CAROL, form, {CHOSEN: "PPRIOR2"})

    await desk.until_told("PagerDuty #1 priority P2, by Carol Méndez")
    assert "· P2" in await desk.board.text(await desk.group())
    again = await desk.opens(seeds.BOB, await desk.group(), "priority")
    assert again.blocks[0]["element"]["initial_option"]["value"] == "PPRIOR2"
    assert len(desk.pagerduty.calls_of("list_priorities")) == 1


async def test_a_form_without_a_choice_says_so(desk: Desk):
    group, _ = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "priority")

    with pytest.raises(FormError, match="Choose one"):
        await desk.sends(seeds.CAROL, form)


@pytest.mark.parametrize("chosen", ["escalate", "join", "note", "snooze", "priority"])
async def test_an_incident_closed_meanwhile_is_said_before_a_form_opens_and_when_one_is_sent(
    desk: Desk, chosen
):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, chosen)
    desk.pagerduty.account.resolve(incident, None)
    await desk.hears()

    filled = {CHOSEN: {"join": BOB_THERE, "priority": "PPRIOR1"}.get(chosen, "")}
    filled = {name: value for name, value in filled.items() if value} | {MESSAGE: "words"}
    with pytest.raises(Conflict, match="the incident is resolved in PagerDuty"):
        await desk.sends(seeds.CAROL, form, filled)
    with pytest.raises(Conflict, match="the incident is resolved in PagerDuty"):
        await desk.opens(seeds.CAROL, group, chosen)


async def test_an_incident_closed_that_nobody_told_us_of_is_said_by_the_form_and_by_the_card(
    desk: Desk,
):
    group, incident = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "snooze")
    desk.pagerduty.account.resolve(incident, None)

    with pytest.raises(Conflict, match="the incident is resolved in PagerDuty"):
        await desk.opens(seeds.CAROL, group, "escalate")
    await desk.sends(seeds.CAROL, form)

    text = await desk.until("could not snooze it in PagerDuty: it is resolved there already")
    assert "resolved; the alert still fires" in text


async def test_two_people_at_once_are_told_and_one_press_delivered_twice_is_one_act(desk: Desk):
    group, incident = await desk.fires()
    first = await desk.opens(seeds.CAROL, group, "escalate")
    second = await desk.opens(seeds.BOB, group, "escalate")

    said = await asyncio.gather(
        desk.sends(seeds.CAROL, first, key="one"),
        desk.sends(seeds.CAROL, first, key="one"),
        desk.sends(seeds.BOB, second),
        return_exceptions=True,
    )

    refused = [one for one in said if one is not None]
    assert refused
    assert all("is escalating it already" in str(one) or "You are" in str(one) for one in refused)
    await desk.until_told("now with Bob")
    assert [entry.kind for entry in incident.log].count("escalate") == 1


async def test_whoever_has_no_seat_is_told_before_they_have_written_anything(desk: Desk):
    group, _ = await desk.fires()

    with pytest.raises(NotAllowed, match="You have no PagerDuty user"):
        await desk.opens(seeds.DAVE, group, "note")


async def test_a_pagerduty_that_does_not_answer_opens_a_form_that_says_so(desk: Desk):
    group, _ = await desk.fires()
    await desk.opens(seeds.CAROL, group, "note")
    desk.pagerduty.faults.append(Fault("list_priorities", status=503))

    with pytest.raises(Conflict, match=r"did not say what there is .* Try again in a moment"):
        await desk.opens(seeds.CAROL, group, "priority")


@pytest.mark.parametrize("operation", ["get_incident", "get_escalation_policy"])
async def test_an_incident_or_a_policy_that_was_deleted_there_is_said(desk: Desk, operation):
    group, _ = await desk.fires()
    desk.pagerduty.faults.append(Fault(operation, status=404))

    with pytest.raises(Conflict, match="does not have it any more"):
        await desk.opens(seeds.CAROL, group, "escalate")


async def test_an_account_without_priorities_says_what_to_do(desk: Desk):
    group, _ = await desk.fires()
    desk.pagerduty.faults.append(Fault("list_priorities", status=404))

    with pytest.raises(Conflict, match="has no priorities"):
        await desk.opens(seeds.CAROL, group, "priority")


async def test_the_gate_is_asked_and_every_act_and_refusal_is_in_the_audit(desk: Desk):
    group, _ = await desk.fires()
    form = await desk.opens(seeds.CAROL, group, "priority")
    await desk.sends(seeds.CAROL, form, {CHOSEN: "PPRIOR1"})
    await desk.until_told("priority P1")
    nobody = desk.world.catalog.model_copy(update={"people": {}})
    desk.forms = replace(desk.forms, respond=replace(desk.respond, catalog=nobody))

    with pytest.raises(NotAllowed, match="Nobody may acknowledge"):
        await desk.opens(seeds.BOB, group, "snooze")

    assert [(one.act, one.outcome, one.actor) for one in await desk.audited()] == [
        ("priority", "accepted", seeds.CAROL.id),
        ("priority", "done", seeds.CAROL.id),
        ("snooze", "denied", seeds.BOB.id),
    ]
    done = (await desk.audited())[1]
    assert (done.environment, done.service) == ("prod", "credlink-api")
    assert done.detail == {"alert": "HighErrorRatio", "incident": "#1", "name": "P1"}
