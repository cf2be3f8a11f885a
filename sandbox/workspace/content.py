"""What an app wants to show, read from a call, a response_url post or an acknowledgement."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.workspace.blockkit import check_message, check_view, with_ids
from sandbox.workspace.platform import Platform
from sandbox.workspace.wire import ApiError, Arguments

TEXT_CHARACTERS = 40_000
"""Longer text is cut. https://docs.slack.dev/reference/methods/chat.postMessage#truncating"""
ATTACHMENTS = 100
VIEW_BYTES = 250_000
"""https://docs.slack.dev/reference/methods/views.open (view_too_large)."""
METADATA_BYTES = 16_000
TRUNCATED = "message_truncated"


@dataclass(slots=True)
class Content:
    """Checked content of a message; `None` means the caller did not mention that part."""

    text: str | None
    blocks: list[dict[str, Any]] | None
    attachments: list[dict[str, Any]] | None
    metadata: dict[str, Any] | None
    warnings: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.text and not self.blocks and not self.attachments

    def warned(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer, with what the caller should know."""
        if not self.warnings:
            return answer
        listed = {"warnings": self.warnings}
        return {**answer, "warning": ",".join(self.warnings), "response_metadata": listed}


def read_message(platform: Platform, arguments: Arguments) -> Content:
    """Read and check what a message is to show.

    Raises:
        ApiError: invalid_blocks with JSON pointers, invalid_blocks_format, msg_blocks_too_long,
            invalid_attachments, invalid_metadata_format.
    """
    content = Content(
        text=_text(arguments),
        blocks=_blocks(platform, arguments),
        attachments=_attachments(platform, arguments),
        metadata=_metadata(arguments),
    )
    if content.text is not None and len(content.text) > TEXT_CHARACTERS:
        content.text = content.text[:TEXT_CHARACTERS]
        content.warnings.append(TRUNCATED)
    return content


def read_view(platform: Platform, written: Any) -> dict[str, Any]:
    """Read and check a view.

    Raises:
        ApiError: invalid_arguments with JSON pointers, or view_too_large.
    """
    if not isinstance(written, dict):
        raise ApiError(
            "invalid_arguments", messages=["must provide an object [json-pointer:/view]"]
        )
    if len(json.dumps(written, ensure_ascii=False).encode()) > VIEW_BYTES:
        raise ApiError("view_too_large")
    problems = check_view(written, _showable(platform))
    if problems:
        raise ApiError("invalid_arguments", messages=problems)
    blocks = with_ids(written["blocks"], platform.store.ids.new)
    return {**written, "blocks": blocks}


def _text(arguments: Arguments) -> str | None:
    if "markdown_text" in arguments:
        if "text" in arguments or "blocks" in arguments:
            raise ApiError("markdown_text_conflict")
        text = arguments.text("markdown_text") or ""
        if len(text) > 12_000:
            raise ApiError("msg_too_long")
        return text
    if "text" not in arguments:
        return None
    return arguments.text("text") or ""


def _blocks(platform: Platform, arguments: Arguments) -> list[dict[str, Any]] | None:
    if "blocks" not in arguments:
        return None
    blocks = arguments.decoded("blocks", "invalid_blocks_format")
    if blocks is None:
        return []
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    refusal = check_message(blocks, _showable(platform))
    if refusal is not None:
        raise ApiError(refusal.code, messages=refusal.problems, errors=refusal.problems)
    return with_ids(blocks, platform.store.ids.new)


def _attachments(platform: Platform, arguments: Arguments) -> list[dict[str, Any]] | None:
    if "attachments" not in arguments:
        return None
    attachments = arguments.decoded("attachments", "invalid_attachments")
    if attachments is None:
        return []
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise ApiError("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise ApiError("too_many_attachments")
    shown = []
    for number, attachment in enumerate(attachments, start=1):
        checked = dict(attachment)
        if "blocks" in attachment:
            nested = Arguments({"blocks": attachment["blocks"]})
            checked["blocks"] = _blocks(platform, nested)
        elif not any(attachment.get(key) for key in ("text", "fallback", "title", "fields")):
            raise ApiError("no_text")
        shown.append({"id": number, **checked})
    return shown


def _metadata(arguments: Arguments) -> dict[str, Any] | None:
    metadata = arguments.decoded("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    well_formed = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and metadata["event_type"] != ""
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not well_formed:
        raise ApiError("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def _showable(platform: Platform) -> Callable[[str], bool]:
    """Whether an image block may show the file with this id or address."""
    files = platform.store.files
    prefix = f"{platform.address()}/files/"

    def may_show(reference: str) -> bool:
        file = files.get(reference.removeprefix(prefix).partition("/")[0])
        return file is not None and file.ready and file.is_image

    return may_show
