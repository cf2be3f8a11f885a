"""Block Kit as Slack checks it, with problems as JSON pointers.

No schema of Block Kit is published; these rules join the reference, Slack's type definitions and
the limits in slack_sdk. A test compares them with slack_sdk's models.
"""

from sandbox.workspace.blockkit.surfaces import Refusal, check_message, check_view, with_ids

__all__ = ["Refusal", "check_message", "check_view", "with_ids"]
