"""Notes people write for PagerDuty in Slack: what they say there, and which of its own we wrote."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.incident import ResponseState
from bot.domain.secrecy import masked

LONGEST_NOTE = 2000
"""Characters of somebody's own words; the message itself is a link away."""
CUT = "…"
_PERSON = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
_PLACE = re.compile(r"<[#!](?:[^|>]*\|)?([^>]*)>")
_LINK = re.compile(r"<([^|>]+)(?:\|([^>]*))?>")


@dataclass(frozen=True, slots=True)
class Mark:
    """Somebody marked a message with the emoji of notes."""

    channel_id: str
    ts: str
    by: str
    marked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message of somebody's, as Slack has it; `text` is mrkdwn."""

    ts: str
    thread_ts: str | None
    text: str
    by: str | None
    """None: a program wrote it, we ourselves perhaps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note somebody wrote for an incident.

    `key` is the same for everything it may be asked for again by: a press, or the same words of
    the same message. `content` is what PagerDuty is given.
    """

    id: str
    key: str
    incident_id: str
    group_id: str
    by: str
    """Slack user id."""
    email: str
    content: str
    is_from_thread: bool
    """A message that stands in the group's thread already."""
    asked_at: datetime
    tried_at: datetime | None = None
    """When PagerDuty was given it first: from then on it may be there."""
    state: ResponseState = ResponseState.PENDING
    why: str = ""
    """Why it failed, sentences."""
    pagerduty_id: str | None = None


def plain(text: str, name_of: Callable[[str], str]) -> str:
    """A message's mrkdwn as plain text: people by their names, links with their addresses."""
    text = _PERSON.sub(lambda found: f"@{name_of(found[1])}", text)
    text = _PLACE.sub(r"\1", text)
    text = _LINK.sub(lambda found: f"{found[2]} ({found[1]})" if found[2] else found[1], text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def written(text: str) -> str:
    """Somebody's words as a note: without secrets, and not longer than anybody reads."""
    kept = masked(text.strip())
    return kept if len(kept) <= LONGEST_NOTE else kept[: LONGEST_NOTE - 1] + CUT


def of_message(text: str, author: str, address: str) -> str:
    """A message as a note: PagerDuty shows who marked it, so it says itself who wrote it."""
    return f"{written(text)}\n({author} in Slack: {address})"


def is_same(note: Note, content: str, *, is_trimmed: bool = False) -> bool:
    """Whether what PagerDuty tells of is this note; it sends long ones cut short."""
    told, ours = content.strip(), note.content.strip()
    return told == ours or (is_trimmed and bool(told) and ours.startswith(told.rstrip(".…")))
