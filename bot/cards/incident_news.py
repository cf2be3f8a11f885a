"""What the thread is told of a PagerDuty incident: how it moved, and what was said there.

People are named and never mentioned: an entry must not call anybody.
"""

from collections.abc import Callable, Mapping

from bot.cards.blocks import Message, cut, escaped, message, section
from bot.cards.links import is_address, link
from bot.domain.incident import IncidentStatus, Moved, PagerDutyIncident, Responder
from bot.domain.incident_news import News, NewsKind
from bot.domain.secrecy import masked

LONGEST_TEXT = 600
"""Characters of somebody's words in an entry; Slack folds longer ones, and PagerDuty has them."""
K = NewsKind


def moved_entry(
    incident: PagerDutyIncident, moves: tuple[Moved, ...], by: Responder | None
) -> Message:
    """How PagerDuty's incident stands otherwise than before, in one line."""
    said = []
    if Moved.STATUS in moves:
        said.append(_status(incident, by))
    elif Moved.PAGED in moves:
        said.append(f"now with {_names(incident)}")
    if Moved.PRIORITY in moves:
        named = escaped(incident.priority) if incident.priority else "none"
        said.append(f"priority {named}")
    who = "" if Moved.STATUS in moves else _done_by(by)
    return _line(f"PagerDuty {escaped(incident.label)} {' · '.join(said)}{who}")


def _status(incident: PagerDutyIncident, by: Responder | None) -> str:
    match incident.status:
        case IncidentStatus.ACKNOWLEDGED:
            return "acknowledged" + _by(incident.acknowledged_by)
        case IncidentStatus.RESOLVED:
            return "resolved" + _by(incident.resolved_by)
        case IncidentStatus.TRIGGERED:
            paging = f", paging {_names(incident)}" if incident.assignees else ""
            return f"is triggered again{_by(by)}{paging}: nobody is on it"


def _names(incident: PagerDutyIncident) -> str:
    return ", ".join(escaped(name) for name in incident.assignees)


def _by(who: Responder | None) -> str:
    return f" by {escaped(who.name)}" if who else ""


def _done_by(who: Responder | None) -> str:
    return f", by {escaped(who.name)}" if who else ""


def news_entry(incident: PagerDutyIncident, news: News) -> Message:
    """One thing that was told beside how the incident stands."""
    label = f"PagerDuty {escaped(incident.label)}"
    if news.kind in _SAYINGS:
        return _line(_SAYINGS[news.kind](label, news))
    return _line(f"{label}{_FACTS[news.kind](news)}{_done_by(news.by)}")


def merged_entry(incident: PagerDutyIncident, other: PagerDutyIncident) -> Message:
    """Its alerts are another incident's now."""
    by = _by(incident.resolved_by)
    label = f"PagerDuty {escaped(incident.label)}"
    return _line(f"{label} was merged into {escaped(other.label)}{by}: that one counts from now on")


def note_entry(incident: PagerDutyIncident, by: str, content: str) -> Message:
    """A note somebody wrote from a card; `by` is what they are called."""
    return _line(
        f"Note on PagerDuty {escaped(incident.label)} by {escaped(by)}:\n{_quoted(content)}"
    )


def asked_entry(incident: PagerDutyIncident, by: str, who: str) -> Message:
    """Somebody was asked to join from a card."""
    label = escaped(incident.label)
    return _line(f"PagerDuty {label}: {escaped(who)} was asked to join by {escaped(by)}")


def snoozed_entry(incident: PagerDutyIncident, by: str, until: str) -> Message:
    """Somebody snoozed it from a card; `until` is mrkdwn."""
    return _line(f"PagerDuty {escaped(incident.label)} snoozed until {until} by {escaped(by)}")


def not_noted_entry(incident: PagerDutyIncident, by: str, content: str, why: str) -> Message:
    """A note that did not reach PagerDuty, with its words, for they are nowhere else."""
    return _line(
        f"⚪ {escaped(by)} could not write a note on PagerDuty {escaped(incident.label)}: "
        f"{escaped(why)}\n{_quoted(content)}"
    )


def _note(label: str, news: News) -> str:
    return f"Note on {label}{_by(news.by)}:\n{_quoted(news.text, is_cut=news.is_trimmed)}"


def _asked(label: str, news: News) -> str:
    said = f"{label}: {_about(news, 'somebody')} was asked to join{_by(news.by)}"
    return f"{said}:\n{_quoted(news.text)}" if news.text.strip() else said


def _replied(label: str, news: News) -> str:
    answers = {"accepted": "joins", "declined": "does not join"}
    said = answers.get(news.text, f"replied {_words(news.text)}".strip())
    return f"{label}: {_about(news, 'whoever was asked')} {said}"


def _status_update(label: str, news: News) -> str:
    return f"Status update of {label}{_by(news.by)}:\n{_quoted(news.text, is_cut=news.is_trimmed)}"


def _bridge(news: News) -> str:
    where = [link(news.url, news.url)] if is_address(news.url) else []
    where += [_words(news.text)] if news.text else []
    return f": conference bridge {' · '.join(where) or 'taken away'}"


def _of_state(what: str, state: str = "") -> Callable[[News], str]:
    """`: workflow Open a bridge started`; the state is the news' own where none is given."""

    def say(news: News) -> str:
        return " ".join(filter(None, (f": {what}", _words(news.about), state or _words(news.text))))

    return say


_SAYINGS: Mapping[NewsKind, Callable[[str, News], str]] = {
    K.NOTE: _note,
    K.ASKED: _asked,
    K.REPLIED: _replied,
    K.STATUS_UPDATE: _status_update,
}
"""What somebody said, in their words."""
_FACTS: Mapping[NewsKind, Callable[[News], str]] = {
    K.SERVICE: lambda news: f" is now of {_about(news, 'another service')}",
    K.INCIDENT_TYPE: lambda news: f" is now of the type {_about(news, 'of another name')}",
    K.FIELDS: lambda news: f": {_words(news.text) or 'fields changed'}",
    K.BRIDGE: _bridge,
    K.WORKFLOW_STARTED: _of_state("workflow", "started"),
    K.WORKFLOW_COMPLETED: _of_state("workflow", "completed"),
    K.ROLE: lambda news: f": {_about(news, 'nobody')} is {_words(news.text) or 'given a role'}",
    K.TASK: _of_state("task"),
    K.ACTION: _of_state("automation"),
}
"""What was done, in ours, after the incident's name; by whom is said behind it."""


def _about(news: News, otherwise: str) -> str:
    return _words(news.about) or otherwise


def _words(text: str) -> str:
    return escaped(cut(masked(" ".join(text.split())), 200))


def _quoted(text: str, *, is_cut: bool = False) -> str:
    """Somebody's words as a quotation, without what looks like a secret."""
    kept = masked(text.strip())
    shown = cut(kept, LONGEST_TEXT) + (" …" if is_cut and len(kept) <= LONGEST_TEXT else "")
    return "\n".join(f"> {escaped(line)}" for line in shown.splitlines() or ["(empty)"])


def _line(text: str) -> Message:
    return message(text, [section(text)])
