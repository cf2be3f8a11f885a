"""Sentry repeats no webhook: what its rules opened ends when Sentry has ended it all the same."""

from bot.alerts.sentry.reconcile import MOST, ReconcileSentry
from bot.domain.alert import AlertGroup, GroupState, Source
from sandbox.standin import Fault
from tests.alerts.sentry.desk import Desk


async def own(desk: Desk) -> AlertGroup:
    """The card of an issue's own."""
    desk.sentry.acts.alert_about(desk.breaks(), "prod")
    await desk.hears()
    [group] = await desk.board.groups()
    assert group.source is Source.SENTRY
    return group


async def state(desk: Desk) -> GroupState:
    [group] = await desk.board.groups()
    return group.state


async def test_an_issue_whose_end_was_lost_ends_its_card(desk: Desk):
    group = await own(desk)
    assert await ReconcileSentry(desk.world)() == 1
    assert await state(desk) is GroupState.FIRING

    desk.sentry.issues.all()[-1].status = "ignored"
    await ReconcileSentry(desk.world)()

    assert await state(desk) is GroupState.RESOLVED
    assert "⚫ archived" in await desk.text(group)
    assert await ReconcileSentry(desk.world)() == 0


async def test_an_issue_that_is_gone_ends_its_card_and_says_so(desk: Desk):
    group = await own(desk)
    desk.sentry.faults.append(Fault("get_issue", status=404))

    await ReconcileSentry(desk.world)()

    assert await state(desk) is GroupState.RESOLVED
    assert "it was deleted there, or merged into another" in await desk.text(group)


async def test_a_metric_alert_whose_end_was_lost_ends_its_card(desk: Desk):
    desk.sentry.acts.metric("critical")
    await desk.hears()
    await ReconcileSentry(desk.world)()
    assert await state(desk) is GroupState.FIRING
    desk.sentry.hooks.url = None
    desk.sentry.acts.metric("resolved")

    await ReconcileSentry(desk.world)()

    assert await state(desk) is GroupState.RESOLVED


async def test_what_sentry_does_not_tell_proves_nothing(desk: Desk):
    desk.sentry.acts.metric("critical")
    await desk.hears()
    for status in (404, 403, 503):
        desk.sentry.faults.append(Fault("get_incident", status=status))
        await ReconcileSentry(desk.world)()

    assert await state(desk) is GroupState.FIRING


async def test_many_cards_take_turns(desk: Desk):
    for n in range(MOST + 2):
        desk.sentry.new_error("prod", f"v{n}", 1)
        desk.sentry.acts.alert_about(desk.sentry.issues.all()[-1], "prod")
    await desk.hears()

    for _ in range(3):
        assert await ReconcileSentry(desk.world)() == MOST
    assert len(desk.sentry.calls_of("get_issue")) == 3 * MOST
