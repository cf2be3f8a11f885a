"""The audit: who did what, when, from which message, with which outcome.

Entries are numbered from 1 without a gap, and each holds the hash of the one before it: who alters,
removes or inserts one must write every later one again, and the head with them. What even that
cannot change is a head that was posted somewhere else before. `bot.domain.audit_proof` checks it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

GENESIS = "0" * 64
"""What the first entry holds in place of a hash before it."""
ENCODING = "credlink audit 1"
"""Part of what is hashed: an encoding with other columns would have another name."""
VALUE_CHARACTERS = 500
"""Of a detail's value, or of any other text of an entry; the rest is cut off."""
DETAILS = 40
CUT = "…"
_NOT_STORED = "\ufffd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. `key` is the same for every attempt to write it down.

    `actor` is a Slack user id, or the name of whatever else acted. `subject` is the id of what it
    was done to. `detail` never holds a secret: values that might be one are not given to it.
    """

    key: str
    at: datetime
    actor: str
    act: str
    outcome: str
    environment: str | None = None
    service: str | None = None
    subject: str | None = None
    source: str = ""
    """The channel and the message or command: `C0123ABCD:1337.42.abc`."""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the last entry's number, and its hash."""

    number: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place in the chain, as its row says."""

    number: int
    entry: Entry
    previous: str
    """The hash of the entry before it."""
    hash: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is no entry any more: something wrote there what the bot never writes."""

    number: int


def link_after(head: Head, entry: Entry) -> Link:
    """The entry as it is to be written at the end of the chain."""
    kept = storable(entry)
    number = head.number + 1
    return Link(number, kept, head.hash, digest(number, kept, head.hash))


def storable(entry: Entry) -> Entry:
    """The entry as both databases give it back: nothing too long, and no text they cannot hold."""
    detail = {_text(name): _text(value) for name, value in list(entry.detail.items())[:DETAILS]}
    return replace(
        entry,
        at=datetime.fromtimestamp(entry.at.timestamp(), UTC),
        actor=_text(entry.actor),
        act=_text(entry.act),
        outcome=_text(entry.outcome),
        environment=None if entry.environment is None else _text(entry.environment),
        service=None if entry.service is None else _text(entry.service),
        subject=None if entry.subject is None else _text(entry.subject),
        source=_text(entry.source),
        detail=detail,
    )


def _text(text: str) -> str:
    """Neither NUL, which PostgreSQL refuses, nor half a character, which is no UTF-8."""
    whole = text.encode("utf-8", "replace").decode().replace("\0", _NOT_STORED)
    return whole if len(whole) <= VALUE_CHARACTERS else whole[: VALUE_CHARACTERS - 1] + CUT


def digest(number: int, entry: Entry, previous: str) -> str:
    """SHA-256, in hex, of every column of an entry and the hash of the one before it.

    JSON with sorted names and a fixed form of moments: two different entries never have the same
    text, and the same entry never has two.
    """
    columns = {
        "number": number,
        "key": entry.key,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "act": entry.act,
        "outcome": entry.outcome,
        "environment": entry.environment,
        "service": entry.service,
        "subject": entry.subject,
        "source": entry.source,
        "detail": dict(entry.detail),
        "previous": previous,
    }
    written = json.dumps(
        [ENCODING, columns], sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def read_head(text: str) -> Head:
    """Read `NUMBER:HASH` as it was posted.

    Raises:
        ValueError: it is not one.
    """
    number, _, hash_ = text.strip().strip("`").partition(":")
    is_hash = len(hash_) == len(GENESIS) and set(hash_) <= set("0123456789abcdef")
    if not number.isdecimal() or not is_hash:
        raise ValueError(f"not a head such as 42:{GENESIS[:4]}… (64 hex digits): {text!r}")
    return Head(int(number), hash_)
