"""Interactive elements: buttons, menus, pickers, inputs.

Source: https://docs.slack.dev/reference/block-kit/block-elements
"""

import re
from typing import Any

from sandbox.workspace.blockkit.composition import (
    URL_CHARACTERS,
    action_id,
    confirm,
    conversation_filter,
    dispatch_config,
    option,
    option_groups,
    options,
    plain,
    slack_file,
)
from sandbox.workspace.blockkit.shape import (
    Check,
    Problems,
    array,
    boolean,
    choice,
    exactly_one,
    integer,
    kind,
    obj,
    refuse,
    string,
)

Table = dict[str, Check]
COMMON: Table = {"action_id": action_id, "focus_on_load": boolean}
PLACEHOLDER: Table = {"placeholder": plain(150)}
CONFIRM: Table = {"confirm": confirm}


def written(pattern: str, what: str) -> Check:
    """Text of a fixed form, as dates and times are."""
    form = re.compile(pattern)

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str) or not form.fullmatch(value):
            refuse(problems, pointer, f"must be {what}")

    return check


DATE = written(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a date as YYYY-MM-DD")
TIME = written(r"([01]\d|2[0-3]):[0-5]\d", "a time as HH:mm")
SELECTED: dict[str, Table] = {
    "static_select": {"initial_option": option()},
    "external_select": {"initial_option": option(), "min_query_length": integer(0)},
    "users_select": {"initial_user": string()},
    "channels_select": {"initial_channel": string(), "response_url_enabled": boolean},
    "conversations_select": {
        "initial_conversation": string(),
        "default_to_current_conversation": boolean,
        "response_url_enabled": boolean,
        "filter": conversation_filter,
    },
}
MULTI_SELECTED: dict[str, Table] = {
    "multi_static_select": {"initial_options": options(100)},
    "multi_external_select": {"initial_options": options(100), "min_query_length": integer(0)},
    "multi_users_select": {"initial_users": array(string())},
    "multi_channels_select": {"initial_channels": array(string())},
    "multi_conversations_select": {
        "initial_conversations": array(string()),
        "default_to_current_conversation": boolean,
        "filter": conversation_filter,
    },
}


def _menus() -> Table:
    menus: Table = {}
    for table, more in ((SELECTED, {}), (MULTI_SELECTED, {"max_selected_items": integer(1)})):
        for name, own in table.items():
            extra: Table = {**COMMON, **CONFIRM, **PLACEHOLDER, **more, **own}
            rules = []
            if name.endswith("static_select"):
                extra |= {"options": options(100), "option_groups": option_groups}
                rules = [exactly_one("options", "option_groups")]
            menus.update([kind(name, None, extra, rules)])
    return menus


MENUS = _menus()
"""Single and multi selects of every source."""

BUTTON: Table = dict(
    [
        kind(
            "button",
            {"text": plain(75)},
            {
                "action_id": action_id,
                "url": string(URL_CHARACTERS),
                "value": string(2000),
                "style": choice("primary", "danger"),
                "confirm": confirm,
                "accessibility_label": string(75),
            },
        )
    ]
)
IMAGE: Table = dict(
    [
        kind(
            "image",
            {"alt_text": string(2000)},
            {"image_url": string(URL_CHARACTERS), "slack_file": slack_file},
            [exactly_one("image_url", "slack_file")],
        )
    ]
)
OVERFLOW: Table = dict(
    [
        kind(
            "overflow",
            {"options": options(5, with_url=True)},
            {"action_id": action_id, "confirm": confirm},
        )
    ]
)
CHOICES: Table = dict(
    [
        kind(
            "radio_buttons",
            {"options": options(10, formatted=True)},
            {**COMMON, **CONFIRM, "initial_option": option(formatted=True)},
        ),
        kind(
            "checkboxes",
            {"options": options(10, formatted=True)},
            {**COMMON, **CONFIRM, "initial_options": options(10, formatted=True)},
        ),
    ]
)
DAY: Table = dict(
    [kind("datepicker", None, {**COMMON, **CONFIRM, **PLACEHOLDER, "initial_date": DATE})]
)
HOUR: Table = dict(
    [
        kind(
            "timepicker",
            None,
            {**COMMON, **CONFIRM, **PLACEHOLDER, "initial_time": TIME, "timezone": string()},
        )
    ]
)
MOMENT: Table = dict(
    [
        kind(
            "datetimepicker",
            None,
            {**COMMON, **CONFIRM, "initial_date_time": integer(1_000_000_000, 9_999_999_999)},
        )
    ]
)
TYPED: Table = {**COMMON, **PLACEHOLDER, "dispatch_action_config": dispatch_config}
INPUTS: Table = dict(
    [
        kind(
            "plain_text_input",
            None,
            {
                **TYPED,
                "initial_value": string(3000, minimum=0),
                "multiline": boolean,
                "min_length": integer(0, 3000),
                "max_length": integer(1, 3000),
            },
        ),
        kind("email_text_input", None, {**TYPED, "initial_value": string()}),
        kind("url_text_input", None, {**TYPED, "initial_value": string()}),
        kind(
            "number_input",
            {"is_decimal_allowed": boolean},
            {
                **TYPED,
                "initial_value": string(),
                "min_value": string(),
                "max_value": string(),
            },
        ),
        kind(
            "rich_text_input",
            None,
            {
                **TYPED,
                "initial_value": obj(
                    {"type": choice("rich_text"), "elements": array(lambda *_: None)}
                ),
            },
        ),
        kind(
            "file_input",
            None,
            {
                "action_id": action_id,
                "filetypes": array(string(), minimum=1),
                "max_files": integer(1, 10),
            },
        ),
    ]
)
FEEDBACK_BUTTON = obj(
    {"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)}
)
CONTEXT_ACTIONS: Table = dict(
    [
        kind(
            "feedback_buttons",
            {"positive_button": FEEDBACK_BUTTON, "negative_button": FEEDBACK_BUTTON},
            {"action_id": action_id},
        ),
        kind(
            "icon_button",
            {"icon": choice("trash"), "text": plain(75)},
            {
                "action_id": action_id,
                "value": string(2000),
                "confirm": confirm,
                "accessibility_label": string(75),
                "visible_to_user_ids": array(string()),
            },
        ),
    ]
)
