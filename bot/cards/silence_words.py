"""How cards and threads speak of silences: the buttons, the lines, and until when by whom."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.blocks import (
    Confirm,
    Element,
    Message,
    actions,
    button,
    cut,
    escaped,
    message,
    section,
)
from bot.cards.text import day_and_time, mention, spoken
from bot.domain.alert import Alert, AlertGroup, Source
from bot.domain.silence import EXTENDED_BY, Covering, Silence
from bot.domain.silence.matchers import Matcher, Operator, written

FORM = "alert.silence"
"""Opens the form."""
CONFIRM, END, EXTEND = "silence.confirm", "silence.end", "silence.extend"
LONGEST_REASON = 120
LINES = 3
"""Silences named on one card."""
SHORT_ID = 8
"""Characters of Alertmanager's id that people type."""


def title(matchers: Sequence[Matcher]) -> str:
    """What is silenced, in a few plain words: the alert's name first, and two more values."""
    exact = [one for one in matchers if one.operator is Operator.EQUAL and one.value]
    exact.sort(key=lambda one: one.name != "alertname")
    return cut(", ".join(one.value for one in exact[:3]) or written(matchers), 60)


def code(matchers: Sequence[Matcher]) -> str:
    """The matchers as they are typed, in mrkdwn."""
    return f"`{escaped(cut(written(matchers), 600)).replace('`', chr(39))}`"


def by_whom(silence: Silence) -> str:
    """Who made it: in Slack, or elsewhere under this name."""
    return mention(silence.by) if silence.by else escaped(silence.created_by or "somebody")


def silence_lines(coverings: Sequence[Covering], alerts: Sequence[Alert]) -> list[str]:
    """`Silenced until 18:00 by bob: deploying`, with how many where it is not all of them."""
    return [_until(covering, _firing(alerts)) for covering in coverings[:LINES]]


def _until(covering: Covering, firing: frozenset[str]) -> str:
    # What Alertmanager no longer tells of because it is silenced counts among all.
    silence, every = covering.silence, firing | covering.alerts
    some = f" {len(covering.alerts)} of {len(every)} alerts" if covering.alerts < every else ""
    said = f"🟡 Silenced{some} until {day_and_time(silence.ends_at)} by {by_whom(silence)}"
    return f"{said}: {escaped(cut(silence.reason, LONGEST_REASON))}" if silence.reason else said


def is_silent(coverings: Sequence[Covering], alerts: Sequence[Alert]) -> bool:
    """Whether all that fires is silenced."""
    covered = frozenset[str]().union(*(covering.alerts for covering in coverings))
    return bool(coverings) and _firing(alerts) <= covered


def _firing(alerts: Sequence[Alert]) -> frozenset[str]:
    return frozenset(alert.fingerprint for alert in alerts if alert.is_firing)


def group_buttons(group: AlertGroup, coverings: Sequence[Covering]) -> list[Element]:
    """*Silence…* while the group can be silenced, *End silence* while it is."""
    if group.is_final or group.source is not Source.ALERTMANAGER:
        return []
    if coverings:
        return [end_button(coverings[0].silence)]
    return [button("Silence…", action_id=FORM, subject_id=group.id, revision=group.state_revision)]


def end_button(silence: Silence) -> Element:
    """*End silence*, which says what becomes loud again."""
    says = f"{cut(written(silence.matchers), 150)} is told of again, at once if it fires now."
    return button(
        "End silence",
        action_id=END,
        subject_id=silence.alertmanager_id or silence.id,
        revision=silence.state_revision,
        confirm=Confirm("End this silence?", escaped(says), "End silence"),
    )


def extend_button(silence: Silence) -> Element:
    return button(
        f"Extend by {spoken(EXTENDED_BY)}",
        action_id=EXTEND,
        subject_id=silence.alertmanager_id or silence.id,
        revision=silence.state_revision,
    )


def begun_entry(silence: Silence) -> Message:
    """The group's thread is told that it is silenced; nobody is called."""
    who = escaped(silence.created_by or "somebody")
    why = f": {escaped(silence.reason)}" if silence.reason else ""
    return _line(f"silenced until {day_and_time(silence.ends_at)} by {who}{why}")


def ended_entry(silence: Silence, ended_by: str | None) -> Message:
    """The silence is over; `ended_by` is a name."""
    how = f"ended by {escaped(ended_by)}" if ended_by else "over"
    return _line(f"the silence of {code(silence.matchers)} is {how}")


def warning_entry(silence: Silence, now: datetime) -> Message:
    """It ends soon, and may be extended."""
    left = spoken(silence.ends_at - now)
    said = f"The silence by {escaped(silence.created_by or 'somebody')} ends in {left}, at "
    text = f"{said}{day_and_time(silence.ends_at)}: then this is told of again."
    return message(text, [section(text), actions(extend_button(silence), end_button(silence))])


def _line(text: str) -> Message:
    return Message(text, (section(text),))
