"""A runbook's steps in a thread: each with a box, and who has ticked it. Nobody is pinged by it."""

from collections.abc import Iterator

from bot.cards.blocks import Block, Message, context, cut, escaped, message, section, tickable
from bot.cards.markdown import mrkdwn_of
from bot.cards.text import bar, counted, moment
from bot.domain.runbooks import Runbook, Step, Tick
from bot.domain.runbooks.read import MOST_STEPS

TICK = "runbook.tick"
STEP_CHARACTERS = 1200
ALL_CHARACTERS = 10_000
"""Of all steps together: Slack refuses some 13,000 in one message, and documents no limit."""
NAME_CHARACTERS = 30
NOT_DONE = "done"


def checklist(runbook: Runbook) -> Message:
    """The message as the ticks are now."""
    steps = runbook.steps
    done = sum(number in runbook.ticks for number in range(len(steps)))
    said = f"{done} of {counted(len(steps), 'step')} done"
    head = f"Runbook {escaped(runbook.name)}: {said}"
    blocks = [section(f"*Runbook {escaped(runbook.name)}*  {bar(done, len(steps))}  {said}")]
    return message(head, [*blocks, *_steps(runbook)])


def _steps(runbook: Runbook) -> Iterator[Block]:
    under, taken = "", 0
    for number, step in enumerate(runbook.steps):
        text = _text(number, step)
        taken += len(text) + len(step.section)
        if number >= MOST_STEPS or taken > ALL_CHARACTERS:
            yield context(f"and {counted(len(runbook.steps) - number, 'more step')}, in its file")
            return
        if step.section != under:
            under = step.section
            yield context(f"*{escaped(under)}*")
        yield tickable(
            text,
            _label(runbook.ticks.get(number)),
            action_id=TICK,
            subject_id=f"{runbook.group_id}/{number}",
            revision=runbook.revision,
            is_ticked=number in runbook.ticks,
        )


def _text(number: int, step: Step) -> str:
    return f"*{number + 1}.* {cut(mrkdwn_of(step.text), STEP_CHARACTERS)}"


def _label(tick: Tick | None) -> str:
    """Beside the box: who has ticked it, by name, and when."""
    if tick is None:
        return NOT_DONE
    return f"{escaped(cut(tick.name, NAME_CHARACTERS))} {moment(tick.at)}"
