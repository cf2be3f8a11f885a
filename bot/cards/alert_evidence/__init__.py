"""What sources said, as blocks of an alert group's card: in this order, below the first lines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.cards.alert_evidence import history, issues, log_lines, on_call, panel, runbook
from bot.cards.blocks import Block
from bot.domain.alert import AlertGroup
from bot.domain.evidence import history as earlier
from bot.domain.evidence import issues as sentry
from bot.domain.evidence import log_lines as logs
from bot.domain.evidence import on_call as called
from bot.domain.evidence import panel as grafana
from bot.domain.evidence import runbook as steps
from bot.domain.finding import Finding

BLOCKS: Mapping[str, Callable[[Any, AlertGroup], Sequence[Block]]] = {
    grafana.SOURCE: panel.blocks,
    sentry.SOURCE: issues.blocks,
    logs.SOURCE: log_lines.blocks,
    earlier.SOURCE: history.blocks,
    called.SOURCE: on_call.blocks,
    steps.SOURCE: runbook.blocks,
}
"""By the name of the source; each is given what its source said and whose card it is."""


def blocks(findings: Sequence[Finding], group: AlertGroup) -> list[Block]:
    """The blocks of every source that said something."""
    said = {finding.source: finding.said for finding in findings if finding.said is not None}
    return [
        block
        for source, drawn in BLOCKS.items()
        if source in said
        for block in drawn(said[source], group)
    ]
