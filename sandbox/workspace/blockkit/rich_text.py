"""rich_text and everything that may stand in it.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from sandbox.workspace.blockkit.composition import URL_CHARACTERS, block_id
from sandbox.workspace.blockkit.shape import (
    Check,
    array,
    boolean,
    choice,
    integer,
    kind,
    obj,
    string,
    typed,
)

STYLE = obj(
    {},
    dict.fromkeys(
        (
            "bold",
            "italic",
            "strike",
            "code",
            "underline",
            "highlight",
            "client_highlight",
            "unlink",
        ),
        boolean,
    ),
)
STYLED: dict[str, Check] = {"style": STYLE}
INLINE = typed(
    dict(
        [
            kind("text", {"text": string()}, STYLED),
            kind(
                "link",
                {"url": string(URL_CHARACTERS)},
                {**STYLED, "text": string(), "unsafe": boolean},
            ),
            kind(
                "emoji",
                {"name": string()},
                {"unicode": string(), "url": string(), "skin_tone": integer(2, 6), **STYLED},
            ),
            kind("user", {"user_id": string()}, STYLED),
            kind("usergroup", {"usergroup_id": string()}, STYLED),
            kind("channel", {"channel_id": string()}, STYLED),
            kind("team", {"team_id": string()}, STYLED),
            kind("broadcast", {"range": choice("here", "channel", "everyone")}),
            kind("color", {"value": string()}),
            kind(
                "date",
                {"timestamp": integer(), "format": string()},
                {**STYLED, "url": string(URL_CHARACTERS), "fallback": string()},
            ),
        ]
    )
)
SECTION = kind("rich_text_section", {"elements": array(INLINE)})
ELEMENTS = typed(
    dict(
        [
            SECTION,
            kind(
                "rich_text_list",
                {"style": choice("bullet", "ordered"), "elements": array(typed(dict([SECTION])))},
                {"indent": integer(0, 8), "offset": integer(0), "border": integer(0, 1)},
            ),
            kind(
                "rich_text_preformatted",
                {"elements": array(INLINE)},
                {"border": integer(0, 1), "language": string()},
            ),
            kind("rich_text_quote", {"elements": array(INLINE)}, {"border": integer(0, 1)}),
        ]
    )
)
RICH_TEXT = kind("rich_text", {"elements": array(ELEMENTS)}, {"block_id": block_id})
rich_text = typed(dict([RICH_TEXT]))
