"""The picture of an alert group in words: for whoever cannot see it, and whose it is."""

from collections.abc import Sequence

from bot.cards.alert_lines import place_of
from bot.domain.alert import AlertGroup
from bot.domain.evidence.panel import SOURCE, Found, PanelShown
from bot.domain.finding import CHART, Finding
from bot.domain.unit import spoken_value


def chart_alt(group: AlertGroup) -> str:
    """The bot's own chart in words."""
    return f"Chart of {_what(group)}: {', '.join(_figures(group)) or 'no data'}"


def panel_alt(shown: PanelShown, group: AlertGroup) -> str:
    """The picture of Grafana's panel in words; its figures are the alert's own."""
    panel = f"Grafana's panel {shown.title} of {shown.dashboard}"
    return ", ".join([f"{panel}, for {_what(group)}", *_figures(group)])


def is_chosen(findings: Sequence[Finding]) -> bool:
    """Whether somebody chose the panel, and not its metrics alone: at night a guess is no better
    than the alert's own query."""
    panel = next((finding for finding in findings if finding.source == SOURCE), None)
    return panel is not None and bool(panel.said) and panel.said.found is not Found.METRICS


def whose_line(findings: Sequence[Finding], *, is_panel: bool) -> str:
    """Whose picture the card shows, where it could be either's; empty where it could not."""
    by_source = {finding.source: finding for finding in findings}
    panel = by_source.get(SOURCE)
    if panel is None or panel.said is None:
        return ""
    if not is_panel:
        is_beside = panel.picture is not None and panel.said.found is Found.METRICS
        where = "; Grafana's picture of the panel is in the thread" if is_beside else ""
        return f"The chart is the bot's own{where}."
    own = by_source.get(CHART)
    if own is None or own.picture is None:
        return "The picture is Grafana's panel."
    return "The picture is Grafana's panel; the alert's own query is drawn in the thread."


def _what(group: AlertGroup) -> str:
    where = place_of(group)
    return f"{group.name}{where and ', ' + where}"


def _figures(group: AlertGroup) -> list[str]:
    figures = [
        ("now", None if group.is_final else group.value),
        ("threshold", group.condition.threshold if group.condition else None),
        ("peak", group.peak.value if group.peak else None),
    ]
    return [
        f"{word} {spoken_value(value, group.unit)}" for word, value in figures if value is not None
    ]
