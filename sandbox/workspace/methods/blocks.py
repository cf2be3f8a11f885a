"""blocks.validate: the workspace's own check, asked for by name."""

from typing import Any

from sandbox.workspace.content import read_message, read_view
from sandbox.workspace.methods.registry import method
from sandbox.workspace.platform import Platform
from sandbox.workspace.wire import Arguments, invalid


@method("blocks.validate")
def validate(platform: Platform, arguments: Arguments) -> dict[str, Any]:
    """Check blocks, a message or a view as showing them would; nobody sees anything."""
    given = [name for name in ("blocks", "message", "view") if name in arguments]
    if len(given) != 1:
        raise invalid("exactly one of blocks, message and view is required")
    if given == ["view"]:
        read_view(platform, arguments.decoded("view", "invalid_arguments"))
    elif given == ["message"]:
        message = arguments.decoded("message", "invalid_arguments")
        read_message(platform, Arguments(message if isinstance(message, dict) else {}))
    else:
        read_message(platform, arguments)
    return {}
