"""What a change would do, on its card: what runs, what would, what is in the way."""

from collections.abc import Iterable, Sequence

from bot.cards.blocks import Block, context, escaped, section
from bot.cards.gate import approvals_line
from bot.cards.live import live
from bot.cards.text import counted, day_and_time, short_digest
from bot.domain.change import Approval, Change, ChangeKind
from bot.domain.gate import Decision, Obstacle
from bot.domain.plan import Plan, revision_name
from bot.domain.shift import Strategy
from bot.domain.verification import Check, Level

LONGEST_CHANGES = 600
MARKS = {Level.WARN: "⚠", Level.BLOCK: "✗", Level.UNKNOWN: "⚪"}


def planned(
    change: Change,
    *,
    approvals: Sequence[Approval] = (),
    required: int = 0,
    in_the_way: Decision | None = None,
    firing: Sequence[str] = (),
) -> list[Block]:
    """The plan, what was checked, and what it waits for."""
    plan = change.plan
    if plan is None:
        return []
    wanted = _renewed(plan) if change.kind is ChangeKind.RESTART else _wanted(plan)
    blocks = [section(running_line(plan)), section(wanted)]
    if checks := checks_text(plan.checks):
        blocks.append(section(checks))
    waits = [approvals_line(approvals, required) if change.forced is None else ""]
    waits += [f"⚠ {live(reason)}" for reason in _obstacles(in_the_way)]
    if in_the_way is not None:
        waits += [f"🟠 passed by force: {live(one.text)}" for one in in_the_way.overridden]
    if change.why:
        waits.insert(0, f"⚠ {escaped(change.why)}")
    if text := "\n".join(line for line in waits if line):
        blocks.append(section(text))
    if around := _around(plan, firing):
        blocks.append(context(around))
    return blocks


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


def _wanted(plan: Plan) -> str:
    image = short_digest(plan.wanted.digest) if plan.wanted.digest else escaped(plan.wanted.image)
    pushed = f" · pushed {day_and_time(plan.pushed_at)}" if plan.pushed_at else ""
    lines = [f"*image*  `{image}`{pushed}"]
    if plan.wanted.task_definition is not None:
        lines.append(f"*revision*  {escaped(revision_name(plan.wanted.task_definition))}")
    lines.append(f"*changes*  {_changed(plan)}")
    if plan.strategy is not Strategy.ROLLING:
        lines.append(f"*strategy*  {plan.strategy.value}")
    lines += [f"⚠ {escaped(warning)}" for warning in plan.warnings]
    return "\n".join(lines)


def _renewed(plan: Plan) -> str:
    """What a restart would do: the same again."""
    tasks = f"{counted(plan.desired, 'new task')} of the same revision"
    if plan.wanted.task_definition is not None:
        tasks += f" {escaped(revision_name(plan.wanted.task_definition))}"
    lines = [f"*restart*  {tasks}"]
    if plan.wanted.digest:
        lines.append(f"*image*  `{short_digest(plan.wanted.digest)}`")
    return "\n".join([*lines, *(f"⚠ {escaped(warning)}" for warning in plan.warnings)])


def _changed(plan: Plan) -> str:
    if len(plan.changed) == 1:
        return f"{escaped(plan.changed[0])} only"
    return " · ".join(escaped(field) for field in plan.changed) or "nothing but the revision"


def checks_text(checks: Iterable[Check]) -> str:
    """What was found in order, in short; everything else with what to do about it."""
    found = list(checks)
    fine = [escaped(check.name) for check in found if check.level is Level.OK]
    lines = [f"*checks*  ✓ {' · '.join(fine)}"] if fine else []
    for check in found:
        if check.level is not Level.OK:
            mend = f" _{escaped(check.mend)}_" if check.mend else ""
            lines.append(f"{MARKS[check.level]} {escaped(check.text)}{mend}")
    return "\n".join(lines)


def _obstacles(decision: Decision | None) -> list[str]:
    """What would stop it from beginning now; approvals have a line of their own."""
    if decision is None:
        return []
    return [
        f"{reason.text} {reason.way_past}"
        for reason in decision.reasons
        if reason.obstacle is not Obstacle.APPROVAL
    ]


def _around(plan: Plan, firing: Sequence[str]) -> str:
    """What whoever decides should know of the place: what fires there, and who is on call."""
    facts = []
    if firing:
        facts.append(f"🔴 firing there: {', '.join(escaped(name) for name in firing)}")
    if plan.on_call:
        facts.append(f"on call {', '.join(escaped(name) for name in plan.on_call)}")
    return " · ".join(facts)
