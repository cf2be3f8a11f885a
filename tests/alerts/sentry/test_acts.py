"""*Resolve*, *Assign to me*, *Archive*: done in Sentry, once, by name; or told why not."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.alerts.sentry.sweep import SweepIssueActs
from bot.engine import Engine
from bot.errors import Conflict, NotAllowed
from sandbox import seeds
from sandbox.standin import Fault
from tests.alerts.sentry.desk import Desk, Hand, eventually

ALICE, BOB, CAROL, DAVE = seeds.ALICE, seeds.BOB, seeds.CAROL, seeds.DAVE


async def test_resolve_resolves_it_and_a_comment_says_who_asked(desk: Desk, hand: Hand):
    group, issue = await hand.sees()

    await hand.presses(CAROL, group, issue, "resolve")

    await hand.until(group, f"🟢 resolved by {CAROL.real_name}")
    assert issue.status == "resolved"
    await eventually(commented(issue))
    [comment] = issue.comments
    assert comment.text.startswith("Resolved by Carol Méndez in Slack · credlink ")
    assert await desk.menus(group) == []
    assert "Sentry <" in (await desk.board.thread(group))[-1]
    assert (await desk.board.thread(group))[-1].endswith(": resolved by Carol Méndez")
    assert await desk.audited() == [
        ("sentry.resolve", "accepted", CAROL.id),
        ("sentry.resolve", "done", CAROL.id),
    ]


async def test_the_webhook_of_our_own_act_is_no_news(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    await hand.presses(CAROL, group, issue, "resolve")
    await eventually(commented(issue))
    entries, wanted = await desk.board.thread(group), await desk.board.wanted(group)

    await desk.hears()

    assert await desk.board.thread(group) == entries
    assert await desk.board.wanted(group) == wanted


async def test_assign_to_me_is_the_member_with_my_e_mail(desk: Desk, hand: Hand):
    group, issue = await hand.sees()

    await hand.presses(BOB, group, issue, "assign")

    await hand.until(group, f"assigned to {BOB.real_name}")
    assert issue.assignee is not None
    assert issue.assignee.email == BOB.email
    await eventually(commented(issue))
    assert issue.comments[0].text.startswith("Assigned to and by Bob Lindqvist in Slack")
    assert len(await desk.menus(group)) == 1


@pytest.mark.parametrize("person", [DAVE, seeds.MALLORY])
async def test_who_is_no_member_or_only_invited_is_told_why_on_the_card(
    hand: Hand, person: seeds.Person
):
    group, issue = await hand.sees()

    await hand.presses(person, group, issue, "assign")

    why = f"nobody in Sentry has the e-mail {person.email}."
    await hand.until(group, f"⚪ <@{person.id}> could not assign it: {why}")
    assert issue.assignee is None
    assert issue.comments == []


async def test_without_an_e_mail_nothing_is_asked(hand: Hand):
    group, issue = await hand.sees()

    async def nobody(_: str) -> None:
        return None

    with pytest.raises(NotAllowed, match="Slack gives no e-mail of yours"):
        await hand.presses(BOB, group, issue, "assign", act=replace(hand.act, email_of=nobody))


async def test_archive_archives_it_until_it_escalates(desk: Desk, hand: Hand):
    group, issue = await hand.sees()

    await hand.presses(ALICE, group, issue, "archive")

    await hand.until(group, f"⚫ archived by {ALICE.real_name}")
    assert (issue.status, issue.substatus) == ("ignored", "archived_until_escalating")


async def test_while_sentry_is_asked_the_card_says_so_without_its_menu(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    desk.sentry.faults.append(Fault("update_issue", delay_s=0.3))

    await hand.presses(CAROL, group, issue, "resolve")

    assert f"🔵 resolving in Sentry as <@{CAROL.id}> asked…" in await desk.text(group)
    assert await desk.menus(group) == []
    with pytest.raises(Conflict, match="Somebody is resolving it already"):
        await hand.presses(BOB, group, issue, "archive")
    await hand.until(group, "🟢 resolved")


async def test_two_at_once_and_a_repeated_delivery_are_one_act(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    known = await desk.issue(issue)
    assert known is not None
    drawn_for = known.state_revision

    async def press(person: seeds.Person, key: str) -> None:
        await hand.presses(person, group, issue, "resolve", key=key, revision=drawn_for)

    said = await asyncio.gather(press(CAROL, "t1"), press(BOB, "t2"), return_exceptions=True)
    await press(CAROL, "t1") if said[0] is None else await press(BOB, "t2")

    assert sorted(type(one) for one in said if one is not None) == [Conflict]
    await hand.until(group, "🟢 resolved")
    assert len(desk.sentry.calls_of("update_issue")) == 1


async def test_what_others_resolved_meanwhile_is_said_and_not_claimed(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    issue.status = "resolved"  # no webhook came

    await hand.presses(CAROL, group, issue, "resolve")

    text = await hand.until(group, f"⚪ <@{CAROL.id}>: CRED-812 was resolved in Sentry already.")
    assert "resolved by Carol" not in text
    assert desk.sentry.calls_of("update_issue") == []
    assert issue.comments == []


async def test_a_menu_of_an_older_card_says_what_has_changed(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    known = await desk.issue(issue)
    assert known is not None
    desk.sentry.acts.move(issue, "resolved", {"type": "user", "id": 3002, "name": "Bob Lindqvist"})
    await desk.hears()

    with pytest.raises(Conflict, match=r"CRED-812 was resolved in Sentry by Bob Lindqvist\."):
        await hand.presses(CAROL, group, issue, "archive", revision=known.state_revision)


async def test_sentry_down_is_said_on_the_card_and_offered_again(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    desk.sentry.faults.append(Fault("get_issue", times=3, status=502))

    await hand.presses(CAROL, group, issue, "resolve")

    await hand.until(group, "could not resolve it: Sentry did not answer (HTTP 502")
    assert len(await desk.menus(group)) == 1
    assert ("sentry.resolve", "failed", CAROL.id) in await desk.audited()
    await hand.presses(CAROL, group, issue, "resolve")
    assert "could not" not in await hand.until(group, "🟢 resolved")


async def test_what_failed_is_said_on_the_card_it_was_asked_from_alone(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    other = await desk.fires(env="staging")
    desk.sentry.acts.alert_about(issue, "staging")
    await desk.hears()

    await hand.presses(DAVE, group, issue, "assign")

    await hand.until(group, "could not assign it")
    text = await desk.text(other)
    assert "TimeoutError" in text
    assert "could not assign it" not in text


async def test_a_token_without_the_right_to_write_is_said_with_sentrys_words(
    desk: Desk, hand: Hand
):
    group, issue = await hand.sees()
    body = '{"detail": "You do not have permission to perform this action."}'
    desk.sentry.faults.append(Fault("update_issue", status=403, body=body))

    await hand.presses(CAROL, group, issue, "archive")

    await hand.until(group, "could not archive it: Sentry did not allow it (HTTP 403: You do not")


async def test_answers_lost_on_their_way_do_nothing_twice(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    desk.sentry.faults += [
        Fault("update_issue", drop="after"),
        Fault("create_comment", drop="after"),
    ]

    await hand.presses(CAROL, group, issue, "resolve")

    text = await hand.until(group, f"resolved by {CAROL.real_name}")
    assert "already" not in text
    await eventually(heard(desk, "list_comments", 2))
    assert len(issue.comments) == 1


async def test_without_a_comment_it_is_done_and_the_card_says_that_nobody_is_named(
    desk: Desk, hand: Hand
):
    group, issue = await hand.sees()
    desk.sentry.faults.append(Fault("create_comment", status=403, body="no"))

    await hand.presses(CAROL, group, issue, "resolve")

    await hand.until(group, "Sentry took no comment with their name: Sentry did not allow it")
    assert issue.status == "resolved"


async def test_the_gate_is_asked_at_the_press_and_the_audit_keeps_a_no(desk: Desk, hand: Hand):
    group, issue = await hand.sees()
    nobody = desk.world.catalog.model_copy(update={"people": {}})

    with pytest.raises(NotAllowed, match="Nobody may acknowledge credlink-api in prod"):
        await hand.presses(CAROL, group, issue, "resolve", act=replace(hand.act, catalog=nobody))

    assert issue.status == "unresolved"
    assert await desk.audited() == [("sentry.resolve", "denied", CAROL.id)]


async def test_a_press_the_engine_never_heard_of_is_carried_out_by_the_sweeper(
    desk: Desk, hand: Hand
):
    group, issue = await hand.sees()

    class Away(Engine):
        async def begin(self, *_: Any) -> None:
            raise ConnectionError

    deaf = replace(hand.act, engine=Away(None, None))  # type: ignore[arg-type]
    await hand.presses(CAROL, group, issue, "resolve", act=deaf)
    later = desk.world.now() + timedelta(minutes=1)

    sweep = SweepIssueActs(desk.world.database, hand.engine, lambda: later, desk.world.pace)
    assert await sweep() == 1

    await hand.until(group, "🟢 resolved")
    assert await sweep() == 0


def commented(issue: Any) -> Any:
    async def look() -> bool:
        return bool(issue.comments)

    return look


def heard(desk: Desk, operation: str, times: int) -> Any:
    async def look() -> bool:
        return len(desk.sentry.calls_of(operation)) >= times

    return look
