"""Sentry's issues on an alert's card: those that belong there, with what there is to know."""

from datetime import timedelta

from bot.alerts.sentry.keep import KeepIssues
from bot.domain.change import ChangeState
from bot.storage import changes
from sandbox.standin import Fault
from tests.alerts.sentry.desk import BAD, GOOD, Desk
from tests.changes.builders import a_change

MINUTE = timedelta(minutes=1)


async def test_an_issue_first_seen_in_what_runs_is_on_the_card_and_the_usual_noise_is_not(
    desk: Desk,
):
    await desk.runs(BAD)
    desk.sentry.saw("prod", GOOD, 3)
    issue = desk.breaks(events=12)
    group = await desk.fires()

    assert await desk.looks_at(group) == []

    text = await desk.text(group)
    assert (
        f"*Sentry*  <{desk.sentry.url}/organizations/credlink/issues/{issue.id}/|CRED-812>" in text
    )
    assert "TimeoutError: card-network gateway did not answer in 2 s" in text
    assert "12 events, 4 users by <!date^" in text
    assert f"· *new in {BAD}* · first seen <!date^" in text
    assert "CRED-640" not in text


async def test_the_suspect_commit_stands_beside_it_and_is_asked_for_once(desk: Desk):
    await desk.runs(BAD)
    issue = desk.breaks()
    group = await desk.fires()

    await desk.looks_at(group)
    await desk.looks_at(group)

    sha = f"{int(issue.id):x}".rjust(8, "4").ljust(40, "9")
    address = f"https://github.com/example/credlink-api/commit/{sha}"
    assert (
        f"suspect commit <{address}|{sha[:7]}> feat: submit asks the gateway itself by "
        "Bob Lindqvist" in await desk.text(group)
    )
    assert len(desk.sentry.calls_of("list_committers")) == 1


async def test_slow_commits_cost_neither_the_list_nor_their_next_chance(desk: Desk, monkeypatch):
    monkeypatch.setattr("bot.alerts.evidence.issues.COMMITS_WITHIN_S", 0.2)
    await desk.runs(BAD)
    issue = desk.breaks()
    group = await desk.fires()
    desk.sentry.faults.append(Fault("get_latest_event", delay_s=1.0))

    assert await desk.looks_at(group) == []

    known = await desk.issue(issue)
    assert known is not None
    assert not known.is_commit_asked
    await desk.looks_at(group)
    assert "suspect commit" in await desk.text(group)


async def test_without_a_suspect_commit_nothing_is_said_and_nobody_asks_again(desk: Desk):
    old = desk.sentry.issues.all()[0]
    await desk.runs("v1.0.0")
    desk.sentry.saw("prod", GOOD, 3)
    group = await desk.fires()

    await desk.looks_at(group)
    await desk.looks_at(group)

    assert "CRED-640" in await desk.text(group)
    assert "suspect commit" not in await desk.text(group)
    known = await desk.issue(old)
    assert known is not None
    assert known.is_commit_asked
    assert len(desk.sentry.calls_of("list_committers")) == 1


async def test_an_old_issue_that_rises_is_told_with_how_often_it_came_before(desk: Desk):
    now = desk.sentry.clock.now()
    window_s = 15 * 60 / desk.world.pace
    old = desk.sentry.issues
    old.saw(environment="prod", version=GOOD, events=4, at=now - 1.5 * window_s)
    old.saw(environment="prod", version=GOOD, events=90, at=now - 1)
    group = await desk.fires()

    await desk.looks_at(group)

    text = await desk.text(group)
    assert "90 events, 30 users by <!date^" in text
    assert "· *rising*, 4 in as long a time before" in text


async def test_an_issue_of_another_environment_is_not_shown(desk: Desk):
    await desk.runs(BAD)
    desk.breaks(environment="staging")
    group = await desk.fires()

    await desk.looks_at(group)

    assert "CRED-812" not in await desk.text(group)


async def test_three_are_shown_and_the_rest_is_counted_with_a_link(desk: Desk):
    await desk.runs(GOOD)
    for events in (1, 5, 4, 3, 2):
        desk.sentry.new_error("prod", GOOD, events)
    group = await desk.fires()

    await desk.looks_at(group)

    text = await desk.text(group)
    assert [name for n in range(812, 817) if (name := f"CRED-{n}") in text] == [
        "CRED-813",
        "CRED-814",
        "CRED-815",
    ]
    more = "is%3Aunresolved%20project%3Aapi-gw&amp;environment=prod|2 more issues> in Sentry"
    assert f"{desk.sentry.url}/organizations/credlink/issues/?query={more}" in text


