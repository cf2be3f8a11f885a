"""Block Kit as the workspace checks it, held against slack_sdk's models."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from sandbox.workspace.blockkit import check_message, check_view, with_ids
from sandbox.workspace.blockkit.surfaces import EVERY_BLOCK
from tests.sandbox.workspace.gallery import GALLERY, button, mrkdwn, plain, section


def ready(reference):
    return reference == "F1"


def problems(*blocks):
    refusal = check_message(list(blocks), ready)
    return refusal.problems if refusal else []


def test_the_gallery_holds_every_type_of_block():
    shown = {block["type"] for block in GALLERY}

    assert shown == set(EVERY_BLOCK) - {"alert", "file"}


@pytest.mark.parametrize("block", GALLERY, ids=lambda block: block["type"])
def test_what_slack_documents_is_taken(block):
    assert problems(block) == []


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (
            section("x" * 3001),
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ),
        ({"type": "section"}, "one of text, fields is required [json-pointer:/blocks/0]"),
        (
            {"type": "section", "text": mrkdwn("")},
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            {"type": "section", "fields": [mrkdwn("x")] * 11},
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            {"type": "section", "fields": [mrkdwn("x" * 2001)]},
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        ({"type": "poem"}, "unsupported type: poem [json-pointer:/blocks/0/type]"),
        ({"text": mrkdwn("x")}, "missing required field: type [json-pointer:/blocks/0]"),
        ("text", "must provide an object [json-pointer:/blocks/0]"),
        (
            {"type": "divider", "colour": "red"},
            "invalid additional property: colour [json-pointer:/blocks/0]",
        ),
        (
            {"type": "header", "text": mrkdwn("*x*")},
            "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
        ),
        (
            {"type": "header", "text": plain("x" * 151)},
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            {"type": "actions", "elements": [button(f"b{n}") for n in range(26)]},
            "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            {"type": "actions", "elements": [button("x", style="warning")]},
            "must be a valid enum value (primary, danger) "
            "[json-pointer:/blocks/0/elements/0/style]",
        ),
        (
            {"type": "actions", "elements": [button("x", value="v" * 2001)]},
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        (
            {"type": "actions", "elements": [{"type": "static_select", "options": []}]},
            "no fewer than 1 items allowed [json-pointer:/blocks/0/elements/0/options]",
        ),
        (
            {"type": "actions", "elements": [{"type": "plain_text_input"}]},
            "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            {"type": "context", "elements": [mrkdwn("x")] * 11},
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            {"type": "image", "alt_text": "x"},
            "exactly one of image_url, slack_file is required [json-pointer:/blocks/0]",
        ),
        (
            {"type": "image", "alt_text": "x", "slack_file": {"id": "F2"}},
            "invalid slack file [json-pointer:/blocks/0/slack_file]",
        ),
        (
            {"type": "alert", "text": plain("x")},
            "block type alert is not allowed on this surface [json-pointer:/blocks/0/type]",
        ),
        (
            {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]},
            "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
        ),
        (
            {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 10_001}]]},
            "cells must be less than 10001 in all [json-pointer:/blocks/0]",
        ),
        (
            {
                "type": "data_table",
                "caption": "x",
                "rows": [[{"type": "raw_text", "text": "a"}], []],
            },
            "no fewer than 1 items allowed [json-pointer:/blocks/0/rows/1]",
        ),
        (
            {
                "type": "data_visualization",
                "title": "x",
                "chart": {
                    "type": "line",
                    "series": [{"name": "a", "data": [{"label": "b", "value": 1}]}],
                    "axis_config": {"categories": ["c"]},
                },
            },
            "every label must be one of axis_config.categories [json-pointer:/blocks/0/chart]",
        ),
    ],
)
def test_what_slack_would_refuse_is_refused_with_a_pointer(block, problem):
    assert problem in problems(block)


def test_a_message_holds_fifty_blocks():
    assert problems(*[{"type": "divider"}] * 50) == []
    assert problems(*[{"type": "divider"}] * 51) == [
        "no more than 50 items allowed [json-pointer:/blocks]"
    ]


def test_ids_are_unique_within_their_message_and_block():
    twice = {"type": "divider", "block_id": "same"}
    pair = {"type": "actions", "elements": [button("a"), button("b", action_id="a")]}

    assert problems(twice, twice) == ['"same" already exists [json-pointer:/blocks/1/block_id]']
    assert problems(pair) == ['"a" already exists [json-pointer:/blocks/0/elements/1/action_id]']
    assert problems({**pair, "elements": [button("a")]}, {**pair, "elements": [button("a")]}) == []


def test_all_blocks_together_have_a_limit_of_their_own():
    refusal = check_message([section("x" * 2700)] * 5, ready)

    assert refusal is not None
    assert refusal.code == "msg_blocks_too_long"
    assert check_message([section("x" * 2640)] * 5, ready) is None


def test_one_table_and_two_charts_to_a_message():
    table = next(block for block in GALLERY if block["type"] == "table")
    chart = next(block for block in GALLERY if block["type"] == "data_visualization")

    assert len(problems(table, table)) == 1
    assert problems(chart, chart) == []
    assert len(problems(chart, chart, chart)) == 1


def test_ids_the_app_left_out_are_filled_in():
    numbers = iter(range(10))
    blocks = [
        {"type": "actions", "elements": [{"type": "button", "text": plain("x")}]},
        {"type": "context", "elements": [mrkdwn("x")]},
    ]

    filled = with_ids(blocks, lambda prefix: f"{prefix}{next(numbers)}")

    assert [block["block_id"] for block in filled] == ["b0", "b2"]
    assert filled[0]["elements"][0]["action_id"] == "a1"
    assert "action_id" not in filled[1]["elements"][0]
    assert "block_id" not in blocks[0]


INPUT = {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input"}}


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
        (
            {"type": "modal", "title": plain("x" * 25), "blocks": []},
            "must be less than 25 characters [json-pointer:/view/title/text]",
        ),
        (
            {"type": "modal", "title": plain("x"), "blocks": [INPUT]},
            "missing required field: submit [json-pointer:/view]",
        ),
        (
            {"type": "home", "title": plain("x"), "blocks": []},
            "invalid additional property: title [json-pointer:/view]",
        ),
        (
            {"type": "home", "blocks": [{"type": "alert", "text": plain("x")}]},
            "block type alert is not allowed on this surface [json-pointer:/view/blocks/0/type]",
        ),
        (
            {"type": "home", "blocks": [{"type": "divider"}] * 101},
            "no more than 100 items allowed [json-pointer:/view/blocks]",
        ),
    ],
)
def test_views_have_rules_of_their_own(view, problem):
    assert problem in check_view(view, ready)


def test_an_alert_belongs_in_a_modal():
    alert = {"type": "alert", "text": plain("Careful"), "level": "warning"}

    view = {"type": "modal", "title": plain("x"), "submit": plain("y"), "blocks": [alert, INPUT]}
    assert check_view(view, ready) == []


TOO_MUCH = [
    section("x" * 3001),
    {"type": "section", "fields": [mrkdwn("x")] * 11},
    {"type": "header", "text": plain("x" * 151)},
    {"type": "actions", "elements": [button(f"b{n}") for n in range(26)]},
    {"type": "actions", "elements": [button("x" * 76)]},
    {"type": "actions", "elements": [button("x", value="v" * 2001)]},
    {"type": "actions", "elements": [button("x", style="loud")]},
    {"type": "context", "elements": [mrkdwn("x")] * 11},
    {"type": "image", "alt_text": "x" * 2001, "image_url": "https://pictures.example/x.png"},
    {"type": "markdown", "text": "x" * 12_001},
    {"type": "carousel", "elements": []},
    {"type": "card", "body": mrkdwn("x" * 201)},
]


@pytest.mark.parametrize("block", TOO_MUCH, ids=lambda block: block["type"])
def test_whatever_slack_sdk_refuses_is_refused_here_too(block):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(SlackObjectFormationError):
            [parsed.to_dict() for parsed in Block.parse_all([block])]

    assert problems(block) != []


WORDS = st.sampled_from(
    [*EVERY_BLOCK, "type", "text", "elements", "rows", "chart", "series", "options", "blocks"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ANYTHING, max_size=3), st.sampled_from(sorted(EVERY_BLOCK)), ANYTHING)
def test_no_json_however_odd_breaks_the_check(blocks, name, inside):
    shaped = {"type": name, "text": inside, "elements": inside, "rows": inside, "chart": inside}

    check_message([*blocks, shaped], ready)
    check_view({"type": inside, "title": inside, "blocks": [*blocks, shaped]}, ready)


UNKNOWN_TO_SLACK_SDK = {"data_table", "data_visualization"}


@pytest.mark.parametrize(
    "block",
    [block for block in GALLERY if block["type"] not in UNKNOWN_TO_SLACK_SDK],
    ids=lambda block: block["type"],
)
def test_whatever_is_taken_here_slack_sdk_takes_too(block):
    (parsed,) = Block.parse_all([block])

    assert parsed.to_dict()["type"] == block["type"]
