"""Golden files: what Slack is sent, as JSON that can be pasted into Block Kit Builder.

`make golden` writes them anew; the difference is read like code.
"""

import json
import os
from pathlib import Path

from bot.cards.blocks import Message

FOLDER = Path(__file__).parent.parent / "golden"


def assert_golden(message: Message, name: str) -> None:
    """Compare a message with `tests/golden/<name>.json`."""
    shown = {"text": message.text, "blocks": list(message.blocks)}
    written = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    file = FOLDER / f"{name}.json"
    if os.environ.get("CREDLINK_GOLDEN") == "write":
        file.write_text(written)
    assert written == file.read_text(), f"{name} looks different; `make golden` if it should"
