"""Where a query can be seen elsewhere over the same window: in Prometheus, in Grafana's Explore."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from bot.cards.links import is_address, open_address
from bot.domain.query import Wanted
from bot.domain.query.found import Found

LONGEST_ADDRESSES = 2000
"""Characters of all together: they stand in one block, with other small print."""
BEFORE_A_TABLE = timedelta(hours=1)
"""What is drawn around the moment of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Addresses for people's browsers; None where there is none."""

    prometheus: str | None = None
    grafana: str | None = None

    @classmethod
    def at(cls, *, prometheus: str | None, grafana: str | None) -> "Pages":
        """From the addresses that the bot itself uses: what lets it in stays with it."""
        return cls(
            prometheus=open_address(prometheus) or None, grafana=open_address(grafana) or None
        )


def pages_of(pages: Pages, wanted: Wanted, found: Found) -> Iterator[tuple[str, str]]:
    """The name and the address of each page; one that is too long for the card is left out."""
    left = LONGEST_ADDRESSES
    start, end = _window(found)
    is_table = found.window is None
    for name, url in (
        ("Prometheus", _prometheus(pages.prometheus, wanted.promql, start, end, is_table)),
        ("Grafana Explore", _explore(pages.grafana, wanted.promql, start, end, is_table)),
    ):
        if url is not None and is_address(url) and len(url) <= left:
            left -= len(url)
            yield name, url


def _window(found: Found) -> tuple[datetime, datetime]:
    if found.window is None:
        return found.at - BEFORE_A_TABLE, found.at
    return found.window.start, found.window.end


def _prometheus(
    base: str | None, promql: str, start: datetime, end: datetime, is_table: bool
) -> str | None:
    """Source: https://prometheus.io/docs/visualization/browser/ (the page's own address)."""
    if base is None:
        return None
    moment = f"{end.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    asked = {
        "g0.expr": promql,
        "g0.tab": "1" if is_table else "0",
        "g0.range_input": f"{(end - start).total_seconds():.0f}s",
        "g0.end_input": moment,
        "g0.moment_input": moment,
    }
    return f"{base}/graph?{urlencode(asked, quote_via=quote)}"


def _explore(
    base: str | None, promql: str, start: datetime, end: datetime, is_table: bool
) -> str | None:
    """Grafana takes its own data source of that kind where none is named.

    Source: https://grafana.com/docs/grafana/latest/explore/get-started-with-explore/ (URLs)
    """
    if base is None:
        return None
    query = {
        "refId": "A",
        "expr": promql,
        "instant": is_table,
        "range": not is_table,
        "datasource": {"type": "prometheus"},
    }
    pane = {
        "queries": [query],
        "range": {
            "from": f"{start.timestamp() * 1000:.0f}",
            "to": f"{end.timestamp() * 1000:.0f}",
        },
    }
    panes = json.dumps({"credlink": pane}, separators=(",", ":"))
    return f"{base}/explore?{urlencode({'schemaVersion': '1', 'panes': panes}, quote_via=quote)}"
