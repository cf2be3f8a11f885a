"""What the gate says, shown: approvals on a change's card, and the answer to `can-i-deploy`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.cards.answer import Answer
from bot.cards.blocks import Block, Confirm, Element, Message, button, escaped, message, section
from bot.cards.live import live
from bot.cards.text import day_and_time, moment
from bot.domain.change import Approval, Change
from bot.domain.gate import Decision, Obstacle
from bot.domain.place import listed
from bot.domain.situation import Situation

APPROVE = "change.approve"
REFUSE = "change.refuse"


def approve_button(change: Change) -> Element:
    """Give one's word for exactly what the card shows."""
    return button(
        "Approve",
        action_id=APPROVE,
        subject_id=change.id,
        revision=change.state_revision,
        style="primary",
    )


def refuse_button(change: Change) -> Element:
    """Say no: the proposal ends."""
    what = f"{escaped(change.service)} {escaped(change.wanted_name)}"
    return button(
        "Refuse",
        action_id=REFUSE,
        subject_id=change.id,
        revision=change.state_revision,
        style="danger",
        confirm=Confirm(
            title=f"Refuse this change of {change.environment}?",
            text=f"{what} is not brought to {escaped(change.environment)}: the proposal ends, and "
            "whoever asked has to ask again.",
            confirm="Refuse",
        ),
    )


def approvals_line(approvals: Sequence[Approval], required: int) -> str:
    """`approved by @bob · 1 of 2`, and which approvals are void and why; empty without either."""
    stand = [approval for approval in approvals if approval.stands]
    lines = []
    if required:
        lines.append(f"{_given(stand)} · {len(stand)} of {required}")
    for approval in approvals:
        if not approval.stands:
            why = escaped(approval.void_why or "what it was for has changed")
            lines.append(f"⚪ the approval by <@{approval.by}> is void: {why}")
    return "\n".join(lines)


def _given(stand: Sequence[Approval]) -> str:
    if not stand:
        return "waits for approval"
    return f"approved by {listed(f'<@{approval.by}>' for approval in stand)}"


def approved_entry(approval: Approval, given: int, required: int) -> Message:
    """The thread's line. The card says by whom: an entry would notify."""
    text = f"Approved at {moment(approval.at)} · {given} of {required}"
    return message(text, [section(text)])


def approved(change: Change, situation: Situation, in_the_way: Decision, *, began: bool) -> Answer:
    """What the person who approves is told: what it brought about, or what is still in the way."""
    what = f"{escaped(change.service)} {escaped(change.wanted_name)}"
    given = f"{len(situation.counted)} of {situation.required}"
    if began:
        return Answer(f"Approved, {given}: {what} begins in {escaped(change.environment)}.")
    lines = [f"Approved, {given}: {what} does not begin yet."]
    lines += [f"{live(reason.text)} {live(reason.way_past)}" for reason in in_the_way.reasons]
    if in_the_way.allowed:
        lines.append("Something else began there in this moment.")
    return Answer("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Look:
    """One place as the gate sees it for whoever asks."""

    situation: Situation
    decision: Decision


def can_i_deploy(looks: Iterable[Look]) -> Answer:
    """The answer to `/credlink can-i-deploy`: every condition, each with its way past."""
    blocks: list[Block] = []
    heads = []
    for look in looks:
        head = _head(look)
        heads.append(head)
        lines = [line for obstacle in Obstacle for line in _lines(look, obstacle)]
        blocks.append(section("\n".join([f"*{head}*", *lines])))
    return Answer("\n".join(heads), tuple(blocks))


def _head(look: Look) -> str:
    where = f"{escaped(look.situation.service)} in {escaped(look.situation.environment)}"
    if look.decision.allowed:
        return f"🟢 You may deploy {where} now"
    if all(_is_condition(look, reason.obstacle) for reason in look.decision.reasons):
        return f"🟡 You may propose a deploy of {where}; it begins once the conditions are met"
    return f"🔴 Not now: {where}"


def _is_condition(look: Look, obstacle: Obstacle) -> bool:
    """Whether it is asked of every deploy there, and nothing that is wrong now."""
    if obstacle is Obstacle.ORDER:
        return look.situation.is_good_there is None
    return obstacle is Obstacle.APPROVAL


def _lines(look: Look, obstacle: Obstacle) -> list[str]:
    reasons = [reason for reason in look.decision.reasons if reason.obstacle is obstacle]
    mark = "⚪" if _is_condition(look, obstacle) else "✗"
    if reasons:
        return [f"{mark} {live(reason.text)} → {live(reason.way_past)}" for reason in reasons]
    if obstacle in _NOT_OF_A_DEPLOY:
        return []
    return [f"✓ {_well(look, obstacle)}"]


def _well(look: Look, obstacle: Obstacle) -> str:
    """What is in order, in short."""
    situation = look.situation
    if obstacle is Obstacle.FREEZE:
        coming = situation.next_freeze
        if coming is None:
            return "no freeze, and none is coming"
        begins = day_and_time(coming.begins_at)
        return f"no freeze; the next begins {begins}: “{escaped(coming.reason)}”"
    if obstacle is Obstacle.ORDER and situation.after is not None:
        return f"it is good in {escaped(situation.after)}"
    if obstacle is Obstacle.APPROVAL and situation.required:
        return f"approved: {len(situation.counted)} of {situation.required}"
    return _WELL[obstacle]


_NOT_OF_A_DEPLOY = frozenset({Obstacle.SCAN, Obstacle.BOUNDS})
"""Where nothing is in the way nothing is said of them: no version is named here, so nothing is
known of its image, and a deploy moves no bounds."""
_WELL = {
    Obstacle.RIGHTS: "you have the right to deploy",
    Obstacle.UNDER_WAY: "nothing else is under way",
    Obstacle.LOCK: "not locked",
    Obstacle.INCIDENT: "no severe incident, no critical alert",
    Obstacle.ORDER: "no other environment has to come first",
    Obstacle.APPROVAL: "no approval is needed",
}
