"""The blocks of every message: text, fields, menus, images, inputs.

Source: https://docs.slack.dev/reference/block-kit/blocks
"""

from sandbox.workspace.blockkit.composition import (
    URL_CHARACTERS,
    block_id,
    plain,
    slack_file,
    text,
)
from sandbox.workspace.blockkit.elements import (
    BUTTON,
    CHOICES,
    CONTEXT_ACTIONS,
    DAY,
    HOUR,
    IMAGE,
    INPUTS,
    MENUS,
    MOMENT,
    OVERFLOW,
)
from sandbox.workspace.blockkit.rich_text import RICH_TEXT
from sandbox.workspace.blockkit.shape import (
    Check,
    array,
    at_least_one,
    boolean,
    choice,
    exactly_one,
    kind,
    string,
    typed,
)

ID: dict[str, Check] = {"block_id": block_id}
CONTEXT = dict(
    [
        kind("plain_text", {"text": string(3000)}, {"emoji": boolean}),
        kind("mrkdwn", {"text": string(3000)}, {"verbatim": boolean}),
    ]
)
BLOCKS: dict[str, Check] = dict(
    [
        kind(
            "section",
            None,
            {
                **ID,
                "text": text(3000),
                "fields": array(text(2000), minimum=1, maximum=10),
                "accessory": typed(BUTTON, IMAGE, OVERFLOW, MENUS, CHOICES, DAY, HOUR),
                "expand": boolean,
            },
            [at_least_one("text", "fields")],
        ),
        kind("divider", None, ID),
        kind("header", {"text": plain(150)}, ID),
        kind(
            "image",
            {"alt_text": string(2000)},
            {
                **ID,
                "image_url": string(URL_CHARACTERS),
                "slack_file": slack_file,
                "title": plain(2000),
            },
            [exactly_one("image_url", "slack_file")],
        ),
        kind(
            "actions",
            {
                "elements": array(
                    typed(BUTTON, OVERFLOW, MENUS, CHOICES, DAY, HOUR, MOMENT),
                    minimum=1,
                    maximum=25,
                )
            },
            ID,
        ),
        kind(
            "context",
            {"elements": array(typed(IMAGE, CONTEXT), minimum=1, maximum=10)},
            ID,
        ),
        kind(
            "context_actions",
            {"elements": array(typed(CONTEXT_ACTIONS), minimum=1, maximum=5)},
            ID,
        ),
        kind(
            "input",
            {
                "label": plain(2000),
                "element": typed(INPUTS, MENUS, CHOICES, DAY, HOUR, MOMENT),
            },
            {**ID, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
        ),
        kind("markdown", {"text": string(12_000)}, ID),
        RICH_TEXT,
        kind(
            "video",
            {
                "alt_text": string(2000),
                "title": plain(200),
                "thumbnail_url": string(URL_CHARACTERS),
                "video_url": string(URL_CHARACTERS),
            },
            {
                **ID,
                "author_name": string(50),
                "description": plain(200),
                "provider_icon_url": string(URL_CHARACTERS),
                "provider_name": string(),
                "title_url": string(URL_CHARACTERS),
            },
        ),
        kind("file", {"external_id": string(), "source": choice("remote")}, ID),
    ]
)
