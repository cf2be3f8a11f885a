"""Changes in the database: moves that only one can make, and news that marks the card."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.card import Kind, Urgency
from bot.domain.change import Act, ActKind, ChangeState, ImpossibleMove
from bot.domain.failure import StoppedContainer, StoppedTask, explain
from bot.domain.plan import GoodRevision, Observed, Revision
from bot.domain.rollout import Progress, Verdict
from bot.errors import NotKnown
from bot.storage import acts, cards, changes, revisions
from bot.storage.schema.cards import cards as cards_table
from tests.changes.builders import ALICE, BOB, NOW, a_change, a_plan, a_rollout, an_arn

S = ChangeState


async def kept(database, *some):
    async with database.write() as connection:
        for change in some:
            assert await changes.add(connection, change)
            await cards.open_card(
                connection,
                kind=Kind.CHANGE,
                subject_id=change.id,
                channel=change.channel,
                urgency=Urgency.HOME,
            )


async def wanted(database, change_id="change-1"):
    async with database.read() as connection:
        asked = select(cards_table.c.wanted, cards_table.c.urgency)
        row = (await connection.execute(asked.where(cards_table.c.subject_id == change_id))).one()
        return row.wanted, Urgency(row.urgency)


async def moved(database, change_id, to, of, **facts):
    async with database.write() as connection:
        return await changes.move(connection, change_id, to, of=of, at=NOW, **facts)


async def test_a_change_comes_back_as_it_was_written_with_all_it_holds(database):
    failure = explain(
        StoppedTask(id="t1", reason="boom", containers=(StoppedContainer(name="a", exit_code=1),))
    )
    whole = a_change(
        state=S.ROLLING_BACK,
        plan=a_plan(warnings=("careful",), target_groups=("arn:tg",)),
        rollout=a_rollout(),
        back=a_rollout(deployment_id=None),
        progress=Progress(desired=4, running=2, targets={"healthy": 1}, latest_event="began"),
        failure=failure,
        verdict=Verdict.ABORTED,
        expires_at=NOW + timedelta(minutes=30),
        silent_since=NOW,
        asks_first=False,
    )

    await kept(database, whole)

    async with database.read() as connection:
        assert await changes.get(connection, "change-1") == whole


async def test_the_same_change_is_written_once(database):
    await kept(database, a_change())

    async with database.write() as connection:
        assert not await changes.add(connection, a_change(version="v9"))
        assert (await changes.get(connection, "change-1")).version == "v1.2.0"


async def test_a_change_that_is_not_there_is_named_in_words(database):
    async with database.read() as connection:
        with pytest.raises(NotKnown, match="no such change"):
            await changes.get(connection, "made-up")


async def test_a_move_raises_the_revision_that_buttons_carry_and_marks_the_card(database):
    await kept(database, a_change())

    change = await moved(database, "change-1", S.PROPOSED, {S.PROPOSING}, plan=a_plan())

    assert (change.state, change.state_revision) == (S.PROPOSED, 2)
    assert await wanted(database) == (2, Urgency.PROGRESS)


async def test_an_outcome_is_more_urgent_than_progress(database):
    await kept(database, a_change(state=S.PROPOSED))

    await moved(database, "change-1", S.CANCELLED, {S.PROPOSED}, ended_by=ALICE)

    assert await wanted(database) == (2, Urgency.OUTCOME)


async def test_of_eight_that_move_a_change_at_once_one_does(database):
    await kept(database, a_change(state=S.PROPOSED))

    moves = [moved(database, "change-1", S.CANCELLED, {S.PROPOSED}) for _ in range(8)]
    results = await asyncio.gather(*moves)

    assert sum(result is not None for result in results) == 1
    async with database.read() as connection:
        assert (await changes.get(connection, "change-1")).state_revision == 2


async def test_what_is_noted_is_not_lost_to_whoever_moves_the_change_at_that_moment(database):
    async def noted(change_id):
        async with database.write() as connection:
            await changes.note(connection, change_id, why="boom")

    some = [a_change(id=f"change-{n}", service=f"s-{n}", state=S.ROLLING_OUT) for n in range(8)]
    await kept(database, *some)

    await asyncio.gather(
        *(
            doing
            for one in some
            for doing in (moved(database, one.id, S.BAKING, {S.ROLLING_OUT}), noted(one.id))
        )
    )

    async with database.read() as connection:
        found = [await changes.get(connection, one.id) for one in some]
    assert {(one.state, one.why) for one in found} == {(S.BAKING, "boom")}


async def test_a_move_the_table_does_not_know_is_a_mistake_of_ours(database):
    await kept(database, a_change(state=S.EXPIRED))

    with pytest.raises(ImpossibleMove):
        await moved(database, "change-1", S.ROLLING_OUT, {S.EXPIRED})


async def test_of_two_changes_in_one_place_one_may_begin(database):
    await kept(database, *(a_change(f"change-{n}", state=S.PROPOSED) for n in range(8)))

    begin = [moved(database, f"change-{n}", S.STARTING, {S.PROPOSED}) for n in range(8)]
    results = await asyncio.gather(*begin, return_exceptions=True)

    assert sum(isinstance(result, changes.Occupied) for result in results) == 7
    async with database.read() as connection:
        holder = await changes.under_way(connection, "prod", "credlink-api")
        assert holder is not None
        assert holder.state is S.STARTING


async def test_who_finds_the_place_taken_loses_nothing_else_of_the_transaction(database):
    await kept(database, a_change("change-1", state=S.STARTING), a_change("change-2"))

    async with database.write() as connection:
        with pytest.raises(changes.Occupied):
            await changes.move(connection, "change-2", S.STARTING, of={S.PROPOSING}, at=NOW)
        await changes.note(connection, "change-2", why="somebody was faster")

    async with database.read() as connection:
        change = await changes.get(connection, "change-2")
        assert (change.state, change.why) == (S.PROPOSING, "somebody was faster")


async def test_other_places_and_ended_changes_do_not_stand_in_the_way(database):
    await kept(
        database,
        a_change("change-1", state=S.STARTING, environment="staging"),
        a_change("change-2", state=S.SUCCEEDED),
        a_change("change-3", state=S.PROPOSED),
    )

    assert await moved(database, "change-3", S.STARTING, {S.PROPOSED}) is not None


async def test_what_looks_the_same_marks_no_card(database):
    await kept(database, a_change(state=S.ROLLING_OUT))
    progress = Progress(desired=4, running=1, targets={"initial": 1})

    async with database.write() as connection:
        assert await changes.note(connection, "change-1", progress=progress)
        assert not await changes.note(connection, "change-1", progress=progress)

    assert await wanted(database) == (2, Urgency.PROGRESS)


async def test_a_rollout_that_begins_marks_the_card_of_the_one_before_it(database):
    await kept(
        database,
        a_change("change-1", state=S.SUCCEEDED, started_at=NOW - timedelta(hours=2)),
        a_change("change-2", state=S.SUCCEEDED, started_at=NOW - timedelta(hours=1)),
        a_change("change-3", state=S.STARTING),
    )

    await moved(database, "change-3", S.ROLLING_OUT, {S.STARTING}, started_at=NOW)

    assert [(await wanted(database, f"change-{n}"))[0] for n in (1, 2, 3)] == [1, 2, 2]


async def test_recent_changes_are_those_that_asked_ecs_for_something(database):
    await kept(
        database,
        a_change("change-1", state=S.SUCCEEDED, started_at=NOW - timedelta(hours=2)),
        a_change("change-2", state=S.ROLLED_BACK, started_at=NOW - timedelta(minutes=5)),
        a_change("change-3", state=S.CANCELLED),
        a_change("change-4", state=S.SUCCEEDED, started_at=NOW, environment="staging"),
    )

    async with database.read() as connection:
        found = await changes.recent(
            connection,
            service="credlink-api",
            environment="prod",
            since=NOW - timedelta(minutes=30),
        )

    assert [change.id for change in found] == ["change-2"]


async def test_the_usual_length_of_a_rollout_is_the_median_of_those_that_succeeded(database):
    lengths = (2, 3, 60)
    await kept(
        database,
        *(
            a_change(
                f"change-{n}",
                state=S.SUCCEEDED,
                started_at=NOW,
                finished_at=NOW + timedelta(minutes=n),
            )
            for n in lengths
        ),
        a_change("change-9", state=S.FAILED, started_at=NOW, finished_at=NOW + timedelta(hours=9)),
    )

    async with database.read() as connection:
        usual = await changes.usual_rollout(connection, "prod", "credlink-api")
        nowhere = await changes.usual_rollout(connection, "staging", "credlink-api")

    assert usual == timedelta(minutes=3)
    assert nowhere is None


async def test_the_sweeper_sees_what_has_not_ended_and_is_old_enough(database):
    await kept(
        database,
        a_change("change-1", asked_at=NOW - timedelta(seconds=6)),
        a_change("change-2", asked_at=NOW),
        a_change("change-3", asked_at=NOW - timedelta(days=1), state=S.EXPIRED),
    )

    async with database.read() as connection:
        assert await changes.unstarted(connection, NOW - timedelta(seconds=5)) == ("change-1",)


async def test_an_act_waits_until_its_workflow_has_heard_of_it(database):
    await kept(database, a_change(state=S.PROPOSED, state_revision=2))
    act = Act(change_id="change-1", state_revision=2, kind=ActKind.CONFIRM, by=BOB, at=NOW)

    async with database.write() as connection:
        await acts.record(connection, act)
        assert await acts.done_to(connection, "change-1", 2) == act
        assert await acts.done_to(connection, "change-1", 1) is None
        assert await acts.untold(connection, NOW) == (("change-1", 2),)
        await acts.mark_told(connection, "change-1", 2, at=NOW)
        assert await acts.untold(connection, NOW) == ()


async def test_a_second_attempt_knows_that_it_is_one(database):
    await kept(database, a_change())

    async with database.write() as connection:
        assert await acts.is_first_attempt(connection, "change-1", "update", at=NOW)
        assert not await acts.is_first_attempt(connection, "change-1", "update", at=NOW)
        assert await acts.is_first_attempt(connection, "change-1", "register", at=NOW)
        assert await acts.was_attempted(connection, "change-1", "update")
        assert not await acts.was_attempted(connection, "change-1", "back")


async def test_of_two_attempts_at_once_one_is_the_first(database):
    await kept(database, a_change())

    async def attempt() -> bool:
        async with database.write() as connection:
            return await acts.is_first_attempt(connection, "change-1", "update", at=NOW)

    assert sorted(await asyncio.gather(*(attempt() for _ in range(6)))) == [False] * 5 + [True]


async def test_good_revisions_stand_in_the_order_in_which_they_last_proved_themselves(database):
    def good(number, *, at):
        return GoodRevision(
            task_definition=an_arn(number),
            image="image",
            version=f"v{number}",
            digest=None,
            change_id="change-1",
            good_at=at,
        )

    async with database.write() as connection:
        for number, minutes in ((41, 1), (42, 2), (41, 3)):
            revision = good(number, at=NOW + timedelta(minutes=minutes))
            await revisions.add_good(connection, "prod", "credlink-api", revision)
        found = await revisions.good(connection, "prod", "credlink-api")

    assert [revision.version for revision in found] == ["v41", "v42"]


async def test_what_was_seen_last_takes_the_place_of_what_was_seen_before(database):
    seen = Observed(
        service="credlink-api",
        environment="prod",
        running=Revision(task_definition=an_arn(41), image="image", version="v1.1.9"),
        since=NOW,
        desired=4,
        healthy=4,
        rollout="COMPLETED",
        seen_at=NOW,
    )
    later = Observed(
        service="credlink-api",
        environment="prod",
        running=Revision(task_definition=an_arn(42), image="image", version="v1.2.0"),
        since=None,
        desired=4,
        healthy=3,
        rollout="IN_PROGRESS",
        seen_at=NOW + timedelta(seconds=30),
    )

    async with database.write() as connection:
        await revisions.see(connection, seen)
        await revisions.see(connection, later)
        found = await revisions.seen(connection, [("prod", "credlink-api"), ("staging", "x")])

    assert found == {("prod", "credlink-api"): later}


async def test_several_are_read_at_once_in_the_order_asked_for_without_those_that_are_gone(
    database,
):
    first, second = a_change("change-1"), a_change("change-2", environment="eu")
    await kept(database, first, second)

    async with database.read() as connection:
        assert await changes.every(connection, ["change-2", "gone", "change-1"]) == (second, first)
        assert await changes.every(connection, []) == ()
