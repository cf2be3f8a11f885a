"""A change on its way, on its card: tasks, traffic, evidence, and why it is held."""

from datetime import datetime, timedelta

from bot.cards.blocks import Block, escaped, section
from bot.cards.evidence import findings_text
from bot.cards.text import bar, counted, mention, moment, sentence, spoken
from bot.domain.change import Change, ChangeKind, ChangeState, Hold, HoldKind, Origin
from bot.domain.rollout import Progress, Verdict
from bot.domain.shift import Stage

S = ChangeState


def moving(change: Change, *, now: datetime, usual: timedelta | None) -> list[Block]:
    """How far it is, and what speaks for it and against it."""
    blocks = []
    if change.state is S.ROLLING_BACK:
        blocks.append(section(f"{_why_back(change)} {_going_back(change)}"))
    if change.hold is not None and change.state is S.HELD:
        blocks.append(section(hold_line(change, change.hold)))
    if change.state is S.BAKING and change.bake_until is not None:
        blocks.append(section(_bake_line(change, change.bake_until)))
    if change.stage is not None and change.steady_at is None and change.state is not S.ROLLING_BACK:
        blocks.append(section(_traffic(change, change.stage)))
    if change.state is S.ROLLING_BACK or (change.steady_at is None and not _is_shifting(change)):
        blocks.append(section(_progress_lines(change, change.progress, now, usual)))
    if change.judgement is not None and (found := findings_text(change.judgement)):
        blocks.append(section(found))
    if change.failure is not None:
        blocks.append(section(f"⚠ A new task stopped. {escaped(change.failure.what)}"))
    return blocks


def _going_back(change: Change) -> str:
    if change.kind is ChangeKind.RESTART:
        return "ECS keeps the tasks from before; any it has stopped already are started anew."
    to = change.plan.running.name if change.plan else "what ran before"
    return f"Going back to *{escaped(to)}*."


def _is_shifting(change: Change) -> bool:
    """Whether only the traffic is left to be moved: every new task is there."""
    progress, stage = change.progress, change.stage
    if progress is None or stage is None or stage.weight <= 0:
        return False
    return progress.running >= progress.desired > 0 and not progress.failed


def hold_line(change: Change, hold: Hold) -> str:
    """Why it goes no further, since when, and until when it can wait."""
    since = f"since {moment(hold.at)}"
    match hold.kind:
        case HoldKind.PERSON:
            line = f"Held by {mention(hold.by)} {since}."
        case HoldKind.BAD if change.kind is ChangeKind.RESTART:
            line = (
                f"{escaped(sentence(hold.why))}\nThe same revision ran before, so there is nothing "
                "to go back to: look for the cause around it, or end the watch and roll back to "
                f"another version. Held {since}."
            )
        case HoldKind.BAD:
            line = f"{escaped(sentence(hold.why))}\nShall it go back? Held {since}."
        case _:
            why = escaped(sentence(hold.why))
            line = f"The evidence does not say whether it is good. {why}\nHeld {since}."
    hook = change.stage.hook if change.stage is not None else None
    if hook is not None and hook.expires_at is not None and change.steady_at is None:
        does = "rolls it back" if hook.timeout_action == "ROLLBACK" else "goes on"
        line += f" Without a word ECS {does} at {moment(hook.expires_at)}."
    return line


def _bake_line(change: Change, until: datetime) -> str:
    since = f" since {moment(change.steady_at)}" if change.steady_at is not None else ""
    return f"It runs{since}; watched until {moment(until)}."


def _traffic(change: Change, stage: Stage) -> str:
    """How the traffic is split, and what the step waits for."""
    plan = change.plan
    new = f"*{escaped(change.wanted_name)}*"
    old = f"*{escaped(plan.running.name)}*" if plan is not None else "the old version"
    if change.kind is ChangeKind.RESTART:
        new, old = "the new tasks", "those from before"
    split = f"{stage.weight:g} % to {new}"
    if 0 < stage.weight < 100:
        split += f", {100 - stage.weight:g} % to {old}"
    drawn = f"{bar(round(stage.weight * 100), 10_000)}  " if stage.weight > 0 else ""
    lines = [f"{drawn}{split} since {moment(stage.since)}"]
    if stage.hook is not None and change.origin is Origin.OUTSIDE:
        expires = stage.hook.expires_at
        until = f" until {moment(expires)}" if expires is not None else ""
        lines.append(f"ECS waits{until} for whoever began it, or for *Promote*.")
    elif stage.hook is not None and change.state is not S.HELD:
        doing = "This share is being judged" if stage.weight > 0 else "The first step is next"
        lines.append(f"{doing}; ECS waits meanwhile.")
    return "\n".join(lines)


def _why_back(change: Change) -> str:
    if change.verdict is Verdict.ABORTED:
        return aborted_by(change)
    return escaped(sentence(change.why or ""))


def aborted_by(change: Change) -> str:
    """Who went back: from what was under way, or from what ran already."""
    done = "Aborted" if change.steady_at is None else "Rolled back"
    return f"{done} by {mention(change.ended_by)}."


def _progress_lines(
    change: Change, progress: Progress | None, now: datetime, usually: timedelta | None
) -> str:
    began = (change.back or change.rollout) if change.state is S.ROLLING_BACK else change.rollout
    since = now - (began.began_at if began else change.changed_at)
    is_back = change.state is S.ROLLING_BACK
    usual = f" (usually {spoken(usually)})" if usually and not is_back else ""
    if progress is None:
        return f"{bar(0, 1)}  waiting for ECS to begin{usual}"
    tasks = counted(progress.desired, "task" if is_back else "new task")
    done = f"{progress.healthy} of {tasks} {known_as(progress)}"
    lines = [f"{bar(progress.healthy, progress.desired)}  {done} · {spoken(since)}{usual}"]
    if targets := progress.targets or progress.all_targets:
        states = sorted(targets.items())
        lines.append("*targets*  " + " · ".join(f"{n} {escaped(state)}" for state, n in states))
    if progress.failed:
        lines.append(f"*stopped*  {counted(progress.failed, 'task')} so far")
    if progress.latest_event:
        lines.append(f"*last*  {escaped(progress.latest_event)}")
    return "\n".join(lines)


def known_as(progress: Progress) -> str:
    """What is known of the tasks that are counted: without a load balancer only that they run."""
    return "running" if progress.targets is None else "healthy"
