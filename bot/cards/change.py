"""The card of a change, from the first look at it to its outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cards.blocks import (
    Block,
    Confirm,
    Element,
    Message,
    actions,
    button,
    context,
    escaped,
    header,
    message,
    section,
)
from bot.cards.text import bar, counted, day_and_time, moment, short_digest, spoken
from bot.domain.change import Change, ChangeKind, ChangeState, Plan, revision_name
from bot.domain.rollout import Progress, Verdict

CONFIRM = "change.confirm"
CANCEL = "change.cancel"
ABORT = "change.abort"
ROLL_BACK = "change.rollback"

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


def card(view: ChangeView) -> Message:
    """The change's card, in whatever state it is."""
    change = view.change
    head = headline(change)
    blocks: list[Block] = [header(head), *_body(view)]
    if silence := silence_line(change):
        blocks.append(section(silence))
    if small := small_print(view):
        blocks.append(context(small))
    if elements := _buttons(view):
        blocks.append(actions(*elements))
    return message(escaped(head), blocks)


def headline(change: Change) -> str:
    """State, what and where, in one plain line; it is the notification too."""
    mark, word = _marked(change)
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
        return "🟢", "Rolled back" if change.kind is ChangeKind.ROLLBACK else "Deployed"
    if change.kind is ChangeKind.ROLLBACK and change.state in _ROLLBACK_STATES:
        return "🔵", _ROLLBACK_STATES[change.state]
    if change.verdict is not None and change.is_final:
        return _OUTCOMES.get(change.verdict, _STATES[change.state])
    return _STATES[change.state]


_ROLLBACK_STATES = {S.PROPOSED: "Proposed rollback", S.ROLLING_OUT: "Rolling back"}
_SAYS_ROLLBACK = frozenset({S.SUCCEEDED, *_ROLLBACK_STATES})
_STATES = {
    S.PROPOSING: ("🔵", "Looking"),
    S.PROPOSED: ("🔵", "Proposed"),
    S.STARTING: ("🔵", "Starting"),
    S.ROLLING_OUT: ("🔵", "Rolling out"),
    S.ROLLING_BACK: ("🔵", "Going back"),
    S.SUCCEEDED: ("🟢", "Done"),
    S.FAILED: ("🔴", "Failed"),
    S.ROLLED_BACK: ("🔴", "Rolled back"),
    S.SUPERSEDED: ("⚫", "Superseded"),
    S.UNPROVEN: ("⚪", "Outcome unknown"),
    S.REFUSED: ("⚫", "Not possible"),
    S.CANCELLED: ("⚫", "Cancelled"),
    S.EXPIRED: ("⚫", "Expired"),
}
_OUTCOMES = {
    Verdict.ROLLED_BACK_BY_ECS: ("🔴", "Rolled back by ECS"),
    Verdict.NOTHING_RUNNING: ("⚪", "Nothing runs"),
    Verdict.TOO_SLOW: ("🔴", "Too slow"),
    Verdict.ABORTED: ("⚫", "Aborted"),
    Verdict.VANISHED: ("🔴", "Vanished"),
    Verdict.UNSEEN: ("⚪", "Outcome unknown"),
}


def _body(view: ChangeView) -> list[Block]:
    change = view.change
    if change.state is S.PROPOSING:
        return [section("What it would change is being looked up.")]
    if change.state is S.PROPOSED and change.plan is not None:
        return [section(running_line(change.plan)), section(_planned(change.plan))]
    if change.state is S.STARTING:
        return [section(f"ECS is being asked for {escaped(change.wanted_name)}.")]
    if change.is_under_way:
        return _moving(view)
    return [section(line) for line in _outcome(view) if line]


def running_line(plan: Plan) -> str:
    """What runs now, since when, how much of it."""
    facts = []
    if plan.running_since is not None:
        facts.append(f"since {day_and_time(plan.running_since)}")
    if plan.running_is_good:
        facts.append("good")
    known = f" ({', '.join(facts)})" if facts else ""
    line = f"now *{escaped(plan.running.name)}*{known} · {counted(plan.desired, 'task')}"
    return line + (f" · <{plan.compare_url}|compare>" if plan.compare_url else "")


def _planned(plan: Plan) -> str:
    image = short_digest(plan.wanted.digest) if plan.wanted.digest else escaped(plan.wanted.image)
    pushed = f" · pushed {day_and_time(plan.pushed_at)}" if plan.pushed_at else ""
    lines = [f"*image*  `{image}`{pushed}"]
    if plan.wanted.task_definition is not None:
        lines.append(f"*revision*  {escaped(revision_name(plan.wanted.task_definition))}")
    lines.append(f"*changes*  {_changed(plan)}")
    lines += [f"⚠ {escaped(warning)}" for warning in plan.warnings]
    return "\n".join(lines)


def _changed(plan: Plan) -> str:
    if len(plan.changed) == 1:
        return f"{escaped(plan.changed[0])} only"
    return " · ".join(escaped(field) for field in plan.changed) or "nothing but the revision"


def _moving(view: ChangeView) -> list[Block]:
    change = view.change
    blocks = []
    if change.state is S.ROLLING_BACK:
        to = change.plan.running.name if change.plan else "what ran before"
        blocks.append(section(f"{_why_back(change)} Going back to *{escaped(to)}*."))
    blocks.append(section(_progress_lines(view, change.progress)))
    if change.failure is not None:
        blocks.append(section(f"⚠ A new task stopped. {escaped(change.failure.what)}"))
    return blocks


