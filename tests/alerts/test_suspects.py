"""Suspects from the rows: an alert after a deploy, what else was done, and what people say."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.onset import SOURCE
from bot.alerts.suspects import suspects_of
from bot.alerts.verdict import CHANGED, SayOfSuspect
from bot.cards.suspects import suspect_id
from bot.domain.alert import AlertGroup, GroupState
from bot.domain.asked import Actor, Asked, Press
from bot.domain.change import Change, ChangeKind, ChangeState, Origin
from bot.domain.finding import Phase
from bot.domain.judgement import Finding, Judged, Judgement
from bot.domain.lock import Lock
from bot.domain.plan import GoodRevision
from bot.domain.rollout import Progress
from bot.domain.scaling.capacity import Bounds
from bot.domain.scaling.scaling import ScalingState
from bot.domain.silence import Silence, SilenceState
from bot.domain.silence.matchers import read
from bot.domain.suspects import Ranking
from bot.domain.unit import Unit
from bot.errors import Conflict, NotAllowed
from bot.storage import audit, changes, history, locks, revisions, scalings, silences, suspects
from bot.world import World
from tests.alerts.board import Board
from tests.alerts.builders import GROUP_KEY, NOW, ONSET, a_catalog, an_alert, an_update
from tests.alerts.series import PROD, Prometheus
from tests.changes.builders import OLD_DIGEST, REPOSITORY, a_change, a_plan, a_rollout, an_arn
from tests.domain.scalings import a_scaling

MINUTE = timedelta(minutes=1)
BOB = "U0BOB0001"
_keys = itertools.count(1)


def deployed(identity: str = "change-1", *, before: timedelta = 2 * MINUTE, **said: Any) -> Change:
    """A deploy that began so long before the onset and took a minute."""
    began = ONSET - before
    return a_change(
        identity,
        **{
            "state": ChangeState.SUCCEEDED,
            "started_at": began,
            "steady_at": began + MINUTE,
            "finished_at": began + MINUTE,
            "plan": a_plan(),
            "rollout": a_rollout(),
            **said,
        },
    )


async def done(board: Board, *rows: Change) -> None:
    async with board.database.write() as connection:
        for row in rows:
            assert await changes.add(connection, row)


def a_silence(identity: str, matchers: str, *, starts_at: datetime) -> Silence:
    return Silence(
        id=identity,
        alertmanager_id=identity,
        is_ours=False,
        state=SilenceState.LIVE,
        matchers=read(matchers),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        created_by="bob",
    )


async def fires(board: Board, **said: Any) -> AlertGroup:
    await board.hears(an_update(**said))
    return (await board.groups())[-1]


async def ranked(board: Board, group: AlertGroup) -> Ranking:
    async with board.database.read() as connection:
        found = await suspects_of(connection, group)
    assert found is not None
    return found


async def named(board: Board, group: AlertGroup) -> list[str]:
    return [one.deed.id for one in (await ranked(board, group)).suspects]


def a_press(group: AlertGroup, change_id: str, *, by: str = BOB, **said: Any) -> Press:
    key = f"trigger-{next(_keys)}"
    return Press(
        **{
            "asked": Asked(Actor(by), "C0ALERTS", key, "c", NOW),
            "action_id": "suspect",
            "subject_id": f"{group.id}/change/{change_id}",
            "revision": group.state_revision,
            **said,
        }
    )


@pytest.fixture
def say(board: Board) -> SayOfSuspect:
    return SayOfSuspect(
        database=board.database, catalog=board.catalog, now=lambda: NOW, tell=lambda: None
    )


async def test_the_card_names_the_deploy_before_it_with_reasons_and_the_way_back(board: Board):
    good = GoodRevision(
        task_definition=an_arn(41),
        image=f"{REPOSITORY}:v1.1.9",
        version="v1.1.9",
        digest=OLD_DIGEST,
        change_id="change-0",
        good_at=NOW - timedelta(days=3),
    )
    await done(board, deployed())
    async with board.database.write() as connection:
        await revisions.add_good(connection, "prod", "credlink-api", good)

    group = await fires(board)

    text = await board.text(group)
    assert "*likely cause*  deploy of v1.2.0" in text
    assert "2 min before it began · the same service" in text
    shown = await board.buttons(group)
    assert shown[-3:] == ["This was it", "Not this", "Roll back to v1.1.9"]


async def test_the_change_before_it_is_said_not_to_explain_it_when_it_does_not(board: Board):
    await done(board, deployed(before=timedelta(hours=4)))

    group = await fires(board)

    assert "*no change explains it*; deploy of v1.2.0 4 h before" in await board.text(group)
    assert "Not this" not in await board.buttons(group)


async def test_nothing_done_for_hours_is_said_so_and_what_came_later_is_not_counted(board: Board):
    await done(board, deployed("old", before=timedelta(hours=7)), deployed(before=-MINUTE))

    group = await fires(board)

    assert "*no change* in the 6 h before it" in await board.text(group)


async def test_what_was_done_since_it_ended_takes_no_suspect_from_it(board: Board):
    await done(board, deployed())
    group = await fires(board)
    over = replace(group, state=GroupState.RESOLVED, resolved_at=ONSET + 10 * MINUTE)

    later = (deployed(f"later-{n}", before=-n * 20 * MINUTE) for n in range(1, suspects.MOST + 2))
    await done(board, *later)

    assert await named(board, over) == ["change-1"]
    assert (await ranked(board, over)).others == ()


async def test_an_alert_that_names_no_place_has_no_suspects(board: Board):
    await done(board, deployed())
    await board.hears(an_update(an_alert(env="", service="")))
    [group] = await board.groups()

    assert "cause" not in await board.text(group)


async def test_a_change_that_is_found_outside_the_bot_later_is_a_suspect_at_once(board: Board):
    group = await fires(board)
    before = await board.wanted(group)

    async with board.database.write() as connection:
        outside = deployed(origin=Origin.OUTSIDE, asked_by="")
        assert await history.add_found(connection, outside)

    assert await board.wanted(group) == before + 1
    text = await board.text(group)
    assert "*likely cause*  deploy of v1.2.0" in text
    assert "outside the bot" in text


async def test_what_its_own_watch_found_counts(board: Board):
    issues = Finding(
        name="new Sentry issues",
        unit=Unit.PLAIN,
        judged=Judged.INCONCLUSIVE,
        decides=True,
        after=2.0,
        why="2 issues",
    )
    judgement = Judgement(Judged.BAD, (issues,), "errors rose")
    await done(board, deployed(judgement=judgement, state=ChangeState.HELD))

    text = await board.text(await fires(board))

    assert "Sentry saw 2 issues first in it" in text
    assert "its own watch found it bad" in text


async def test_a_scaling_that_cut_capacity_is_a_suspect_and_one_that_added_is_not(board: Board):
    cut = a_scaling(
        id="cut",
        state=ScalingState.SCALED,
        found=Bounds(minimum=6, maximum=10),
        wanted=Bounds(minimum=2, maximum=3),
        set_at=ONSET - 3 * MINUTE,
    )
    added = replace(
        cut, id="added", number=2, wanted=Bounds(minimum=8, maximum=20), set_at=ONSET - 2 * MINUTE
    )
    async with board.database.write() as connection:
        assert await scalings.add(connection, cut)
        assert await scalings.add(connection, added)

    group = await fires(board)

    assert await named(board, group) == ["cut"]
    assert "scaling 6–10 → 2–3" in await board.text(group)
    assert "it cut capacity to 30 %" in await board.text(group)


async def test_a_scaling_that_went_back_by_itself_is_a_deed_of_its_own(board: Board):
    promised = a_scaling(
        id="promised",
        state=ScalingState.REVERTED,
        found=Bounds(minimum=2, maximum=4),
        wanted=Bounds(minimum=8, maximum=16),
        set_at=ONSET - timedelta(hours=5),
        returning_at=ONSET - 2 * MINUTE,
    )
    async with board.database.write() as connection:
        assert await scalings.add(connection, promised)

    assert await named(board, await fires(board)) == ["promised:back"]


async def test_a_lock_is_told_and_no_suspect(board: Board):
    lock = Lock(
        id="lock-1",
        environment="prod",
        service="*",
        owner=BOB,
        reason="migration",
        at=ONSET - MINUTE,
    )
    async with board.database.write() as connection:
        await locks.add(connection, lock)

    text = await board.text(await fires(board))

    assert "*no change explains it*; a lock (all of prod) 1 min before" in text


async def test_a_silence_of_its_place_is_told_and_no_suspect_and_one_of_another_is_not(
    board: Board,
):
    about = {"hidden": "env=prod, alertname=RedisDown", "other": "env=staging", "wide": "team=api"}
    async with board.database.write() as connection:
        for number, (identity, text) in enumerate(about.items(), start=1):
            silence = a_silence(identity, text, starts_at=ONSET - number * MINUTE)
            await silences.add_other(connection, silence)

    group = await fires(board)

    assert await named(board, group) == []
    text = await board.text(group)
    assert "*no change explains it*" in text
    assert "a silence of RedisDown (all of prod) 1 min before" in text
    assert 'a silence of team="api" (all of prod) 3 min before' in text
    assert "staging" not in text


async def test_an_alert_that_names_no_service_is_not_blamed_on_one(board: Board):
    await done(board, deployed())

    await board.hears(an_update(an_alert(alertname="NodeDiskFull", service="", instance="node-1")))
    [group] = await board.groups()

    text = await board.text(group)
    assert "likely cause" not in text
    assert "*no change explains it*; deploy of v1.2.0 (credlink-api) 2 min before" in text


async def test_an_alert_that_fired_as_the_deploy_began_speaks_against_it(board: Board):
    await board.hears(an_update(an_alert(starts_at=ONSET - timedelta(hours=2))))
    await done(board, deployed())
    await board.hears(an_update(an_alert(starts_at=ONSET - timedelta(hours=2), status="resolved")))

    group = await fires(board)

    [*_, other] = (await ranked(board, group)).others
    words = [reason.words for reason in other.reasons]
    assert any("the same alert fired" in said for said in words)


async def test_how_much_traffic_a_rollout_had_at_the_onset_is_kept(board: Board):
    rolling = deployed(
        state=ChangeState.ROLLING_OUT,
        steady_at=None,
        finished_at=None,
        progress=Progress(desired=4, healthy=3),
    )
    await done(board, rolling)

    group = await fires(board)
    async with board.database.write() as connection:
        await changes.note(connection, "change-1", progress=Progress(desired=4, healthy=4))

    [suspect] = (await ranked(board, group)).suspects
    assert suspect.deed.traffic == 75.0


async def test_when_its_value_began_to_rise_is_asked_of_prometheus(
    world: World, prometheus: Prometheus
):
    board = Board(world.database, world.catalog)
    rising = 40 * MINUTE / world.pace
    step = max(timedelta(seconds=1), timedelta(seconds=30) / world.pace)
    values = []
    at = ONSET - timedelta(hours=2) / world.pace
    while at <= ONSET:
        past = (at - (ONSET - rising)) / rising
        values.append((at, 0.001 + max(0.0, past) * 0.05 + 0.00001 * (len(values) % 3)))
        at += step
    prometheus.has(PROD, values)
    group = await fires(board)

    await ask_all(world, [one for one in SOURCES if one.name == SOURCE], group.id, Phase.ONSET)

    async with world.database.read() as connection:
        ranking = await suspects_of(connection, group)
        before = await suspects.before(connection, group.id)
    assert ranking is not None
    assert before.rising_since is not None
    assert abs(before.rising_since - (ONSET - rising)) < 8 * step
    assert before.turned_at is not None
    assert before.rising_since <= before.turned_at < ONSET


async def test_not_this_takes_the_suspect_off_and_is_written_down(board: Board, say: SayOfSuspect):
    await done(board, deployed())
    group = await fires(board)

    await say.not_this(a_press(group, "change-1"))

    [group] = await board.groups()
    text = await board.text(group)
    assert "*no other change*" in text
    assert f"not it, says <@{BOB}>: deploy of v1.2.0" in text
    async with board.database.read() as connection:
        links, count = await audit.newest(connection, audit.Wanted(), at_most=5)
    assert count == 1
    assert (links[0].entry.act, links[0].entry.actor) == ("suspect.innocent", BOB)


async def test_this_was_it_counts_for_the_same_version_the_next_time(
    board: Board, say: SayOfSuspect
):
    await done(board, deployed())
    group = await fires(board)

    await say.this_was_it(a_press(group, "change-1"))

    assert f"<@{BOB}> says that this was it" in await board.text((await board.groups())[0])
    await done(board, deployed("change-2", before=-58 * MINUTE))
    later = an_alert("b1", starts_at=ONSET + timedelta(hours=1), alertname="HighLatencyP95")
    await board.hears(an_update(later, groupKey=GROUP_KEY + "later"))
    again = (await board.groups())[-1]
    assert "people said of v1.2.0 before that it was the cause" in await board.text(again)


async def test_a_press_on_an_old_card_does_nothing_and_two_presses_are_one(
    board: Board, say: SayOfSuspect
):
    await done(board, deployed())
    group = await fires(board)
    press = a_press(group, "change-1")

    await say.this_was_it(press)
    await say.this_was_it(press)
    with pytest.raises(Conflict, match=CHANGED):
        await say.not_this(a_press(group, "change-1"))

    [now] = await board.groups()
    assert now.state_revision == group.state_revision + 1
    await say.not_this(a_press(now, "change-1"))
    assert "not it, says" in await board.text(now)


async def test_a_press_about_what_is_no_suspect_or_by_whom_may_not_is_refused(board: Board):
    await done(board, deployed())
    group = await fires(board)
    nobody = SayOfSuspect(
        database=board.database,
        catalog=a_catalog(people={}),
        now=lambda: NOW,
        tell=lambda: None,
    )
    somebody = replace(nobody, catalog=board.catalog)

    with pytest.raises(NotAllowed):
        await nobody.this_was_it(a_press(group, "change-1"))
    with pytest.raises(Conflict, match=CHANGED):
        await somebody.this_was_it(a_press(group, "change-9"))
    [unchanged] = await board.groups()
    assert unchanged.state_revision == group.state_revision


async def test_the_button_carries_what_the_press_reads(board: Board, say: SayOfSuspect):
    await done(board, deployed(kind=ChangeKind.DEPLOY))
    group = await fires(board)
    first = (await ranked(board, group)).first
    assert first is not None

    await say.this_was_it(a_press(group, "", subject_id=suspect_id(group.id, first.deed)))

    again = (await ranked(board, group)).first
    assert again is not None
    assert again.is_blamed
