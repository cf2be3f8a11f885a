"""A runbook's steps in a thread: each with a box, and who has ticked it. Nobody is pinged by it."""

from bot.cards.blocks import (
    CUT,
    MESSAGE_BLOCKS,
    Block,
    Message,
    context,
    cut,
    escaped,
    message,
    section,
    tickable,
)
from bot.cards.markdown import mrkdwn_of
from bot.cards.text import bar, counted, moment
from bot.domain.runbooks import Runbook, Step, Tick

TICK = "runbook.tick"
STEP_CHARACTERS = 1200
ALL_CHARACTERS = 10_000
"""Of all steps together: Slack refuses some 13,000 in one message, and documents no limit."""
NAME_CHARACTERS = 30
HEADING_CHARACTERS = 100
MOST_BLOCKS = MESSAGE_BLOCKS - 4
"""Before a step: it, its heading, the first line and the count of what is left out fit then."""


def checklist(runbook: Runbook) -> Message:
    """The message as the ticks are now."""
    steps = runbook.steps
    done = sum(number in runbook.ticks for number in range(len(steps)))
    said = f"{done} of {counted(len(steps), 'step')} done"
    head = f"Runbook {escaped(runbook.name)}: {said}"
    blocks = [section(f"*Runbook {escaped(runbook.name)}*  {bar(done, len(steps))}  {said}")]
    return message(head, [*blocks, *_steps(runbook)])


def _steps(runbook: Runbook) -> list[Block]:
    """As many as one message takes, under their headings; the rest are counted."""
    blocks: list[Block] = []
    under, taken = "", 0
    for number, step in enumerate(runbook.steps):
        text = _text(number, step)
        taken += len(text) + len(step.section)
        if len(blocks) > MOST_BLOCKS or taken > ALL_CHARACTERS:
            left = counted(len(runbook.steps) - number, "more step")
            return [*blocks, context(f"and {left}, in its file")]
        if step.section not in {under, ""}:
            under = step.section
            blocks.append(context(f"*{escaped(cut(under, HEADING_CHARACTERS))}*"))
        blocks.append(
            tickable(
                text,
                _label(runbook.ticks.get(number)),
                action_id=TICK,
                subject_id=f"{runbook.group_id}/{number}",
                revision=runbook.revision,
                is_ticked=number in runbook.ticks,
            )
        )
    return blocks


def _text(number: int, step: Step) -> str:
    read = step.text[: 2 * STEP_CHARACTERS]  # addresses take some of it that is not shown
    shown = cut(mrkdwn_of(read), STEP_CHARACTERS)
    is_cut = len(read) < len(step.text) and not shown.endswith(CUT)
    return f"*{number + 1}.* {shown}{CUT if is_cut else ''}"


def _label(tick: Tick | None) -> str:
    """Beside the box: who has ticked it, by name, and when."""
    if tick is None:
        return "done"
    return f"{escaped(cut(tick.name, NAME_CHARACTERS))} {moment(tick.at)}"
