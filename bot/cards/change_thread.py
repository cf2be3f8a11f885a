"""What a change leaves in its thread: one line for each thing that happened, and raw evidence."""

from bot.cards.blocks import Message, escaped, message, section
from bot.cards.change import mention
from bot.cards.text import moment
from bot.domain.change import Act, ActKind, Rollout, revision_name
from bot.domain.failure import Failure

_DONE = {
    ActKind.CONFIRM: "Confirmed",
    ActKind.CANCEL: "Cancelled",
    ActKind.ABORT: "Aborted",
}


def done_text(act: Act) -> str:
    """`Confirmed by @alice at 14:02`."""
    return f"{_DONE[act.kind]} by {mention(act.by)} at {moment(act.at)}"


def done(act: Act) -> Message:
    """That it was confirmed, cancelled or aborted. The card says by whom: an entry would notify."""
    return _line(f"{_DONE[act.kind]} at {moment(act.at)}")


def started(rollout: Rollout) -> Message:
    """That ECS was asked, for which revision, and what it called the deployment."""
    named = f" as `{escaped(rollout.deployment_id)}`" if rollout.deployment_id else ""
    revision = escaped(revision_name(rollout.task_definition))
    return _line(f"ECS rolls out {revision}{named} from {moment(rollout.began_at)}")


def stopped(failure: Failure) -> Message:
    """The first task that stopped, in ECS's own words."""
    text = f"The first task that stopped:\n```{escaped(_unfenced(failure.raw))}```"
    return message(escaped(failure.what), [section(text)])


def ended(headline: str, why: str | None) -> Message:
    """How it ended; both from outside, neither escaped yet."""
    return _line(escaped(f"{headline}\n{why}" if why else headline))


def _line(text: str) -> Message:
    return message(text, [section(text)])


def _unfenced(raw: str) -> str:
    """Raw text that cannot end the code block it stands in."""
    return raw.replace("```", "'''")
