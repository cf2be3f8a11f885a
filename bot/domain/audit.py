"""The audit: who did what, when, from which message, with which outcome; and proof that it stands.

Entries are numbered from 1 without a gap, and each holds the hash of the one before it: who alters,
removes or inserts one must write every later one again, and the head with them. What even that
cannot change is a head that was posted somewhere else before.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

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
        at=entry.at.astimezone(UTC),
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


class Fault(StrEnum):
    """What can be wrong with a chain."""

    CONTENT = "content"
    """What an entry says is not what was written."""
    LINK = "link"
    """Two neighbours do not hold together."""
    MISSING = "missing"
    INSERTED = "inserted"
    CUT = "cut"
    """The newest entries are gone."""
    HEAD = "head"
    """The head's row is gone, or it is not that of the last entry."""
    REWRITTEN = "rewritten"
    """All holds together, and it is not what was posted before."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the entries from `first` to `last`."""

    fault: Fault
    first: int
    last: int

    @property
    def text(self) -> str:
        """What was found and what to do, in plain sentences."""
        one = self.first == self.last
        which = f"Entry {self.first}" if one else f"Entries {self.first} to {self.last}"
        return f"{which} {_FOUND[self.fault][not one]} {_TO_DO[self.fault]}"


_FOUND: Mapping[Fault, tuple[str, str]] = {
    Fault.CONTENT: (
        "was altered: what it says does not fit its hash.",
        "were altered: what they say does not fit their hashes.",
    ),
    Fault.LINK: (
        "does not hold together with the one before it: one of the two was written again, or its "
        "link was altered.",
        "do not hold together with the ones before them: they were written again, or their links "
        "were altered.",
    ),
    Fault.MISSING: ("is missing.", "are missing."),
    Fault.INSERTED: (
        "was inserted by somebody else than the bot.",
        "were inserted by somebody else than the bot.",
    ),
    Fault.CUT: ("was there once and is cut off.", "were there once and are cut off."),
    Fault.HEAD: (
        "is the last, and the chain's head (the row of audit_heads) is gone or is another's.",
    )
    * 2,
    Fault.REWRITTEN: (
        "is not the one whose hash was posted: the chain was written again up to it or before it.",
    )
    * 2,
}
_COMPARE = "Compare the rows with a backup of the database"
_TO_DO: Mapping[Fault, str] = {
    Fault.CONTENT: f"{_COMPARE} and with what Slack shows of that time.",
    Fault.LINK: f"{_COMPARE}; a head posted in Slack tells which of them is true (--head).",
    Fault.MISSING: f"{_COMPARE}, and ask who may delete rows there.",
    Fault.INSERTED: f"{_COMPARE}, and ask who may write rows there.",
    Fault.CUT: f"{_COMPARE}; if it was restored from an older one, say so in the channel.",
    Fault.HEAD: "Check the newest head posted in Slack with --head before trusting the end.",
    Fault.REWRITTEN: f"{_COMPARE} of the day of that post.",
}


@dataclass(slots=True)
class _Doubt:
    """An entry that does not fit its hash; what follows it tells which of the two was altered."""

    number: int
    computed: str
    was_relinked: bool


class Walk:
    """Walks a chain in the order of numbers: `see` each entry, then `end` tells what is wrong."""

    def __init__(self, posted: Sequence[Head] = ()) -> None:
        """`posted` are heads known from elsewhere: the chain must still contain them."""
        self._posted = sorted(posted, key=lambda head: head.number)
        self._found: list[Problem] = []
        self._doubt: _Doubt | None = None
        self.last = 0
        """The number of the last entry seen."""
        self._hashes = frozenset({GENESIS})
        """What may be called the hash of that entry: the one it holds, and the one it should."""
        self._check_posted()

    def see(self, link: Link) -> None:
        """Look at the next entry; numbers that go backwards were never given by the bot."""
        if link.number <= self.last:
            self._find(Fault.INSERTED, link.number)
            return
        expected: frozenset[str] | None = self._hashes
        if link.number > self.last + 1:
            self._find(Fault.MISSING, self.last + 1, link.number - 1)
            self._settle(None)
            expected = None
        self._settle(link.previous)
        computed = digest(link.number, link.entry, link.previous)
        is_linked = expected is None or link.previous in expected
        if computed != link.hash:
            was_relinked = expected is not None and any(
                digest(link.number, link.entry, before) == link.hash for before in expected
            )
            self._doubt = _Doubt(link.number, computed, was_relinked)
        elif not is_linked:
            self._find(Fault.LINK, link.number)
        self.last = link.number
        self._hashes = frozenset({computed, link.hash})
        self._check_posted()

    def end(self, head: Head | None) -> tuple[Problem, ...]:
        """Everything wrong, by number; `head` is the chain's head as its row says."""
        self._settle(head.hash if head is not None else None)
        if head is None:
            if self.last > 0:
                self._find(Fault.HEAD, self.last)
        elif head.number > self.last:
            self._find(Fault.CUT, self.last + 1, head.number)
        elif head.number < self.last:
            self._find(Fault.INSERTED, head.number + 1, self.last)
        elif head.hash not in self._hashes:
            self._find(Fault.HEAD, self.last)
        for posted in self._posted:
            if posted.number > self.last:
                self._find(Fault.CUT, self.last + 1, posted.number)
        return _joined(self._found)

    def _settle(self, next_holds: str | None) -> None:
        """Say what was altered in the entry in doubt, by the hash that its successor holds."""
        doubt, self._doubt = self._doubt, None
        if doubt is None:
            return
        is_link = doubt.was_relinked or doubt.computed == next_holds
        self._find(Fault.LINK if is_link else Fault.CONTENT, doubt.number)

    def _check_posted(self) -> None:
        for posted in self._posted:
            if posted.number == self.last and posted.hash not in self._hashes:
                self._find(Fault.REWRITTEN, posted.number)

    def _find(self, fault: Fault, first: int, last: int | None = None) -> None:
        self._found.append(Problem(fault, first, first if last is None else last))


def _joined(found: Sequence[Problem]) -> tuple[Problem, ...]:
    """By number, each once; neighbours with the same fault are one problem."""
    joined: list[Problem] = []
    for problem in sorted(set(found), key=lambda one: (one.first, one.last)):
        before = next((p for p in reversed(joined) if p.fault is problem.fault), None)
        if before is not None and problem.first <= before.last + 1:
            place = joined.index(before)
            joined[place] = replace(before, last=max(before.last, problem.last))
        else:
            joined.append(problem)
    return tuple(joined)


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
