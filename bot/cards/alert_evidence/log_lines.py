"""What a service's log said around the onset: what most lines say, and never more than three lines.

What lines say stands in rich text, where nothing of it is markup. It comes without its secrets.
"""

from collections.abc import Sequence

from bot.cards.aws_console import log_search
from bot.cards.blocks import Block, cut, section
from bot.cards.links import link
from bot.cards.rich import bullets, words
from bot.cards.text import counted, moment
from bot.domain.alert import AlertGroup
from bot.domain.evidence.log_lines import ErrorLines
from bot.domain.logs.errors import PATTERN

SHOWN = 2
CHARACTERS = 120


def blocks(found: ErrorLines, group: AlertGroup) -> Sequence[Block]:
    """How many error lines since when, and what most of them say; those of before are marked."""
    url = log_search(found.region, found.group, PATTERN, found.since, found.until)
    lines = [section(f"*log*  {_figures(found)} · {link(url, 'CloudWatch')}")]
    paragraphs = [
        [
            words(f"{one.count:,}×", bold=True),
            words(f"  {cut(one.words, CHARACTERS)}"),
            words("  new" if one.is_new else "", italic=True),
        ]
        for one in found.said[:SHOWN]
    ]
    return [*lines, *bullets([[w for w in p if w["text"]] for p in paragraphs])]


def _figures(found: ErrorLines) -> str:
    if found.first_at is None:
        is_all = found.is_whole and not found.is_cut
        searched = "" if is_all else ", as far as it was searched"
        return f"no error line since {moment(found.since)}{searched}"
    more = "more than " if found.is_cut or not found.is_whole else ""
    lines = counted(found.total, "error line")
    if found.is_cut:  # the first of those that were read
        return f"{more}{lines} from {moment(found.since)} on"
    return f"{more}{lines}, the first at {moment(found.first_at)}"
