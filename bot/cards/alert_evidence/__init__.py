"""What sources said, as blocks of an alert group's card: in this order, below the first lines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.cards.alert_evidence import history, issues, log_lines, on_call, panel, runbook
from bot.cards.blocks import Block, section
from bot.domain.alert import AlertGroup
from bot.domain.evidence import history as earlier
from bot.domain.evidence import issues as sentry
from bot.domain.evidence import log_lines as logs
from bot.domain.evidence import on_call as called
from bot.domain.evidence import panel as grafana
from bot.domain.evidence import runbook as steps
from bot.domain.finding import Finding
from bot.domain.incident import PagerDutyIncident

BLOCKS: Mapping[str, Callable[[Any, AlertGroup], Sequence[Block]]] = {
    grafana.SOURCE: panel.blocks,
    sentry.SOURCE: issues.blocks,
    logs.SOURCE: log_lines.blocks,
    earlier.SOURCE: history.blocks,
    called.SOURCE: on_call.blocks,
    steps.SOURCE: runbook.blocks,
}
"""By the name of the source; each is given what its source said and whose card it is."""
SHORT_CHARACTERS = 1000
"""Two such paragraphs are joined: a section takes 3,000."""


def blocks(
    findings: Sequence[Finding], group: AlertGroup, incidents: Sequence[PagerDutyIncident] = ()
) -> list[Block]:
    """The blocks of every source that said something; what is only lines stands together.

    Who is on call is left out where the line of an incident says it.
    """
    said = {finding.source: finding.said for finding in findings if finding.said is not None}
    if called.SOURCE in said and on_call.is_said(said[called.SOURCE], incidents):
        del said[called.SOURCE]
    shown: list[Block] = []
    for source, drawn in BLOCKS.items():
        for block in drawn(said[source], group) if source in said else ():
            if shown and _is_lines(shown[-1]) and _is_lines(block):
                shown[-1] = section(f"{shown[-1]['text']['text']}\n{block['text']['text']}")
            else:
                shown.append(block)
    return shown


def _is_lines(block: Block) -> bool:
    """Whether it is nothing but a paragraph, and a short one."""
    is_plain = block.keys() == {"type", "text"} and block["type"] == "section"
    return is_plain and len(block["text"]["text"]) < SHORT_CHARACTERS
