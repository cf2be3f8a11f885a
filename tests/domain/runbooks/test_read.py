"""A runbook's steps: read from whatever Markdown people write, and nothing else of it."""

from datetime import UTC, datetime

import pytest

from bot.domain.runbooks import Runbook, Step, Tick
from bot.domain.runbooks.read import steps_of

AT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
SECRET = "hunter2hunter2"


def texts(document: str) -> list[str]:
    return [step.text for step in steps_of(document)]


def test_numbered_items_of_every_section_are_steps_and_prose_and_plain_lists_are_not():
    document = """---
owner: platform
---
# HighErrorRatio

Errors are above 1 %.

- means customers see 500s

## Look

1. Open the chart.
2. Read the log.

## Mend

1) Roll back.
"""
    assert steps_of(document) == (
        Step("Open the chart.", "Look"),
        Step("Read the log.", "Look"),
        Step("Roll back.", "Mend"),
    )


def test_tasks_are_steps_without_their_boxes():
    assert texts("- [ ] Call the issuer\n* [x] Breathe\n- not a task\n") == [
        "Call the issuer",
        "Breathe",
    ]


def test_what_stands_within_an_item_belongs_to_it():
    document = (
        "1. Restart it:\r\n\r\n   ```sh\r\n   aws ecs update-service\r\n     --force\r\n   ```\r\n"
        "   - in prod first\r\n     1. then eu\r\n"
        "10. Wait\r\n    for it.\r\n"
    )
    assert texts(document) == [
        "Restart it:\n\n```sh\naws ecs update-service\n  --force\n```\n"
        "- in prod first\n  1. then eu",
        "Wait\nfor it.",
    ]


@pytest.mark.parametrize("document", ["", "# Only a name", "Prose.\n\n- a\n- b\n", "1.", "- [ ] "])
def test_without_steps_there_are_none(document: str):
    assert steps_of(document) == ()


def test_a_secret_that_somebody_wrote_down_is_crossed_out_and_commands_are_left():
    command = "`aws ecs describe-services --cluster credlink-prod --services credlink-api`"
    [first, second] = texts(f"1. Log in with password={SECRET}\n2. Run {command}\n")

    assert SECRET not in first
    assert second == f"Run {command}"


def test_only_one_who_saw_a_tick_takes_it_back_and_everybody_their_own():
    tick = Tick("U0ALICE", "Alice", AT, revision=3)
    runbook = Runbook(group_id="g", name="n", steps=(Step("a"),), revision=4, ticks={0: tick})

    assert not runbook.may_untick(0, by="U0BOB", drawn=2)
    assert runbook.may_untick(0, by="U0BOB", drawn=3)
    assert runbook.may_untick(0, by="U0ALICE", drawn=1)
    assert not runbook.may_untick(1, by="U0ALICE", drawn=9)
