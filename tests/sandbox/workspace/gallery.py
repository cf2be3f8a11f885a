"""One of every block a message may hold, as Slack's reference draws them."""


def plain(words):
    return {"type": "plain_text", "text": words, "emoji": True}


def mrkdwn(words):
    return {"type": "mrkdwn", "text": words}


def section(words, **more):
    return {"type": "section", "text": mrkdwn(words), **more}


def button(label, **more):
    return {"type": "button", "action_id": label, "text": plain(label), **more}


def rich(words):
    text = [{"type": "text", "text": words, "style": {"bold": True}}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": text}]}


def option(value):
    return {"text": plain(value), "value": value}


def cells(*texts):
    return [{"type": "raw_text", "text": text} for text in texts]


CONFIRM = {
    "title": plain("Roll back?"),
    "text": mrkdwn("prod goes back to *v1.1.9*"),
    "confirm": plain("Roll back"),
    "deny": plain("Back"),
    "style": "danger",
}
TASK = {
    "type": "task_card",
    "task_id": "bake",
    "title": "Bake",
    "status": "in_progress",
    "details": rich("6 of 10 min"),
    "sources": [{"type": "url", "url": "https://grafana.example/d/1", "text": "Errors"}],
}
CARD = {
    "type": "card",
    "title": mrkdwn("*credlink-api*"),
    "body": mrkdwn("v1.2.0"),
    "actions": [button("Open", url="https://grafana.example/d/1")],
}
GALLERY = [
    section("*one*", accessory=button("Roll back", style="danger", confirm=CONFIRM)),
    {"type": "divider"},
    {"type": "header", "text": plain("Deploy")},
    {"type": "image", "alt_text": "errors", "slack_file": {"id": "F1"}, "title": plain("Errors")},
    {
        "type": "actions",
        "elements": [
            button("Confirm", style="primary", value="d1"),
            {"type": "static_select", "action_id": "env", "options": [option("prod")]},
            {"type": "overflow", "action_id": "more", "options": [option("raw")]},
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-23"},
            {"type": "users_select", "action_id": "who", "placeholder": plain("Who")},
        ],
    },
    {
        "type": "context",
        "elements": [
            mrkdwn("asked by <@U0ALICE01>"),
            {"type": "image", "alt_text": "x", "image_url": "https://pictures.example/x.png"},
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "useful",
                "positive_button": {"text": plain("Yes"), "value": "yes"},
                "negative_button": {"text": plain("No"), "value": "no"},
            }
        ],
    },
    {
        "type": "input",
        "label": plain("Until"),
        "element": {"type": "datetimepicker", "action_id": "until"},
        "optional": True,
    },
    {"type": "markdown", "text": "**bold**"},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "user", "user_id": "U0BOB0001"},
                            {"type": "link", "url": "https://grafana.example", "text": "panel"},
                            {"type": "date", "timestamp": 1795000000, "format": "{time}"},
                        ],
                    }
                ],
            },
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "exit 137"}]},
        ],
    },
    {
        "type": "video",
        "alt_text": "x",
        "title": plain("Rollout"),
        "thumbnail_url": "https://pictures.example/x.png",
        "video_url": "https://videos.example/x",
    },
    {
        "type": "table",
        "column_settings": [{"align": "right"}, None],
        "rows": [cells("field", "now"), [*cells("memory"), {"type": "raw_number", "value": 1024}]],
    },
    {
        "type": "data_table",
        "caption": "Targets",
        "page_size": 10,
        "rows": [cells("target", "state"), cells("10.0.1.7", "healthy")],
    },
    {
        "type": "data_visualization",
        "title": "Errors",
        "chart": {
            "type": "line",
            "series": [{"name": "5xx", "data": [{"label": "14:31", "value": 4.2}]}],
            "axis_config": {"categories": ["14:31"], "y_label": "percent"},
        },
    },
    TASK,
    {"type": "plan", "title": "Deploy", "tasks": [{**TASK, "task_id": "rollout"}]},
    CARD,
    {"type": "carousel", "elements": [CARD, {**CARD, "title": mrkdwn("*other*")}]},
    {
        "type": "container",
        "title": plain("Raw text"),
        "is_collapsible": True,
        "child_blocks": [section("stopped"), {"type": "divider"}],
    },
]
