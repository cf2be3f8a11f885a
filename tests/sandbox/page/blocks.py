"""One of every block and element the page has to draw, as an app sends them."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(text: str) -> Json:
    return {"text": plain(text), "value": text}


def button(text: str, action_id: str, **more: Any) -> Json:
    return {
        "type": "button",
        "text": plain(text),
        "action_id": action_id,
        "value": f"{text}!",
        **more,
    }


def rich(*elements: Json) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(elements)}],
    }


def text(words: str, **style: bool) -> Json:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def card(title: str, action_id: str) -> Json:
    return {"type": "card", "title": mrkdwn(title), "actions": [button("Open", action_id)]}


def task(title: str, status: str) -> Json:
    return {"type": "task_card", "task_id": title, "title": title, "status": status}


def points(*values: float) -> list[Json]:
    return [{"label": str(index), "value": value} for index, value in enumerate(values)]


def chart(kind: str) -> Json:
    if kind == "pie":
        shape: Json = {
            "segments": [{"label": "database", "value": 3}, {"label": "own", "value": 1}]
        }
    else:
        shape = {
            "series": [{"name": "prod", "data": points(1, 4, 2)}],
            "axis_config": {"categories": ["0", "1", "2"]},
        }
    return {
        "type": "data_visualization",
        "title": f"A {kind} chart",
        "chart": {"type": kind, **shape},
    }


OPTIONS = [option("prod"), option("staging")]

WORDS: list[Json] = [
    {"type": "header", "text": plain("🟢 Deployed: credlink-api v1.2.0 → prod")},
    {"type": "section", "text": mrkdwn("*bold* and `code`")},
    {"type": "section", "fields": [mrkdwn("*Service*\ncredlink-api"), mrkdwn("*Tasks*\n4")]},
    {"type": "context", "elements": [mrkdwn("small print")]},
    {"type": "divider"},
    {"type": "markdown", "text": "## Title\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |"},
    rich(
        text("rich "),
        text("strong", bold=True),
        {"type": "link", "url": "https://example.com/x", "text": "link"},
        {"type": "emoji", "name": "eyes"},
        {"type": "user", "user_id": "U0BOB0001"},
        {"type": "usergroup", "usergroup_id": "S0DEPLOY"},
        {"type": "channel", "channel_id": "C0OPS0001"},
        {"type": "broadcast", "range": "here"},
        {
            "type": "date",
            "timestamp": 1_795_000_000,
            "format": "{date_num}",
            "fallback": "then",
        },
        {"type": "color", "value": "#2eb67d"},
    ),
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [
                    {"type": "rich_text_section", "elements": [text("first")]},
                    {"type": "rich_text_section", "elements": [text("second")]},
                ],
            },
            {"type": "rich_text_preformatted", "elements": [text("kept\n  as it is")]},
            {"type": "rich_text_quote", "elements": [text("quoted")]},
        ],
    },
]

ELEMENTS: list[Json] = [
    {"type": "section", "text": mrkdwn("button"), "accessory": button("Press", "in.section")},
    {
        "type": "section",
        "text": mrkdwn("more"),
        "accessory": {"type": "overflow", "action_id": "overflow", "options": OPTIONS},
    },
    {
        "type": "section",
        "text": mrkdwn("several"),
        "accessory": {
            "type": "multi_static_select",
            "action_id": "multi_static_select",
            "options": OPTIONS,
            "initial_options": [OPTIONS[0]],
        },
    },
    {
        "type": "actions",
        "elements": [
            button("Primary", "primary", style="primary"),
            {"type": "static_select", "action_id": "static_select", "options": OPTIONS},
            {"type": "users_select", "action_id": "users_select"},
            {"type": "channels_select", "action_id": "channels_select"},
            {"type": "conversations_select", "action_id": "conversations_select"},
            {"type": "external_select", "action_id": "external_select", "min_query_length": 1},
            {"type": "datepicker", "action_id": "datepicker", "initial_date": "2026-11-23"},
            {"type": "timepicker", "action_id": "timepicker", "initial_time": "14:31"},
            {"type": "datetimepicker", "action_id": "datetimepicker"},
            {"type": "radio_buttons", "action_id": "radio_buttons", "options": OPTIONS},
            {"type": "checkboxes", "action_id": "checkboxes", "options": OPTIONS},
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback_buttons",
                "positive_button": {"text": plain("Useful"), "value": "yes"},
                "negative_button": {"text": plain("Not useful"), "value": "no"},
            },
            {
                "type": "icon_button",
                "icon": "trash",
                "text": plain("Remove"),
                "action_id": "icon_button",
            },
        ],
    },
    {
        "type": "input",
        "label": plain("A note"),
        "element": {"type": "plain_text_input", "action_id": "plain_text_input"},
    },
]

FRAMES: list[Json] = [
    {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": "alert"}, {"type": "raw_text", "text": "groups"}],
            [rich(text("DatabaseDown", code=True)), {"type": "raw_text", "text": "120"}],
        ],
        "column_settings": [{}, {"align": "right"}],
    },
    {"type": "plan", "title": "Deploy", "tasks": [task("Register", "complete")]},
    task("Roll out", "in_progress"),
    card("CRED-812", "card.open"),
    {"type": "carousel", "elements": [card("One", "carousel.1"), card("Two", "carousel.2")]},
    {
        "type": "container",
        "title": plain("Similar"),
        "is_collapsible": True,
        "child_blocks": [{"type": "section", "text": mrkdwn("inside")}],
    },
    {
        "type": "video",
        "title": plain("Walk-through"),
        "video_url": "https://example.com/v",
        "thumbnail_url": "https://example.com/t.png",
        "alt_text": "a video",
    },
]

DATA_TABLE: list[Json] = [
    {
        "type": "data_table",
        "caption": "Targets",
        "page_size": 2,
        "rows": [
            [{"type": "raw_text", "text": "target"}, {"type": "raw_text", "text": "p95"}],
            *(
                [
                    {"type": "raw_text", "text": name},
                    {"type": "raw_number", "value": p95, "text": str(p95)},
                ]
                for name, p95 in (("a", 310), ("b", 90), ("c", 1200))
            ),
        ],
    },
]

LINES: list[Json] = [chart("line"), chart("bar")]
AREAS: list[Json] = [chart("area"), chart("pie")]

FORM: Json = {
    "type": "modal",
    "callback_id": "silence",
    "title": plain("Silence"),
    "submit": plain("Go"),
    "blocks": [
        {"type": "alert", "level": "warning", "text": mrkdwn("Nobody is *paged*.")},
        {
            "type": "input",
            "block_id": "name",
            "label": plain("Name"),
            "element": {"type": "plain_text_input", "action_id": "name"},
        },
        {
            "type": "input",
            "block_id": "count",
            "label": plain("Count"),
            "optional": True,
            "element": {
                "type": "number_input",
                "is_decimal_allowed": False,
                "action_id": "count",
                "max_value": "10",
            },
        },
        *(
            {
                "type": "input",
                "block_id": kind,
                "label": plain(kind),
                "optional": True,
                "element": {"type": kind, "action_id": kind},
            }
            for kind in (
                "email_text_input",
                "url_text_input",
                "rich_text_input",
                "multi_users_select",
                "multi_channels_select",
                "multi_conversations_select",
                "file_input",
            )
        ),
    ],
}

OVERRIDE: Json = {
    "type": "modal",
    "callback_id": "gate.override",
    "private_metadata": "42",
    "title": plain("Deploy anyway"),
    "submit": plain("Deploy"),
    "blocks": [
        {"type": "section", "text": mrkdwn("Deploys to eu are *frozen*.")},
        {
            "type": "input",
            "block_id": "reason",
            "label": plain("Reason"),
            "element": {"type": "plain_text_input", "action_id": "reason", "multiline": True},
        },
        {
            "type": "input",
            "block_id": "env",
            "label": plain("Environment"),
            "element": {"type": "static_select", "action_id": "env", "options": OPTIONS},
        },
    ],
}