async def test_what_an_error_says_of_itself_can_mention_nobody(desk: Desk):
    await desk.runs(BAD)
    desk.breaks().title = "<!channel> *Boom* & <@U0ALICE01>\nsecond line " + "x" * 400
    group = await desk.fires()

    await desk.looks_at(group)

    text = await desk.text(group)
    assert "&lt;!channel&gt; *Boom* &amp; &lt;@U0ALICE01&gt; second line" in text
    assert "<!channel>" not in text
    assert "x" * 200 not in text


async def test_a_secret_in_an_errors_words_is_not_repeated(desk: Desk):
    await desk.runs(BAD)
    desk.breaks().title = "AuthError: password=hunter2hunter2 refused"
    group = await desk.fires()

    await desk.looks_at(group)

    text = await desk.text(group)
    assert "AuthError: password=" in text
    assert "hunter2" not in text


async def test_a_sentry_that_does_not_answer_is_named_and_the_last_word_stays(desk: Desk):
    await desk.runs(BAD)
    desk.breaks()
    group = await desk.fires()
    await desk.looks_at(group)
    desk.sentry.faults.append(Fault("list_issues", times=2, status=503))

    assert await desk.looks_at(group) == ["issues"]

    text = await desk.text(group)
    assert "⚪ No list of issues: Sentry did not give it (HTTP 503" in text
    assert "CRED-812" in text


async def test_a_sentry_that_was_away_at_the_onset_is_asked_again_once_it_is_back(desk: Desk):
    await desk.runs(BAD)
    desk.breaks()
    group = await desk.fires()
    desk.sentry.faults.append(Fault("list_issues", times=2, status=503))
    assert await desk.looks_at(group) == ["issues"]

    assert await KeepIssues(desk.later(2 * MINUTE))() == 1

    text = await desk.text(group)
    assert "CRED-812" in text
    assert "No list of issues" not in text


async def test_an_issue_resolved_without_a_word_is_found_out_at_the_next_look(desk: Desk):
    await desk.runs(BAD)
    issue = desk.breaks()
    group = await desk.fires()
    await desk.looks_at(group)
    issue.status = "resolved"

    await desk.looks_at(group)

    assert "🟢 resolved" in await desk.text(group)
    assert await desk.menus(group) == []
    assert any(
        "CRED-812" in entry and "resolved" in entry for entry in await desk.board.thread(group)
    )


async def test_open_groups_are_looked_at_again_and_counts_grow(desk: Desk):
    await desk.runs(BAD)
    desk.breaks(events=12)
    group = await desk.fires()
    await desk.looks_at(group)
    desk.breaks(events=30)
    again = KeepIssues(desk.world)
    assert await again() == 0

    later = KeepIssues(desk.later(2 * MINUTE))
    assert await later() == 1

    assert "42 events, 14 users" in await desk.text(group)


async def test_a_look_that_finds_nothing_new_edits_no_card(desk: Desk):
    await desk.runs(BAD)
    desk.breaks()
    group = await desk.fires()
    await desk.looks_at(group)
    before = await desk.board.wanted(group)

    await desk.looks_at(group)

    assert await desk.board.wanted(group) == before


async def test_what_has_ended_is_not_looked_at_again(desk: Desk):
    group = await desk.fires()
    await desk.looks_at(group)
    await desk.ends(group)
    asked = len(desk.sentry.calls_of("list_issues"))

    assert await KeepIssues(desk.later(2 * MINUTE))() == 0
    assert len(desk.sentry.calls_of("list_issues")) == asked


async def test_a_deploy_whose_version_began_an_issue_is_suspected_for_it(desk: Desk):
    await desk.runs(BAD)
    desk.breaks()
    now = desk.world.now()
    deploy = a_change(
        version=BAD,
        state=ChangeState.SUCCEEDED,
        asked_at=now - 3 * MINUTE,
        started_at=now - 3 * MINUTE,
        steady_at=now - 2 * MINUTE,
        finished_at=now - 2 * MINUTE,
    )
    async with desk.world.database.write() as connection:
        await changes.add(connection, deploy)
    group = await desk.fires()
    before = await desk.text(group)

    await desk.looks_at(group)

    assert "Sentry saw 1 issue first in it" not in before
    assert "Sentry saw 1 issue first in it" in await desk.text(group)
