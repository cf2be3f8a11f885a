"""The card of a change, from the first look at it to its outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards import change_buttons
from bot.cards.blocks import (
    Block,
    Element,
    Message,
    actions,
    context,
    escaped,
    header,
    image,
    message,
    section,
)
from bot.cards.change_plan import planned
from bot.cards.change_rollout import aborted_by, known_as, moving
from bot.cards.evidence import findings_text
from bot.cards.marks import marks_line
from bot.cards.text import counted, day_and_time, mention, moment, short_digest, spoken
from bot.domain.change import Change, ChangeKind, ChangeState, HoldKind, Origin
from bot.domain.gate import Decision, Obstacle
from bot.domain.lock import Lock
from bot.domain.mark import Mark
from bot.domain.pipeline import read_pipeline
from bot.domain.plan import revision_name
from bot.domain.rollout import Verdict
from bot.domain.situation import Situation
from bot.domain.words import in_place

S = ChangeState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """What the card of a change shows; made afresh from the rows for every revision of it."""

    change: Change
    now: datetime
    usual: timedelta | None = None
    """How long such a rollout usually takes, when that is known."""
    way_back: str | None = None
    """What *Roll back* would return to; None where the button has no place: something newer was
    started since, or nothing earlier is known."""
    situation: Situation | None = None
    """How things stand in its place, while it is proposed."""
    in_the_way: Decision | None = None
    """What the gate would say to the person who asked, while it is proposed."""
    firing: tuple[str, ...] = ()
    """Names of the alerts that fire there, while it is proposed."""
    marks: tuple[Mark, ...] = ()
    lock: Lock | None = None
    """The lock that stands because of it."""
    picture: str | None = None
    """Slack's id of the evidence's picture."""


def card(view: ChangeView) -> Message:
    """The change's card, in whatever state it is."""
    change = view.change
    head = headline(change)
    blocks: list[Block] = [header(head), *_body(view)]
    if silence := silence_line(change):
        blocks.append(section(silence))
    if view.picture is not None and change.judgement is not None:
        blocks.append(image(view.picture, f"The evidence for {change.wanted_name}, drawn"))
    if small := small_print(view):
        blocks.append(context(small))
    if elements := buttons(view):
        blocks.append(actions(*elements))
    return message(escaped(head), blocks)


def waits_for_approval(view: ChangeView) -> bool:
    """Whether others have to say yes before the proposal can be confirmed."""
    return view.in_the_way is not None and any(
        reason.obstacle is Obstacle.APPROVAL for reason in view.in_the_way.reasons
    )


def buttons(view: ChangeView) -> list[Element]:
    """What may be done to the change as it stands."""
    change = view.change
    if change.state is S.PROPOSED:
        return change_buttons.proposed(change, waits_for_approval=waits_for_approval(view))
    if change.is_under_way:
        return change_buttons.under_way(change)
    if change.is_final:
        return change_buttons.ended(change, way_back=view.way_back, lock=view.lock)
    return []


def headline(change: Change) -> str:
    """State, what and where, in one plain line; it is the notification too."""
    mark, word = _marked(change)
    if change.is_dry_run:
        word = f"Dry run, {word.lower()}"
    if change.origin is Origin.OUTSIDE and " by " not in word:
        word = f"{word} by others"
    if change.forced is not None and change.state in _SAYS_FORCED:
        word = f"{word} by force"
    if change.kind is ChangeKind.RESTART:
        return _restart_line(change, f"{mark} {word}")
    if change.kind is ChangeKind.ROLLBACK:
        of = "" if change.state in _SAYS_ROLLBACK else "rollback of "
        line = f"{mark} {word}: {of}{change.service} in {change.environment}"
        line += f" → {change.version}" if change.version else ""
    else:
        line = f"{mark} {word}: {change.service} {change.version} → {change.environment}"
    if change.state is S.SUCCEEDED:
        return f"{line} in {_took(change)}"
    if _names_what_serves(change) and change.plan is not None:
        return f"{line}, back on {change.plan.running.name}"
    return line


