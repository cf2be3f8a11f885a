"""Prod is scaled in the simulator's AWS: proposed, set, watched, and refused where it must be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cards.scaling import CANCEL, CONFIRM
from bot.changes.scaling.look import look_around
from bot.changes.scaling.trouble import trouble_of
from bot.domain.scaling.scaling import ScalingState
from bot.errors import NotAllowed, UsageError
from integrations.aws.models import Container, ServiceEvent, StoppedTask
from integrations.aws.scaling_models import ScalableTarget, ScalingActivity
from sandbox.aws.calls import access_denied, server_error
from tests.changes.answers import LATER, PLACE, Aws, a_service, a_world
from tests.changes.builders import an_arn
from tests.changes.operator import BOB, FRANK, MALLORY
from tests.changes.scaling.scaler import LONG, Scaler
from tests.domain.scalings import bounds

S = ScalingState


async def test_bounds_are_proposed_confirmed_set_and_watched_until_the_tasks_run(prod: Scaler):
    proposed = await prod.proposes("6-9", reason="load test")
    card = await prod.card(proposed)
    assert "🔵 Proposed scaling: credlink-api in prod 3–10 → 6–9" in card
    assert "4 tasks desired · 4 running" in card
    assert "CPU at 60 %" in card
    assert prod.writes == []

    await prod.presses(CONFIRM, proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.SCALED
    assert (prod.bounds, prod.desired) == ((6, 9), 6)
    assert "🟢 Scaled: credlink-api in prod 3–10 → 6–9" in await prod.card(ended)
    assert "6 of 6 tasks run" in await prod.card(ended)
    assert prod.writes == ["RegisterScalableTarget"]
    assert await prod.audited(ended) == [
        ("scale", "accepted"),
        ("confirm", "done"),
        ("scale", "scaled"),
    ]


async def test_without_autoscaling_the_count_itself_is_set_and_bounds_are_refused(prod: Scaler):
    await prod.nothing_scales_it()

    refused = await prod.ends(await prod.asks("4-8"))
    assert refused.state is S.REFUSED
    assert "Write for example `/credlink scale prod 4`" in await prod.card(refused)
    ended = await prod.scales("6")

    assert (ended.state, prod.desired) == (S.SCALED, 6)
    assert prod.writes == ["DeregisterScalableTarget", "UpdateService"]


async def test_scaling_is_suspended_for_a_while_and_resumed_for_good(prod: Scaler):
    await prod.scales("suspend", LONG)
    assert prod.suspended == {True}

    await prod.scales("resume")

    assert prod.suspended == {False}
    assert prod.bounds == (3, 10)


async def test_the_catalogues_bounds_hold_except_by_force_of_those_who_may(prod: Scaler):
    for word in ("2", "0", "11", "2-5", "5-11"):
        with pytest.raises(NotAllowed, match="the catalogue's"):
            await prod.asks(word)
    assert prod.writes == []

    ended = await prod.scales("11", by=FRANK, forced="Black Friday")

    assert (ended.state, prod.bounds) == (S.SCALED, (11, 11))
    assert ("force", "accepted") in await prod.audited(ended)
    assert "11 is above the catalogue's largest count, 10." in ended.overridden
    with pytest.raises(NotAllowed, match="Only `forcers`"):
        await prod.asks("12", by=BOB, forced="me too")


async def test_who_may_not_is_refused_and_only_who_asked_confirms_and_cancels(prod: Scaler):
    with pytest.raises(NotAllowed, match="Only `deployers` may scale"):
        await prod.asks("6", by=MALLORY)
    with pytest.raises(UsageError, match="14 days at most"):
        await prod.asks("6", timedelta(days=400))
    proposed = await prod.proposes("6")

    with pytest.raises(NotAllowed, match="Only the person who asked"):
        await prod.presses(CONFIRM, proposed, by=BOB)
    await prod.presses(CANCEL, proposed)
    late = await prod.presses(CONFIRM, proposed)

    assert (await prod.now(proposed)).state is S.CANCELLED
    assert "This has changed since that button was drawn" in late.text
    assert ("confirm", "denied") in await prod.audited(proposed)
    assert prod.writes == []


async def test_a_dry_run_and_what_changes_nothing_write_nothing(prod: Scaler):
    ended = await prod.ends(await prod.asks("6-12", is_dry_run=True))
    card = await prod.card(ended)

    assert ended.state is S.REHEARSED
    assert "⚪ Dry run, scaling: credlink-api in prod 3–10 → 6–12" in card
    assert "above the catalogue's largest count" in card
    assert "Confirm" not in card
    same = await prod.ends(await prod.asks("3-10"))
    assert same.state is S.REFUSED
    assert "Nothing would change: credlink-api in prod has 3–10 already" in same.why
    assert prod.writes == []


async def test_the_permission_that_is_missing_is_named(prod: Scaler):
    prod.aws.faults.add(access_denied("RegisterScalableTarget", times=5))
    proposed = await prod.proposes("6", LONG)

    await prod.presses(CONFIRM, proposed)
    ended = await prod.ends(proposed)

    assert ended.state is S.REFUSED
    assert "application-autoscaling:RegisterScalableTarget" in ended.why
    assert prod.bounds == (3, 10)


async def test_a_silent_aws_is_asked_again_and_what_only_explains_is_not_needed_but_named(
    prod: Scaler,
):
    prod.aws.faults.add(server_error("DescribeScalableTargets", times=2))
    prod.aws.faults.add(access_denied("DescribeScalingActivities", times=5))

    proposed = await prod.proposes("6")

    assert proposed.state is S.PROPOSED
    assert proposed.silent_since is None
    assert "What autoscaling did of late could not be read" in await prod.card(proposed)


async def test_what_was_changed_since_the_proposal_is_proposed_anew(prod: Scaler):
    proposed = await prod.proposes("6-9")
    await prod.somebody_else_sets(2, 8)
    await prod.presses(CONFIRM, proposed)

    again = await prod.until_true(
        proposed, lambda now: now.state is S.PROPOSED and now.run > proposed.run
    )

    assert "it is 2–8 now, not 3–10" in await prod.card(again)
    assert again.proposal.shown.capacity == bounds(2, 8)
    await prod.presses(CONFIRM, again)
    assert (await prod.ends(again)).state is S.SCALED
    assert prod.bounds == (6, 9)


async def test_what_autoscaling_did_is_told_in_few_words():
    did = ScalingActivity(
        at=LATER,
        description="Setting desired count to 4.",
        cause="monitor alarm TargetTracking-x-AlarmLow-0815 in state ALARM triggered policy cpu",
        status="Failed",
        message="It was not to be.",
    )
    not_scaled = replace(did, not_scaled=("AlreadyAtMaxCapacity", "Unheard"))
    target = ScalableTarget(minimum=3, maximum=10)
    aws = Aws(a_service(), describe_target=target, list_activities=(did, not_scaled))
    aws.autoscaling = aws

    failed, kept = (await look_around(replace(a_world(aws), catalog=None), PLACE)).activities

    assert failed.has_failed
    assert failed.words == "Setting desired count to 4, because of policy cpu: It was not to be."
    assert kept.words.startswith("more was wanted: it was at its maximum already, nothing was")


async def test_a_task_that_died_since_it_was_set_says_why():
    died = StoppedTask(
        arn="arn:task/1",
        task_definition=an_arn(41),
        stopped_reason="Essential container in task exited",
        stopped_at=LATER,
        containers=(Container(name="api", exit_code=137, reason="OutOfMemoryError: killed"),),
    )
    before = replace(died, stopped_at=LATER - LONG, stopped_reason="CannotPullContainerError")
    service = a_service(desired=6, running=4)

    said = await trouble_of(Aws(stopped_tasks=(before, died)), PLACE, service, since=LATER)

    assert "out of memory" in said


async def test_what_ecs_cannot_place_is_said_in_its_words():
    event = ServiceEvent(
        id="1", at=LATER, message="(service api) was unable to place a task: no memory"
    )
    service = a_service(desired=6, running=4, events=(event,))

    said = await trouble_of(Aws(), PLACE, service, since=LATER)

    assert said == "ECS says: was unable to place a task: no memory."
    assert await trouble_of(Aws(), PLACE, service, since=LATER + LONG) is None
