"""The form of *Silence all…*: what each alert name's silence would hide, for how long, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.cards.blocks import TEXT_CHARACTERS, Block, context, cut, escaped, section
from bot.cards.modal import Modal
from bot.cards.silence_form import length_choice, reason_input
from bot.cards.text import counted
from bot.domain.silence.matchers import written
from bot.domain.silence.preview import BACK
from bot.domain.storm_silence import Proposed

SUBMIT = "storm.silence.submit"
STORM, REVISION, CHANNEL, PREVIEWED = "storm", "revision", "channel", "previewed"
"""What the form carries; of what it previewed the marks, for nothing else may be made of it."""
MATCHERS_CHARACTERS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceAllView:
    """What the form shows."""

    storm_id: str
    revision: int
    channel_id: str
    proposed: Sequence[Proposed]
    left_out: int
    """Alert names that are more than one form shows."""
    others: int = 0
    """Groups that somebody else than Alertmanager tells of."""
    silent: str | None
    """Why Alertmanager did not say what fires now."""


def silence_all_form(view: SilenceAllView) -> Modal:
    """The form, with its preview."""
    allowed = [one for one in view.proposed if not one.refused]
    return Modal(
        callback_id=SUBMIT,
        title="Silence all",
        submit=f"Silence {counted(len(allowed), 'name')}",
        carried={
            STORM: view.storm_id,
            REVISION: str(view.revision),
            CHANNEL: view.channel_id,
            PREVIEWED: " ".join(one.mark for one in view.proposed),
        },
        blocks=(*_preview(view), length_choice(), reason_input(), _small_print(view)),
    )


def _preview(view: SilenceAllView) -> Iterator[Block]:
    """A line for each name, in as many sections as they need."""
    lines = [_line(one) for one in view.proposed]
    if view.left_out:
        lines.append(f"and {counted(view.left_out, 'more name')}: silence these first")
    taken: list[str] = []
    for line in lines:
        if taken and sum(map(len, taken)) + len(taken) + len(line) > TEXT_CHARACTERS:
            yield section("\n".join(taken))
            taken = []
        taken.append(line)
    if taken:
        yield section("\n".join(taken))


def _line(one: Proposed) -> str:
    """`• HighLatency: 120 groups · hides 1,200 alerts now, ⚠ 5 of them not of this storm`."""
    name = f"`{escaped(cut(written(one.matchers), MATCHERS_CHARACTERS)).replace('`', chr(39))}`"
    groups = counted(one.groups, "group")
    if one.refused:
        return f"• {name}: {groups} · ⚪ left out: {escaped(cut(one.refused, 200))}"
    if one.now is None:
        hides = "⚪ not known what it hides now"
    else:
        hides = f"hides *{counted(one.now, 'alert')}* now"
    beside = f", ⚠ {one.beside:,} of them not of this storm" if one.beside else ""
    more = one.past - (one.now or 0)
    past = f" · {more:,} more in the last {BACK.days} days" if more > 0 else ""
    return f"• {name}: {groups} · {hides}{beside}{past}"


def _small_print(view: SilenceAllView) -> Block:
    said = "Each name is a silence of its own, which can be ended by itself."
    if view.others:
        said += (
            f" {counted(view.others, 'group')} of other systems than Alertmanager: not silenced."
        )
    if view.silent is not None:
        said += f" Alertmanager did not say what fires now ({escaped(cut(view.silent, 150))})."
    return context(said)
