"""The menu behind “…” on a card, and the forms it opens."""

from typing import Any

from bot.cards.modal import INPUT
from sandbox import seeds
from tests.scenarios.scene import Card, Scene


async def chooses(play: Scene, person: seeds.Person, card: Card, label: str) -> dict[str, Any]:
    """Choose in the menu, and wait until the form can be sent in."""
    block, menu = next(
        (block, element)
        for block in card["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "overflow"
    )
    [value] = [one["value"] for one in menu["options"] if one["text"]["text"] == label]
    pressed = await play.slack.press(
        person.id, card, block["block_id"], menu["action_id"], selected=[value]
    )
    assert pressed["ok"], pressed

    async def form() -> dict[str, Any] | None:
        views = (await play.slack.state(person.id))["views"]
        return next((view for view in views if view.get("submit")), None)

    found: dict[str, Any] = await play.until(form, f"a form of {label}")
    return found


async def sends(
    play: Scene, person: seeds.Person, form: dict[str, Any], **values: dict[str, Any]
) -> None:
    """Send a form in, over what stands in it."""
    filled = {block_id: {INPUT: value} for block_id, value in values.items()}
    sent = await play.slack.submit(person.id, form, filled)
    assert sent["ok"], sent
