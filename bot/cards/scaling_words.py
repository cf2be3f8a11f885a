"""What a scaling is called: the first line of its card, and the lines in its thread."""

from datetime import datetime

from bot.cards.blocks import Message, escaped, message, section
from bot.cards.text import day_and_time, moment, spoken
from bot.domain.scaling.capacity import led
from bot.domain.scaling.scaling import Scaling, ScalingState

S = ScalingState
_MARKED = {
    S.LOOKING: ("🔵", "Looking at scaling"),
    S.PROPOSED: ("🔵", "Proposed scaling"),
    S.CONFIRMED: ("🔵", "Waiting to scale"),
    S.APPLYING: ("🔵", "Scaling"),
    S.SCALING: ("🔵", "Scaling"),
    S.STANDING: ("🟢", "Scaled"),
    S.DUE: ("🔵", "Going back"),
    S.REVERTING: ("🔵", "Going back"),
    S.REHEARSED: ("⚪", "Dry run, scaling"),
    S.REFUSED: ("⚫", "Not scaled"),
    S.CANCELLED: ("⚫", "Cancelled scaling"),
    S.EXPIRED: ("⚫", "Expired scaling"),
    S.SCALED: ("🟢", "Scaled"),
    S.STUCK: ("🔴", "Scaled, tasks missing"),
    S.KEPT: ("🟢", "Kept"),
    S.REVERTED: ("🟢", "Set back"),
    S.HANDED_OVER: ("⚫", "Handed over"),
    S.GAVE_WAY: ("⚫", "Gave way"),
    S.FAILED: ("🔴", "Not set back"),
}
_SAYS_FORCED = frozenset({S.PROPOSED, S.CONFIRMED, S.APPLYING, S.SCALING, S.STANDING, S.SCALED})
_SAYS_HOW_LONG = frozenset(
    {S.LOOKING, S.PROPOSED, S.CONFIRMED, S.APPLYING, S.SCALING, S.STANDING, S.REHEARSED}
)
_GOES_BACK = frozenset({S.DUE, S.REVERTING, S.REVERTED})


def headline(scaling: Scaling) -> str:
    """State, what and where, in one plain line; it is the notification too."""
    mark, word = _MARKED[scaling.state]
    if scaling.state is S.FAILED and scaling.set_at is None:
        word = "Scaling unknown"
    if scaling.state is S.STANDING and scaling.why is not None:
        mark, word = "🟠", "Scaled, tasks missing"
    if scaling.forced is not None and scaling.state in _SAYS_FORCED:
        word = f"{word} by force"
    what = _what(scaling)
    join = " " if what[:1].isdigit() else ", "
    line = f"{mark} {word}: {scaling.service} in {scaling.environment}{join}{what}"
    if scaling.length is not None and scaling.state in _SAYS_HOW_LONG:
        line += f" for {spoken(scaling.length)}"
    return line


def _what(scaling: Scaling) -> str:
    """What leads where, by what it does now."""
    if scaling.found is None or scaling.wanted is None or scaling.set_at is None:
        return scaling.led
    if scaling.state in _GOES_BACK:
        return led(scaling.wanted, scaling.found)
    if scaling.state in {S.KEPT, S.HANDED_OVER, S.GAVE_WAY, S.FAILED}:
        return scaling.wanted.text
    return scaling.led


def set_line(scaling: Scaling) -> Message:
    """That AWS took it, and until when."""
    at = f" at {moment(scaling.set_at)}" if scaling.set_at is not None else ""
    until = f"; until {day_and_time(scaling.until)}" if scaling.until is not None else ""
    return _line(f"AWS has it{at}: {escaped(scaling.led)}{until}")


def returned_line(why: str, *, at: datetime) -> Message:
    """That it has to be confirmed once more."""
    return _line(f"Back to the proposal at {moment(at)}: {escaped(why)}")


def pressed_line(done: str, *, at: datetime) -> Message:
    """What a person did. The card says who: an entry would notify."""
    return _line(f"{done} at {moment(at)}")


def ended_entry(scaling: Scaling) -> Message:
    """How it ended."""
    head = headline(scaling)
    return _line(escaped(f"{head}\n{scaling.why}" if scaling.why else head))


def _line(text: str) -> Message:
    return message(text, [section(text)])
