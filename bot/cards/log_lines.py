"""Lines of a log in rich text, where nothing they say is markup; their secrets are gone before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from bot.cards.aws_console import insights_search
from bot.cards.blocks import Element, Message, message, section
from bot.cards.links import is_address
from bot.cards.rich import clock, hyperlink, preformatted, words
from bot.cards.text import counted
from bot.catalog import Environment, RequestIds
from bot.domain.logs.found import Found
from bot.domain.logs.lines import Line

THREAD_CHARACTERS = 11_000
BOX_CHARACTERS = 2900


NEWEST = "The newest {}, newest first"


def thread_text(
    lines: Sequence[Line], title: str = NEWEST, *, at_most: int | None = None
) -> Message:
    """Lines that were read, in this order, as one text; what does not fit is counted."""
    boxes: list[str] = []
    taken = shown = 0
    for line in lines[:at_most]:
        text = f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.whole}"[:BOX_CHARACTERS]
        if taken + len(text) > THREAD_CHARACTERS:
            break
        if boxes and len(boxes[-1]) + len(text) < BOX_CHARACTERS:
            boxes[-1] += f"\n{text}"
        else:
            boxes.append(text)
        taken += len(text)
        shown += 1
    left = len(lines) - shown
    more = f", and {left:,} more" if left else ""
    head = f"{title.format(counted(shown, 'line'))}, without secrets{more}"
    return message(head, [section(head), *map(preformatted, boxes)])


@dataclass(frozen=True, slots=True)
class LineLinks:
    """Where ids of requests lead: to the catalogue's address, or to a search for them."""

    found: Found
    place: Environment | None
    request_ids: RequestIds

    def paragraph(self, line: Line, with_day: bool) -> list[Element]:
        """A line: its time, level and message, then the rest; its ids lead on."""
        elements = [clock(line.at, with_day=with_day), words("  ")]
        if line.level:
            elements += [words(line.level, bold=True), words("  ")]
        elements += self._linked(line.message, line.ids)
        rest = "  ".join(f"{name}={value}" for name, value in line.fields)
        if rest:
            elements += [words("  "), *self._linked(rest, line.ids, italic=True)]
        if line.more:
            more = f"{line.more}" if line.fields else counted(line.more, "line")
            elements.append(words(f"  +{more}", italic=True))
        said = f"{line.message} {rest}"
        for unsaid in (id_ for id_ in line.ids if id_ not in said):
            elements += [words("  "), self._to(unsaid)]
        return [one for one in elements if one.get("text", "-")]

    def _linked(self, text: str, ids: Sequence[str], **style: bool) -> list[Element]:
        """The text, with the ids in it as links."""
        for id_ in ids:
            before, there, after = text.partition(id_)
            if there:
                left = self._linked(before, ids, **style)
                return [*left, self._to(id_), *self._linked(after, ids, **style)]
        return [words(text, **style)] if text else []

    def _to(self, id_: str) -> Element:
        address = self._address(id_)
        return hyperlink(address, id_) if address is not None else words(id_)

    def _address(self, id_: str) -> str | None:
        if self.request_ids.link is not None:
            address = self.request_ids.link.replace("$id", quote(id_, safe=""))
        elif self.place is not None:
            searched = self.found.range
            hour = timedelta(hours=1)
            address = insights_search(
                self.place.region,
                self.found.group,
                id_,
                searched.start - hour,
                searched.end + hour,
            )
        else:
            return None
        return address if is_address(address) else None
