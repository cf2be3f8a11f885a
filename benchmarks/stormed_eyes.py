"""What a person can see of a storm in Slack: the cards, and every page of the storm's list."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import seeds
from sandbox.transcript import as_text
from sandbox.workspace.client import WorkspaceClient

ALERTS = "C0ALERTS1"
GROUP = re.compile(r"(\w+): ([\w-]+) in prod\b")
"""A group as cards, lists and Alertmanager's own messages name it."""
STORM = re.compile(r"Storm\b.*?([\d,]+) alert groups?")
FIRING = re.compile(r"([\d,]+) alerts firing")
SHOW = re.compile(r"Show all [\d,]+")
OPENS_WITHIN_S = 20.0

Group = tuple[str, str]
"""Alert name and service."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at one moment: cards that stand, what storms count, what their lists reach.

    Each maps a group to how many alerts of it are said to fire.
    """

    cards: Mapping[Group, int]
    listed: Mapping[Group, int]
    counted: int

    @property
    def visible(self) -> int:
        """Groups whose card stands, or that a storm counts and its list reaches.

        The list is read a moment after the card: what joined meanwhile does not count.
        """
        alone = self.cards.keys() - self.listed.keys()
        return len(alone) + min(self.counted, len(self.listed))

    @property
    def alerts(self) -> int:
        """Alerts that cards and lists say fire."""
        return sum({**self.listed, **self.cards}.values())


async def look(slack: WorkspaceClient) -> Sight:
    """Read the channel at once, then press *Show* on every storm's card and turn its pages."""
    messages = await slack.messages(seeds.ALICE.id, ALERTS)
    cards: dict[Group, int] = {}
    storms = []
    counted = 0
    for message in messages:
        text = as_text(message)
        if storm := STORM.search(message["text"]):
            counted += int(storm[1].replace(",", ""))
            storms.append(message)
        elif group := GROUP.search(text):
            cards[group[1], group[2]] = _firing(text)
    listed: dict[Group, int] = {}
    for message in storms:
        listed |= await _listed(slack, message)
    return Sight(cards, listed, counted)


async def native(slack: WorkspaceClient) -> int:
    """Groups that Alertmanager's own receiver has shown."""
    found = await slack.messages(seeds.ALICE.id, ALERTS)
    return len({group[0] for message in found if (group := GROUP.search(str(message)))})


async def _listed(slack: WorkspaceClient, card: Mapping[str, Any]) -> dict[Group, int]:
    """Every group of the list, page after page until the first comes again."""
    label = _show(card)
    await slack.press_stale(seeds.ALICE.id, card, label)  # it may be edited at this moment
    found: dict[Group, int] = {}
    page = await _opened(slack, after=None)
    first = page["title"]["text"]
    while True:
        found |= _groups(page)
        title = page["title"]["text"]
        if page["submit"]["text"] == "Refresh":
            break
        await slack.submit(seeds.ALICE.id, page)
        page = await _opened(slack, after=title)
        if page["title"]["text"].split("–")[0] == first.split("–")[0]:
            break
    await slack.close_view(seeds.ALICE.id, page)
    return found


def _show(card: Mapping[str, Any]) -> str:
    for block in card["blocks"]:
        for element in block.get("elements", []):
            if element["type"] == "button" and SHOW.fullmatch(element["text"]["text"]):
                return str(element["text"]["text"])
    raise LookupError("the storm's card has no button that shows its groups")


async def _opened(slack: WorkspaceClient, *, after: str | None) -> dict[str, Any]:
    """The list, once it is read and is on another page than `after`."""
    async with asyncio.timeout(OPENS_WITHIN_S):
        while True:
            views = (await slack.state(seeds.ALICE.id))["views"]
            if views and views[-1].get("submit") and views[-1]["title"]["text"] != after:
                view: dict[str, Any] = views[-1]
                return view
            await asyncio.sleep(0.02)


def _groups(page: Mapping[str, Any]) -> dict[Group, int]:
    found = {}
    for block in page["blocks"]:
        text = str((block.get("text") or {}).get("text", ""))
        if group := GROUP.search(text):
            found[group[1], group[2]] = _firing(text)
    return found


def _firing(text: str) -> int:
    """How many alerts it says fire; one where it says nothing of a number."""
    many = FIRING.search(text)
    return int(many[1].replace(",", "")) if many else 1
