"""Entries and chains of them, made with only what a test wants to say."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.audit import Entry, Head, Link, link_after

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
ALICE = "U0ALICE01"
BOB = "U0BOB0001"


def an_entry(key: str = "asked:change-1", **said: Any) -> Entry:
    return Entry(
        **{
            "key": key,
            "at": NOW,
            "actor": ALICE,
            "act": "deploy",
            "outcome": "accepted",
            "environment": "prod",
            "service": "credlink-api",
            "subject": "change-1",
            "source": "C0OPS0001:1337.42.abc",
            "detail": {"version": "v1.2.0"},
            **said,
        }
    )


def a_chain(length: int) -> list[Link]:
    """So many entries, a minute apart."""
    head, links = Head(), []
    for number in range(1, length + 1):
        at = NOW + timedelta(minutes=number)
        links.append(link_after(head, an_entry(f"asked:change-{number}", at=at)))
        head = Head(number, links[-1].hash)
    return links


def head_of(links: list[Link]) -> Head:
    return Head(links[-1].number, links[-1].hash) if links else Head()
