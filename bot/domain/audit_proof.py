"""Proof that the audit stands: what was altered, removed, inserted or cut off, by number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.audit import GENESIS, Head, Link, Unreadable, digest


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
        "does not continue the one before it: one of the two was written again, or the link "
        "between them was altered.",
        "do not continue the ones before them: they were written again, or the links between them "
        "were altered.",
    ),
    Fault.MISSING: ("is missing.", "are missing."),
    Fault.INSERTED: (
        "was inserted by somebody else than the bot, or the chain's head was set back.",
        "were inserted by somebody else than the bot, or the chain's head was set back.",
    ),
    Fault.CUT: ("was there once and is cut off.", "were there once and are cut off."),
    Fault.HEAD: (
        "is the last, and the chain's head (the row of audit_heads) does not belong to it.",
        "are the last, and the chain's head (the row of audit_heads) does not belong to them.",
    ),
    Fault.REWRITTEN: (
        "is not what it was when the head was posted: the chain was written again up to there.",
        "are not what they were when the heads were posted: the chain was written again.",
    ),
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

    def __init__(self, head: Head | None, posted: Sequence[Head] = ()) -> None:
        """`head` is the chain's end as its row says, `posted` are heads known from elsewhere."""
        self._head = head
        self._posted = sorted(posted, key=lambda one: one.number)
        self._found: list[Problem] = []
        self._doubt: _Doubt | None = None
        self._last = 0
        """The number of the last entry of the chain that was seen."""
        self._behind = 0
        """The number of the last one behind the chain's head."""
        self._hashes: frozenset[str] | None = frozenset({GENESIS})
        """What may be called the hash of that entry: the one it holds, and the one it should. None
        where it cannot be known, behind a gap."""
        self._check_posted()

    def see(self, link: Link | Unreadable) -> None:
        """Look at the next entry; numbers below 1, or behind the head, are not the bot's."""
        is_behind = self._head is not None and link.number > self._head.number
        if is_behind or link.number <= self._last:
            self._behind = max(self._behind, link.number)
            self._find(Fault.INSERTED, link.number)
            return
        if link.number > self._last + 1:
            self._find(Fault.MISSING, self._last + 1, link.number - 1)
            self._settle(None)
            self._hashes = None
        self._last = link.number
        if isinstance(link, Unreadable):
            self._settle(None)
            self._find(Fault.CONTENT, link.number)
            self._hashes = None
        else:
            self._settle(link.previous)
            self._hashes = self._hashes_of(link)
        self._check_posted()

    def end(self) -> tuple[Problem, ...]:
        """Everything wrong, by number."""
        head, last = self._head, self._last
        self._settle(head.hash if head is not None and head.number == last else None)
        if head is None:
            if last > 0:
                self._find(Fault.HEAD, last)
        elif head.number > last:
            self._find(Fault.CUT, last + 1, head.number)
        elif self._hashes is not None and head.hash not in self._hashes:
            self._find(Fault.HEAD, last)
        there = max(last, self._behind)
        for posted in self._posted:
            if posted.number > there:
                self._find(Fault.CUT, there + 1, posted.number)
        return _joined(self._found)

    def _hashes_of(self, link: Link) -> frozenset[str]:
        """Check an entry against its own hash and the one before it."""
        before = self._hashes or frozenset()
        computed = digest(link.number, link.entry, link.previous)
        if computed != link.hash:
            was_relinked = link.hash in {digest(link.number, link.entry, one) for one in before}
            self._doubt = _Doubt(link.number, computed, was_relinked)
        elif before and link.previous not in before:
            self._find(Fault.LINK, link.number)
        return frozenset({computed, link.hash})

    def _settle(self, next_holds: str | None) -> None:
        """Say what was altered in the entry in doubt, by the hash that its successor holds."""
        doubt, self._doubt = self._doubt, None
        if doubt is None:
            return
        is_link = doubt.was_relinked or doubt.computed == next_holds
        self._find(Fault.LINK if is_link else Fault.CONTENT, doubt.number)

    def _check_posted(self) -> None:
        for posted in self._posted:
            if posted.number != self._last or self._hashes is None:
                continue
            if posted.hash not in self._hashes:
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