def _restart_line(change: Change, begins: str) -> str:
    """What is restarted where: nothing leads from one version to another."""
    of = "" if change.state in _SAYS_RESTART else "restart of "
    version = f" {change.version}" if change.version else ""
    line = f"{begins}: {of}{change.service}{version} in {change.environment}"
    return f"{line}, took {_took(change)}" if change.state is S.SUCCEEDED else line


def outcome(change: Change) -> str:
    """State and version alone, plain: for where the place is said already."""
    _, word = _marked(change)
    took = f" in {_took(change)}" if change.state is S.SUCCEEDED else ""
    return f"{word}: {change.version}{took}" if change.version else f"{word}{took}"


def _names_what_serves(change: Change) -> bool:
    """Whether the first line says what the place is back on: it would confuse on a rollback."""
    return change.state is S.ROLLED_BACK and change.kind is ChangeKind.DEPLOY


def _marked(change: Change) -> tuple[str, str]:
    """The state's mark and its word; a mark never stands alone."""
    if change.state is S.SUCCEEDED:
        return "🟢", _DONE[change.kind]
    if change.kind is ChangeKind.ROLLBACK and change.state in _ROLLBACK_STATES:
        return "🔵", _ROLLBACK_STATES[change.state]
    if change.kind is ChangeKind.RESTART and change.state in _RESTART_STATES:
        return "🔵", _RESTART_STATES[change.state]
    if change.kind is ChangeKind.RESTART and change.verdict in _UNDONE:
        return _STATES[S.FAILED]  # "rolled back" would promise another version
    if change.state is S.HELD and change.hold is not None:
        return _HOLDS[change.hold.kind], "Held"
    if change.verdict is Verdict.ABORTED and change.steady_at is not None:
        return _STATES[change.state]
    if change.verdict is not None and change.is_final:
        return _OUTCOMES.get(change.verdict, _STATES[change.state])
    return _STATES[change.state]


_SAYS_FORCED = frozenset({S.PROPOSED, S.STARTING, S.ROLLING_OUT, S.BAKING, S.SUCCEEDED})
_ROLLBACK_STATES = {S.PROPOSED: "Proposed rollback", S.ROLLING_OUT: "Rolling back"}
_SAYS_ROLLBACK = frozenset({S.SUCCEEDED, *_ROLLBACK_STATES})
_RESTART_STATES = {
    S.PROPOSED: "Proposed restart",
    S.STARTING: "Restarting",
    S.ROLLING_OUT: "Restarting",
    S.BAKING: "Restarted, baking",
    S.ROLLING_BACK: "Stopping",
}
_UNDONE = frozenset({Verdict.ROLLED_BACK_BY_ECS, Verdict.FAILED})
_SAYS_RESTART = frozenset({S.SUCCEEDED, *_RESTART_STATES}) - {S.ROLLING_BACK}
_DONE = {
    ChangeKind.DEPLOY: "Deployed",
    ChangeKind.ROLLBACK: "Rolled back",
    ChangeKind.RESTART: "Restarted",
}
_STATES = {
    S.PROPOSING: ("🔵", "Looking"),
    S.PROPOSED: ("🔵", "Proposed"),
    S.STARTING: ("🔵", "Starting"),
    S.ROLLING_OUT: ("🔵", "Rolling out"),
    S.BAKING: ("🔵", "Baking"),
    S.HELD: ("⚪", "Held"),
    S.ROLLING_BACK: ("🔵", "Going back"),
    S.SUCCEEDED: ("🟢", "Done"),
    S.FAILED: ("🔴", "Failed"),
    S.ROLLED_BACK: ("🔴", "Rolled back"),
    S.SUPERSEDED: ("⚫", "Superseded"),
    S.UNPROVEN: ("⚪", "Outcome unknown"),
    S.REFUSED: ("⚫", "Not possible"),
    S.CANCELLED: ("⚫", "Cancelled"),
    S.EXPIRED: ("⚫", "Expired"),
    S.REHEARSED: ("⚪", "plan"),
}
_HOLDS = {HoldKind.PERSON: "🟡", HoldKind.INCONCLUSIVE: "⚪", HoldKind.BAD: "🔴"}
_OUTCOMES = {
    Verdict.ROLLED_BACK_BY_ECS: ("🔴", "Rolled back by ECS"),
    Verdict.NOTHING_RUNNING: ("⚪", "Nothing runs"),
    Verdict.TOO_SLOW: ("🔴", "Too slow"),
    Verdict.ABORTED: ("⚫", "Aborted"),
    Verdict.VANISHED: ("🔴", "Vanished"),
    Verdict.UNSEEN: ("⚪", "Outcome unknown"),
    Verdict.UNDECIDED: ("⚪", "Undecided"),
}


