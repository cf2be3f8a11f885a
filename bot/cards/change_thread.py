"""What a change leaves in its thread: one line for each thing that happened, and raw evidence."""

from datetime import datetime

from bot.cards.blocks import Message, escaped, message, section
from bot.cards.evidence import findings_text
from bot.cards.text import mention, moment, sentence
from bot.domain.change import Act, ActKind, Change, Rollout
from bot.domain.failure import Failure
from bot.domain.judgement import Judgement
from bot.domain.plan import revision_name

_DONE = {
    ActKind.CONFIRM: "Confirmed",
    ActKind.CANCEL: "Cancelled",
    ActKind.REFUSE: "Refused",
    ActKind.HOLD: "Held",
    ActKind.PROMOTE: "Promoted to the next step",
    ActKind.KEEP: "Kept",
    ActKind.WAIT: "To be measured for longer",
    ActKind.ABORT: "Aborted",
}


def done_text(act: Act) -> str:
    """`Confirmed by @alice at 14:02`."""
    return f"{_DONE[act.kind]} by {mention(act.by)} at {moment(act.at)}"


def done(act: Act) -> Message:
    """What a person did. The card says who: an entry would notify."""
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


def went_on(weight: float, because: str, *, at: datetime) -> Message:
    """That ECS was told to take the next step, from which share of the traffic, and why."""
    return _line(f"Went on from {weight:g} % of the traffic at {moment(at)}: {escaped(because)}")


def asks(change: Change, *, at: datetime) -> Message:
    """That it is held and needs a word: the person whose change it is is called, once."""
    why = escaped(sentence(change.hold.why)) if change.hold is not None else ""
    whom = f"{mention(change.asked_by)}, it" if change.asked_by else "It"
    return _line(f"{whom} is held since {moment(at)} and waits for a word. {why}".rstrip())


def undone(judgement: Judgement, *, at: datetime) -> Message:
    """What the evidence was by which the bot went back, every query of it."""
    found = findings_text(judgement)
    text = f"The evidence speaks against it, at {moment(at)}:\n{found}"
    return message(escaped(judgement.why), [section(text)])


def voided(why: str, *, at: datetime) -> Message:
    """That what was confirmed or approved is not what would be started any more."""
    return _line(f"Back to the proposal at {moment(at)}: {escaped(why)}")


def ended(headline: str, why: str | None) -> Message:
    """How it ended; both from outside, neither escaped yet."""
    return _line(escaped(f"{headline}\n{why}" if why else headline))


def _line(text: str) -> Message:
    return message(text, [section(text)])


def _unfenced(raw: str) -> str:
    """Raw text that cannot end the code block it stands in."""
    return raw.replace("```", "'''")
