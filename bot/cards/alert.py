"""The card of an alert group, from the first alert to how bad it was."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.cards import alert_evidence
from bot.cards.alert_lines import (
    alert_lines,
    facts_line,
    incident_line,
    labels_line,
    links_line,
    notes_of,
    on_it_line,
    outcome_line,
    place_of,
)
from bot.cards.alert_picture import chart_alt, panel_alt, whose_line
from bot.cards.blocks import (
    Block,
    Confirm,
    Element,
    Message,
    actions,
    button,
    context,
    cut,
    escaped,
    header,
    image,
    message,
    section,
)
from bot.cards.change_buttons import back_buttons
from bot.cards.responding import facts, menu, response_line
from bot.cards.silence_words import group_buttons, is_silent, silence_lines
from bot.cards.storm_words import noted_line
from bot.cards.suspects import others_line, suspect_lines, verdict_buttons
from bot.cards.text import spoken
from bot.domain.alert import Alert, AlertGroup, GroupState, Severity
from bot.domain.change import Change
from bot.domain.evidence.panel import SOURCE as PANEL
from bot.domain.finding import CHART, Finding, Phase
from bot.domain.incident import (
    IncidentStatus,
    PagerDutyIncident,
    Response,
    ResponseState,
)
from bot.domain.mended import Mended
from bot.domain.silence import Covering
from bot.domain.storm_act import Noted
from bot.domain.suspects import Ranking

ACKNOWLEDGE = "alert.acknowledge"
RESOLVE = "alert.resolve"
BUTTONS_IN_ROW = 5
LONGEST_NAME = 70
"""Of what fires, so that the first line has room for where, and how bad."""
LONGEST_SUMMARY = 500

S = GroupState
_MARKS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.INFO: "⚪"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """What the card of an alert group shows; made afresh from the rows for every revision of it."""

    group: AlertGroup
    alerts: Sequence[Alert]
    incidents: Sequence[PagerDutyIncident] = ()
    """Open ones first."""
    response: Response | None = None
    """What somebody asked of PagerDuty last."""
    findings: Sequence[Finding] = ()
    picture: str | None = None
    """Slack's id of the picture, once a block may show it."""
    picture_is_panel: bool = False
    """Whether it is Grafana's panel, and not the bot's own chart."""
    ranking: Ranking | None = None
    """What was done before the onset; None where the alert does not say where it is."""
    change: Change | None = None
    """The first suspect, where it is a change."""
    mended: Mended | None = None
    """What may have ended it."""
    way_back: str | None = None
    """What rolling `change` back would return to; None where that has no place."""
    shared_with: Sequence[str] = field(default=())
    """The names of other groups whose alerts are in the same open incident."""
    silences: Sequence[Covering] = ()
    """What silences alerts of it now, the longest first."""
    noted: Noted | None = None
    """Who took it on with a whole storm, where it pages nobody."""
    is_posted: bool = True
    """Whether Slack shows it already: an edit calls nobody, whoever it names."""
    now: datetime

    @property
    def incident(self) -> PagerDutyIncident | None:
        return self.incidents[0] if self.incidents else None


def card(view: AlertView) -> Message:
    """The alert group's card, in whatever state it is."""
    group = view.group
    head = headline(group, is_silenced=is_silent(view.silences, view.alerts))
    blocks: list[Block] = [header(head), section("\n".join(filter(None, _first_lines(view))))]
    if view.picture is not None:
        blocks.append(image(view.picture, _picture_alt(view)))
    if evidence := _evidence(view):
        blocks.append(section("\n".join(evidence)))
    blocks += alert_evidence.blocks(view.findings, group, view.incidents)
    if small := _small_print(view):
        blocks.append(context("\n".join(small)))
    blocks += [actions(*elements) for elements in _rows(view)]
    return message(escaped(head), blocks)


def headline(group: AlertGroup, *, is_silenced: bool = False) -> str:
    """State, what and where, in one plain line; it is the notification too."""
    where, name = place_of(group), cut(" ".join(group.name.split()), LONGEST_NAME)
    if group.state is S.RESOLVED:
        lasted = spoken((group.resolved_at or group.started_at) - group.started_at)
        return f"🟢 Resolved: {name}{where and ', ' + where} · lasted {lasted}"
    if group.state is S.ACKNOWLEDGED:
        return f"🟡 Acknowledged: {name}{where and ', ' + where} · {group.severity.word}"
    if group.is_blind:
        return f"⚪ No data: {name}{where and ', ' + where} · {group.severity.word}"
    if is_silenced:
        return f"🟡 Silenced: {name}{where and ', ' + where} · {group.severity.word}"
    return f"{_MARKS[group.severity]} {name}{where and ': ' + where} · {group.severity.word}"


def _picture_alt(view: AlertView) -> str:
    panel = next((one.said for one in view.findings if one.source == PANEL), None)
    if view.picture_is_panel and panel is not None:
        return panel_alt(panel, view.group)
    return chart_alt(view.group)


def _first_lines(view: AlertView) -> list[str]:
    """The one figure that matters now, and since when; who is on it."""
    group = view.group
    if group.state is S.RESOLVED:
        # What the alert said of itself then is no longer so; how bad it was says more.
        said = outcome_line(group, view.alerts, view.mended, is_measured=_is_measured(view))
        return [said] if group.peak else [said, _summary(view)]
    lines = [facts_line(group, view.alerts)]
    if group.state is S.ACKNOWLEDGED and view.incident is not None:
        lines.append(on_it_line(view.incident))
    elif view.noted is not None:
        lines.append(noted_line(view.noted))
    lines += silence_lines(view.silences, view.alerts)
    if summary := _summary(view):
        lines.append(summary)
    if view.response is not None:
        lines.append(response_line(view.response, view.incident, group))
    return lines


