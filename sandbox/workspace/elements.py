"""Finding interactive elements in blocks, and saying what somebody did with one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = dict[str, Any]
OPTION_MENUS = {"static_select", "external_select", "radio_buttons", "overflow"}
MULTI_OPTION_MENUS = {"multi_static_select", "multi_external_select", "checkboxes"}
SELECTED = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
MULTI_SELECTED = {
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}
INITIAL = {
    **dict.fromkeys(OPTION_MENUS - {"overflow"}, ("initial_option", "selected_option")),
    **dict.fromkeys(MULTI_OPTION_MENUS, ("initial_options", "selected_options")),
    "users_select": ("initial_user", "selected_user"),
    "channels_select": ("initial_channel", "selected_channel"),
    "conversations_select": ("initial_conversation", "selected_conversation"),
    "multi_users_select": ("initial_users", "selected_users"),
    "multi_channels_select": ("initial_channels", "selected_channels"),
    "multi_conversations_select": ("initial_conversations", "selected_conversations"),
    "datepicker": ("initial_date", "selected_date"),
    "timepicker": ("initial_time", "selected_time"),
    "datetimepicker": ("initial_date_time", "selected_date_time"),
    "plain_text_input": ("initial_value", "value"),
    "email_text_input": ("initial_value", "value"),
    "url_text_input": ("initial_value", "value"),
    "number_input": ("initial_value", "value"),
    "rich_text_input": ("initial_value", "rich_text_value"),
    "file_input": ("initial_files", "files"),
}
"""Where each stateful element says its first value, and how its state names it."""
MANY = {"selected_options", "selected_users", "selected_channels", "selected_conversations"}


def every_block(blocks: Sequence[Json]) -> Iterator[Json]:
    """Blocks, and those within containers and carousels."""
    for block in blocks:
        yield block
        yield from every_block(block.get("child_blocks") or [])
        if block["type"] == "carousel":
            yield from every_block(block["elements"])


def elements(block: Json) -> list[Json]:
    """The interactive elements of a block."""
    found = [block[key] for key in ("accessory", "element") if key in block]
    if block["type"] not in {"rich_text", "carousel"}:
        found += [*block.get("elements", []), *block.get("actions", [])]
    return [element for element in found if "action_id" in element]


def find(blocks: Sequence[Json], block_id: str, action_id: str) -> Json | None:
    """The element with these ids."""
    for block in every_block(blocks):
        if block.get("block_id") == block_id:
            return next((e for e in elements(block) if e["action_id"] == action_id), None)
    return None


def initial_state(blocks: Sequence[Json]) -> dict[str, Json]:
    """`state.values` before anybody touched anything."""
    state: dict[str, Json] = {}
    for block in every_block(blocks):
        for element in elements(block):
            if element["type"] in INITIAL:
                initial, name = INITIAL[element["type"]]
                empty: Any = [] if name in MANY else None
                value = element.get(initial, empty)
                values = state.setdefault(block["block_id"], {})
                values[element["action_id"]] = {"type": element["type"], name: value}
    return state


def merged_state(
    blocks: Sequence[Json], kept: Mapping[str, Json], given: Mapping[str, Json]
) -> dict[str, Json]:
    """The state of `blocks`: initial values, then what was kept, then what is given now."""
    state = initial_state(blocks)
    for layer in (kept, given):
        for block_id, values in layer.items():
            for action_id, value in values.items():
                if action_id in state.get(block_id, {}):
                    current = state[block_id][action_id]
                    state[block_id][action_id] = {**current, **value, "type": current["type"]}
    return state


def is_filled(value: Json) -> bool:
    """Whether an input's state holds an answer."""
    return any(content not in (None, "", []) for name, content in value.items() if name != "type")


def action(element: Json, block_id: str, at: str, value: str | None, selected: list[Any]) -> Json:
    """The entry of `actions` for what somebody did with `element`.

    `selected` holds option values, ids, or a date or time, as the element has them.

    Raises:
        ValueError: an option was named that the element does not have.
    """
    kind = element["type"]
    done: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block_id,
        "action_ts": at,
    }
    for name in ("text", "style", "confirm", "placeholder"):
        if name in element and kind in {"button", "icon_button"}:
            done[name] = element[name]
    if kind in {"button", "icon_button"}:
        if "value" in element:
            done["value"] = element["value"]
    elif kind == "feedback_buttons":
        button = element["negative_button" if value == "negative" else "positive_button"]
        done |= {"value": button["value"], "text": button["text"]}
    elif kind in OPTION_MENUS:
        done["selected_option"] = _options(element, selected)[0] if selected else None
    elif kind in MULTI_OPTION_MENUS:
        done["selected_options"] = _options(element, selected)
    elif kind in SELECTED:
        done[SELECTED[kind]] = selected[0] if selected else None
    elif kind in MULTI_SELECTED:
        done[MULTI_SELECTED[kind]] = selected
    else:
        done["value"] = value
    return done


def as_state(done: Json) -> Json:
    """What an action leaves behind in `state.values`."""
    left_out = {"action_id", "block_id", "action_ts", "text", "style", "confirm", "placeholder"}
    return {name: value for name, value in done.items() if name not in left_out}


def _options(element: Json, selected: list[Any]) -> list[Json]:
    if element["type"].endswith("external_select"):
        return [each if isinstance(each, dict) else _external(str(each)) for each in selected]
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    known = {option["value"]: option for option in [*element.get("options", []), *grouped]}
    chosen = []
    for each in selected:
        value = each.get("value") if isinstance(each, dict) else str(each)
        if value not in known:
            raise ValueError(f"there is no option {value!r}")
        chosen.append(known[value])
    return chosen


def _external(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