def _why_back(change: Change) -> str:
    if change.verdict is Verdict.ABORTED:
        return f"Aborted by {mention(change.ended_by)}."
    return escaped(change.why or "")


def _progress_lines(view: ChangeView, progress: Progress | None) -> str:
    change = view.change
    began = (change.back or change.rollout) if change.state is S.ROLLING_BACK else change.rollout
    since = view.now - (began.began_at if began else change.changed_at)
    is_back = change.state is S.ROLLING_BACK
    usual = f" (usually {spoken(view.usual)})" if view.usual and not is_back else ""
    if progress is None:
        return f"{bar(0, 1)}  waiting for ECS to begin{usual}"
    tasks = counted(progress.desired, "task" if is_back else "new task")
    done = f"{progress.healthy} of {tasks} {_known_as(progress)}"
    lines = [f"{bar(progress.healthy, progress.desired)}  {done} · {spoken(since)}{usual}"]
    if progress.targets:
        states = sorted(progress.targets.items())
        lines.append("*targets*  " + " · ".join(f"{n} {escaped(state)}" for state, n in states))
    if progress.failed:
        lines.append(f"*stopped*  {counted(progress.failed, 'task')} so far")
    if progress.latest_event:
        lines.append(f"*last*  {escaped(progress.latest_event)}")
    return "\n".join(lines)


def _known_as(progress: Progress) -> str:
    """What is known of the tasks that are counted: without a load balancer only that they run."""
    return "running" if progress.targets is None else "healthy"


def _outcome(view: ChangeView) -> list[str]:
    change = view.change
    if change.state is S.SUCCEEDED:
        return [_success(change)]
    if change.state in {S.CANCELLED, S.EXPIRED, S.REFUSED}:
        return [_unstarted(change)]
    lines = [escaped(change.why or "")]
    if change.verdict is Verdict.ABORTED:
        lines = [f"Aborted by {mention(change.ended_by)}."]
    if change.failure is not None:
        lines = [f"{escaped(change.failure.what)}\n{escaped(change.failure.mend)}", *lines]
    return [_what_serves(change), *lines]


def _success(change: Change) -> str:
    progress = change.progress
    facts = []
    if progress is not None:
        tasks = counted(progress.desired, "task")
        facts.append(f"{progress.healthy} of {tasks} {_known_as(progress)}")
    if change.plan is not None:
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
    if change.plan is None or change.progress is None:
        return ""
    before = escaped(change.plan.running.name)
    if _names_what_serves(change):
        return ""
    if change.state is S.ROLLED_BACK:
        return f"*{before}* serves again."
    if change.verdict is Verdict.FAILED:
        return f"The tasks of *{before}* that still run go on serving."
    if change.verdict is Verdict.TOO_SLOW:
        return f"ECS goes on trying; *{before}* serves until its tasks are replaced."
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
    return " · ".join(facts)


def _may_name(change: Change) -> bool:
    """Whether a name calls nobody: only a message's first post notifies, and that is this state's.

    Whoever asked is looking already; the edit that follows within a second has the name.
    """
    return change.state is not S.PROPOSING or change.silent_since is not None


def _by_whom(change: Change) -> str:
    asked = mention(change.asked_by)
    if change.confirmed_by is None:
        return f"asked by {asked}"
    if change.confirmed_by == change.asked_by:
        return f"asked and confirmed by {asked}"
    return f"asked by {asked} · confirmed by {mention(change.confirmed_by)}"


def mention(person: str | None) -> str:
    """Somebody, by their Slack id."""
    return f"<@{person}>" if person else "somebody"


def _took(change: Change) -> str:
    began = change.started_at or change.asked_at
    return spoken((change.finished_at or change.changed_at) - began)


def _buttons(view: ChangeView) -> list[Element]:
    change = view.change
    if change.state is S.PROPOSED:
        return [_button(change, "Confirm", CONFIRM, style="primary"), _cancel(change)]
    if change.state in {S.STARTING, S.ROLLING_OUT}:
        return [abort_button(change)]
    if view.way_back is not None and change.is_final:
        return [_roll_back(change, view.way_back)]
    return []


def _cancel(change: Change) -> Element:
    return _button(change, "Cancel", CANCEL)


def abort_button(change: Change) -> Element:
    """Stop a rollout and go back to what ran before it."""
    before = change.plan.running.name if change.plan else "what ran before"
    return _button(
        change,
        "Abort and roll back",
        ABORT,
        style="danger",
        confirm=Confirm(
            title=f"Abort the rollout in {change.environment}?",
            text=f"{escaped(change.service)} in {escaped(change.environment)} goes back from "
            f"*{escaped(change.wanted_name)}* to *{escaped(before)}*.",
            confirm="Abort and roll back",
        ),
    )


def _roll_back(change: Change, to: str) -> Element:
    return _button(
        change,
        f"Roll back to {to}",
        ROLL_BACK,
        style="danger",
        confirm=Confirm(
            title=f"Roll back in {change.environment}?",
            text=f"{escaped(change.service)} in {escaped(change.environment)} goes back from "
            f"*{escaped(change.wanted_name)}* to *{escaped(to)}*, at once.",
            confirm="Roll back",
        ),
    )


def _button(
    change: Change,
    label: str,
    action_id: str,
    *,
    style: str | None = None,
    confirm: Confirm | None = None,
) -> Element:
    return button(
        label,
        action_id=action_id,
        subject_id=change.id,
        revision=change.state_revision,
        style=style,
        confirm=confirm,
    )