def _body(view: ChangeView) -> list[Block]:
    change = view.change
    if change.state is S.PROPOSING:
        return [section("What it would change is being looked up.")]
    if change.state in {S.PROPOSED, S.REHEARSED}:
        situation = view.situation if change.kind is ChangeKind.DEPLOY else None
        return planned(
            change,
            approvals=situation.approvals if situation is not None else (),
            required=situation.required if situation is not None else 0,
            in_the_way=view.in_the_way,
            firing=view.firing,
        )
    if change.state is S.STARTING:
        asked_for = "new tasks of " if change.kind is ChangeKind.RESTART else ""
        return [section(f"ECS is being asked for {asked_for}{escaped(change.wanted_name)}.")]
    if change.is_under_way:
        return moving(change, now=view.now, usual=view.usual)
    return [section(line) for line in _outcome(view) if line]


def _outcome(view: ChangeView) -> list[str]:
    change = view.change
    if change.state is S.SUCCEEDED:
        return [_success(change), _evidence(change), _lock_line(view.lock)]
    if change.state in {S.CANCELLED, S.EXPIRED, S.REFUSED}:
        return [_unstarted(change)]
    # What the evidence says stands in its own lines.
    lines = [] if change.verdict is Verdict.REGRESSED else [escaped(change.why or "")]
    if change.verdict is Verdict.ABORTED:
        is_told = change.kind is ChangeKind.RESTART and change.why
        lines = [aborted_by(change), escaped(change.why or "") if is_told else ""]
    if change.failure is not None:
        lines = [f"{escaped(change.failure.what)}\n{escaped(change.failure.mend)}", *lines]
    return [_what_serves(change), _evidence(change), *lines, _lock_line(view.lock)]


def _evidence(change: Change) -> str:
    """What spoke for it or against it, where that was measured."""
    return findings_text(change.judgement) if change.judgement is not None else ""


def _lock_line(lock: Lock | None) -> str:
    if lock is None:
        return ""
    where = escaped(in_place(lock.service, lock.environment))
    return f"🟡 {where} is locked: “{escaped(lock.reason)}”, until cleared."


def _success(change: Change) -> str:
    progress = change.progress
    facts = []
    if progress is not None:
        tasks = counted(progress.desired, "task")
        facts.append(f"{progress.healthy} of {tasks} {known_as(progress)}")
    if change.steady_at is not None and change.rollout is not None:
        facts.append(f"rollout {spoken(change.steady_at - change.rollout.began_at)}")
        facts.append(f"bake {spoken((change.finished_at or change.changed_at) - change.steady_at)}")
    is_restart = change.kind is ChangeKind.RESTART
    if change.kept_by is not None:
        did = "watch ended" if is_restart else "kept"
        facts.append(f"{did} by {mention(change.kept_by)}")
    if change.plan is not None and not is_restart:
        facts.append(f"was {escaped(change.plan.running.name)}")
    return " · ".join(facts)


def _unstarted(change: Change) -> str:
    if change.state is S.CANCELLED and change.verdict is Verdict.ABORTED:
        return f"Aborted by {mention(change.ended_by)} before ECS was asked. Nothing was changed."
    if change.state is S.CANCELLED:
        return f"Cancelled by {mention(change.ended_by)}. Nothing was changed."
    if change.state is S.EXPIRED:
        return f"{escaped(change.why or 'Nobody confirmed it in time.')} Nothing was changed."
    return f"{escaped(change.why or '')} Nothing was changed."