def _is_measured(view: AlertView) -> bool:
    """Whether the peak will stay as it is: the chart of the end may still find a worse one."""
    charts = [finding for finding in view.findings if finding.source == CHART]
    return not any(chart.phase is Phase.ONSET and chart.picture for chart in charts)


def _summary(view: AlertView) -> str:
    """What the alert says of itself, where all that fired say the same; without data, that."""
    if view.group.is_blind:
        return " ".join(escaped(note) for note in notes_of(view.alerts)[:1])
    for name in ("summary", "description"):
        said = {alert.annotations.get(name, "") for alert in view.alerts}
        if len(said) == 1 and (text := said.pop()):
            return escaped(cut(text, LONGEST_SUMMARY))
    return ""


def _evidence(view: AlertView) -> list[str]:
    group = view.group
    lines = [] if group.is_final else alert_lines(group, view.alerts)
    if view.ranking is not None:
        lines += suspect_lines(view.ranking, group, may_name=view.is_posted)
    lines += [
        incident_line(incident, group) + facts(incident, view.now) for incident in view.incidents
    ]
    if links := links_line(view.alerts):
        lines.append(links)
    return lines


def _small_print(view: AlertView) -> list[str]:
    """What cannot be seen, what is missing and why, and what the alerts have in common."""
    group = view.group
    notes = [group.condition.note if group.condition else group.condition_note]
    notes += [] if group.is_blind else notes_of(view.alerts)
    notes += [finding.note for finding in view.findings]
    notes += [f"⚪ {finding.missing}" for finding in view.findings if finding.missing]
    if group.truncated:
        notes.append(f"{group.source.called} left out {group.truncated} more alerts.")
    if not group.is_routed:
        notes.append("No route of the catalogue matches these labels, so it is shown here.")
    if group.occurrence > 1:
        notes.append(f"It fires for the {_ordinal(group.occurrence)} time.")
    said = [escaped(note) for note in dict.fromkeys(notes) if note]
    if group.mention and group.mention.startswith("S") and not group.is_final:
        said.insert(0, f"<!subteam^{group.mention}>")
    if view.picture is not None and (
        whose := whose_line(view.findings, is_panel=view.picture_is_panel)
    ):
        said.append(whose)
    if view.ranking is not None and (others := others_line(view.ranking, group)):
        said.append(others)
    if labels := labels_line(group, view.alerts):
        said.append(labels)
    return said


def _ordinal(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def buttons(view: AlertView) -> list[Element]:
    """Only what can still be done, and one thing asked at a time; what stays after the end is the
    question what it was."""
    return [*_answers(view), *_quiet(view), *_about_suspect(view), *_more(view)]


def _quiet(view: AlertView) -> list[Element]:
    return group_buttons(view.group, view.silences)


def _rows(view: AlertView) -> list[list[Element]]:
    """The buttons in rows a phone can show: what is about the suspect together."""
    every = buttons(view)
    if len(every) <= BUTTONS_IN_ROW:
        return [every] if every else []
    return [[*_answers(view), *_quiet(view), *_more(view)], _about_suspect(view)]


def _about_suspect(view: AlertView) -> list[Element]:
    asked = verdict_buttons(view.group, view.ranking) if view.ranking is not None else []
    return [*asked, *_back(view)]


def _can_be_asked(view: AlertView) -> PagerDutyIncident | None:
    """The incident that something can be asked of now: one thing at a time."""
    incident = view.incident
    if incident is None or not incident.is_open or view.group.is_final:
        return None
    if view.response is not None and view.response.state is ResponseState.PENDING:
        return None
    return incident


def _more(view: AlertView) -> list[Element]:
    return [menu(view.group)] if _can_be_asked(view) is not None else []


def _answers(view: AlertView) -> list[Element]:
    incident = _can_be_asked(view)
    if incident is None:
        return []
    elements = []
    if incident.status is IncidentStatus.TRIGGERED:
        elements.append(_acknowledge(view, incident))
    elements.append(_resolve(view, incident))
    return elements


def _back(view: AlertView) -> list[Element]:
    """The way back from the first suspect, as on that change's own card."""
    return [] if view.group.is_final else back_buttons(view.change, view.way_back)


def _acknowledge(view: AlertView, incident: PagerDutyIncident) -> Element:
    confirm = None
    if view.shared_with:
        confirm = Confirm(
            title=f"Acknowledge {incident.label}?",
            text=f"PagerDuty has joined more alerts in it: {_also(view)}. "
            "All of them are acknowledged.",
            confirm="Acknowledge",
        )
    return _button(view, "Acknowledge", ACKNOWLEDGE, style="primary", confirm=confirm)


def _resolve(view: AlertView, incident: PagerDutyIncident) -> Element:
    text = "It is resolved in PagerDuty; the alert itself ends only when its condition does."
    if view.shared_with:
        text = f"PagerDuty has joined more alerts in it: {_also(view)}. {text}"
    confirm = Confirm(title=f"Resolve {incident.label}?", text=text, confirm="Resolve")
    return _button(view, "Resolve", RESOLVE, style="danger", confirm=confirm)


def _also(view: AlertView) -> str:
    return ", ".join(escaped(name) for name in view.shared_with)


def _button(
    view: AlertView, label: str, action_id: str, *, style: str, confirm: Confirm | None
) -> Element:
    return button(
        label,
        action_id=action_id,
        subject_id=view.group.id,
        revision=view.group.state_revision,
        style=style,
        confirm=confirm,
    )
