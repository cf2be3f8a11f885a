"""A change in a few lines, beside others: nothing in them ages by itself."""

from collections.abc import Iterator

from bot.cards.blocks import escaped
from bot.cards.change import ChangeView, silence_line
from bot.cards.change_rollout import hold_line
from bot.cards.gate import approvals_line
from bot.cards.notice import who
from bot.cards.text import bar, counted, moment, short_digest
from bot.domain.gate import Obstacle
from bot.domain.place import listed


def brief(shown: ChangeView) -> list[str]:
    """What it would bring or how far it is, whose it is, and what stands in its way; in mrkdwn."""
    return [*_plan(shown), *_facts(shown)]


def _plan(shown: ChangeView) -> Iterator[str]:
    """What a proposal would bring, and what it still waits for."""
    plan, situation = shown.change.plan, shown.situation
    if plan is None or situation is None:
        return
    facts = [f"*{escaped(plan.running.name)}* → *{escaped(plan.wanted.name)}*"]
    if plan.wanted.digest:
        facts.append(f"`{short_digest(plan.wanted.digest)}`")
    yield " · ".join(facts)
    if given := approvals_line(situation.counted, situation.required):
        yield given
    reasons = shown.in_the_way.reasons if shown.in_the_way is not None else ()
    others = {reason.obstacle.value for reason in reasons} - {Obstacle.APPROVAL.value}
    if others:  # their sentences say how old things are
        yield f"✗ in the way: {listed(sorted(others))}"


def _facts(shown: ChangeView) -> Iterator[str]:
    one = shown.change
    facts = [who(one.asked_by)] if one.asked_by else []
    if one.hold is not None and not one.is_final:
        yield hold_line(one, one.hold)
    elif one.progress is not None and one.is_under_way and one.steady_at is None:
        healthy, desired = one.progress.healthy, one.progress.desired
        yield f"{bar(healthy, desired)} {healthy} of {counted(desired, 'new task')} healthy"
    if one.is_under_way and one.started_at is not None:
        facts.append(f"since {moment(one.started_at)}")
    elif one.expires_at is not None:
        facts.append(f"expires {moment(one.expires_at)}")
    if one.bake_until is not None and one.is_under_way and one.hold is None:
        facts.append(f"watched until {moment(one.bake_until)}")
    if one.reason:
        facts.append(f"“{escaped(one.reason)}”")
    yield " · ".join(facts)
    if silence := silence_line(one):
        yield silence
