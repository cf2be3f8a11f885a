"""Text, options, confirmation dialogs and the other composition objects.

Source: https://docs.slack.dev/reference/block-kit/composition-objects
"""

from typing import Any

from sandbox.workspace.blockkit.shape import (
    Check,
    Problems,
    array,
    boolean,
    choice,
    exactly_one,
    kind,
    obj,
    string,
    typed,
)

ID_CHARACTERS = 255
URL_CHARACTERS = 3000
action_id = string(ID_CHARACTERS)
block_id = string(ID_CHARACTERS)


def plain(maximum: int) -> Check:
    """A plain_text object."""
    return typed(dict([kind("plain_text", {"text": string(maximum)}, {"emoji": boolean})]))


def text(maximum: int) -> Check:
    """A plain_text or mrkdwn object."""
    body = {"text": string(maximum)}
    return typed(
        dict(
            [
                kind("plain_text", body, {"emoji": boolean}),
                kind("mrkdwn", body, {"verbatim": boolean}),
            ]
        )
    )


confirm = obj(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)
dispatch_config = obj(
    {},
    {
        "trigger_actions_on": array(
            choice("on_enter_pressed", "on_character_entered"), minimum=1, maximum=2
        )
    },
)
conversation_filter = obj(
    {},
    {
        "include": array(choice("im", "mpim", "private", "public"), minimum=1),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
slack_file = obj({}, {"id": string(), "url": string()}, [exactly_one("id", "url")])

OPTION_VALUE = 150
"""The reference and slack_sdk say 150, a comment in @slack/types 75."""


def option(*, formatted: bool = False, with_url: bool = False) -> Check:
    """An option; only radio buttons and checkboxes take mrkdwn, only overflow menus a url."""
    words = text(75) if formatted else plain(75)
    extra: dict[str, Check] = {"description": text(75) if formatted else plain(75)}
    if with_url:
        extra["url"] = string(URL_CHARACTERS)
    return obj({"text": words, "value": string(OPTION_VALUE)}, extra)


def options(most: int, *, formatted: bool = False, with_url: bool = False) -> Check:
    """1 to `most` options with values that differ."""
    listed = array(option(formatted=formatted, with_url=with_url), minimum=1, maximum=most)

    def check(value: Any, pointer: str, problems: Problems) -> None:
        listed(value, pointer, problems)
        if not isinstance(value, list):
            return
        values = [each.get("value") for each in value if isinstance(each, dict)]
        for number, each in enumerate(values):
            if each is not None and each in values[:number]:
                problems.append(
                    f"value must be unique within options [json-pointer:{pointer}/{number}/value]"
                )

    return check


option_groups = array(obj({"label": plain(75), "options": options(100)}), minimum=1, maximum=100)
