"""What other systems were told of a change, as one line of its card's small print."""

from collections.abc import Iterable, Mapping

from bot.cards.blocks import cut, escaped
from bot.domain.mark import Mark, MarkKind, MarkState

DETAIL_CHARACTERS = 160
"""Of a system's own words: all of the card's small print shares one element."""

K = MarkKind
S = MarkState


def marks_line(marks: Iterable[Mark]) -> str:
    """What is done, what is not yet, and what failed with the system's words; empty for none."""
    by_kind = {mark.kind: mark for mark in marks if mark.state is not S.SKIPPED}
    parts = [_cdn(by_kind[K.CLOUDFRONT])] if K.CLOUDFRONT in by_kind else []
    told = _told(by_kind)
    done = [mark.kind.system for mark in told if mark.state is S.DONE]
    if done:
        parts.append(f"marked in {', '.join(done)}")
    telling = [mark.kind.system for mark in told if mark.is_open and not mark.detail]
    if telling:
        parts.append(f"telling {', '.join(telling)}")
    troubled = (mark for mark in told if mark.detail or not mark.is_open)
    parts += [_trouble(mark) for mark in troubled if mark.state is not S.DONE]
    return " · ".join(parts)


def _told(by_kind: Mapping[MarkKind, Mark]) -> list[Mark]:
    """One mark of each system; the end of Grafana's says more than its beginning."""
    grafana = by_kind.get(K.GRAFANA_END) or by_kind.get(K.GRAFANA_BEGIN)
    found = (by_kind.get(K.SENTRY), grafana, by_kind.get(K.PAGERDUTY))
    return [mark for mark in found if mark is not None]


def _cdn(mark: Mark) -> str:
    if mark.state is S.DONE:
        return "CDN invalidated"
    if not mark.is_open:
        return f"⚠ CDN not invalidated: {_words(mark)}"
    doing = "CDN invalidation in progress" if mark.reference else "CDN to be invalidated"
    return f"{doing} ({_words(mark)})" if mark.detail else doing


def _trouble(mark: Mark) -> str:
    system = mark.kind.system
    if mark.is_open:
        return f"{system} not told yet ({_words(mark)})"
    if mark.state is S.UNKNOWN:
        return f"⚠ unknown whether {system} has it ({_words(mark)})"
    return f"⚠ {system}: {_words(mark)}"


def _words(mark: Mark) -> str:
    return cut(escaped(mark.detail), DETAIL_CHARACTERS)