def _what_serves(change: Change) -> str:
    """What takes the traffic after something other than success; nothing where nobody knows."""
    if change.verdict is Verdict.UNSEEN:
        return "What runs there now is not known: ask for the status once AWS answers."
    if change.verdict is Verdict.UNDECIDED and change.kind is ChangeKind.RESTART:
        return f"*{escaped(change.wanted_name)}* runs on."
    if change.verdict is Verdict.UNDECIDED:
        return f"*{escaped(change.wanted_name)}* runs on, and does not count as good."
    if change.plan is None or change.progress is None:
        return ""
    before = escaped(change.plan.running.name)
    if change.kind is ChangeKind.RESTART:
        return _what_serves_still(change, before)
    if _names_what_serves(change):
        return ""
    if change.state is S.ROLLED_BACK:
        return f"*{before}* serves again."
    if change.verdict is Verdict.FAILED:
        return f"The tasks of *{before}* that still run go on serving."
    if change.verdict is Verdict.TOO_SLOW:
        return f"ECS goes on trying; *{before}* serves until its tasks are replaced."
    return ""


def _what_serves_still(change: Change, name: str) -> str:
    """After a restart that did not succeed: the same version, and which of its tasks."""
    if change.state is S.ROLLED_BACK:
        return (
            f"*{name}* serves on: ECS kept the tasks from before; any it had stopped already were "
            "started anew."
        )
    if change.verdict is Verdict.FAILED:
        return f"*{name}* serves with those tasks from before that still run; no more are replaced."
    if change.verdict is Verdict.TOO_SLOW:
        return f"*{name}* serves; ECS goes on replacing its tasks."
    return ""


def silence_line(change: Change) -> str:
    """That AWS does not answer, and since when; empty while it does."""
    if change.silent_since is None or change.is_final:
        return ""
    why = f" ({escaped(change.silent_why)})" if change.silent_why else ""
    doing = "still watching" if change.is_under_way else "still trying"
    return f"⚪ AWS has not answered since {moment(change.silent_since)}{why}; {doing}."


def small_print(view: ChangeView) -> str:
    """Who asked, why, who confirmed, and what exactly runs."""
    change = view.change
    facts = [_by_whom(change)] if _may_name(change) else []
    if change.reason:
        facts.append(f"“{escaped(change.reason)}”")
    if change.forced is not None:
        facts.append(f"by force: “{escaped(change.forced)}”")
    if change.state is S.PROPOSED and change.expires_at is not None:
        facts.append(f"expires {moment(change.expires_at)}")
    if change.rollout is not None:
        facts.append(f"revision {escaped(revision_name(change.rollout.task_definition))}")
        if change.plan is not None and change.plan.wanted.digest:
            facts.append(f"`{short_digest(change.plan.wanted.digest)}`")
    if change.is_final and change.rollout is not None and change.state is not S.SUCCEEDED:
        facts.append(f"after {_took(change)}")
    if change.is_final:
        facts.append(day_and_time(change.finished_at or change.changed_at))
    if marks := marks_line(view.marks):
        facts.append(marks)
    return " · ".join(facts)


def _may_name(change: Change) -> bool:
    """Whether a name calls nobody: only a message's first post notifies, and that is this state's.

    Whoever asked is looking already; the edit that follows within a second has the name.
    """
    return change.state is not S.PROPOSING or change.silent_since is not None


def _by_whom(change: Change) -> str:
    if change.origin is Origin.OUTSIDE:
        return "made outside the bot"
    asked = mention(change.asked_by)
    if change.confirmed_by is None:
        return f"asked by {asked}"
    if change.confirmed_by == change.asked_by:
        return f"asked and confirmed by {asked}"
    # By the approval that was missing; of a pipeline's deploy also by whoever confirmed it.
    how = "approved" if read_pipeline(change.asked_by) is None else "let through"
    return f"asked by {asked} · {how} by {mention(change.confirmed_by)}"


def _took(change: Change) -> str:
    began = change.started_at or change.asked_at
    return spoken((change.finished_at or change.changed_at) - began)
