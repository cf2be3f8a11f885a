"""Looking for what we may have posted already: by the metadata every message of ours carries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.slack.api import SlackApi

CARD = "card"
ENTRY = "card_entry"
CLOCK_SKEW_S = 120.0
"""How far the database's clock may be ahead of Slack's."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message of ours; `revision` is what it showed when posted."""

    ts: str
    revision: int


def card_metadata(card_id: str, revision: int) -> dict[str, Any]:
    """What a card's message carries."""
    return {"event_type": CARD, "event_payload": {"card": card_id, "revision": revision}}


def entry_metadata(card_id: str, number: int) -> dict[str, Any]:
    """What a thread entry carries."""
    return {"event_type": ENTRY, "event_payload": {"card": card_id, "number": number}}


async def for_card(
    api: SlackApi, channel_id: str, card_id: str, *, since: datetime, thread_ts: str | None = None
) -> Found | None:
    """The card's message, if it was posted since then; every page of the channel is read, or of
    the thread it stands in.

    Raises:
        SlackError: Slack did not say, or the bot is not in the channel.
    """
    where = {} if thread_ts is None else {"ts": thread_ts}
    async for message in api.pages(
        "conversations.history" if thread_ts is None else "conversations.replies",
        "messages",
        patient=False,
        channel=channel_id,
        oldest=_oldest(since),
        include_all_metadata=True,
        **where,
    ):
        payload = _payload(message, CARD)
        if payload.get("card") == card_id:
            return Found(message["ts"], int(payload["revision"]))
    return None


async def for_entry(
    api: SlackApi, channel_id: str, thread_ts: str, card_id: str, number: int, *, since: datetime
) -> str | None:
    """The ts of a thread entry, if it was posted since then."""
    async for message in api.pages(
        "conversations.replies",
        "messages",
        patient=False,
        channel=channel_id,
        ts=thread_ts,
        oldest=_oldest(since),
        include_all_metadata=True,
    ):
        payload = _payload(message, ENTRY)
        if payload.get("card") == card_id and payload.get("number") == number:
            return str(message["ts"])
    return None


def _oldest(since: datetime) -> str:
    return f"{since.timestamp() - CLOCK_SKEW_S:.6f}"


def _payload(message: dict[str, Any], event_type: str) -> dict[str, Any]:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != event_type:
        return {}
    return metadata.get("event_payload") or {}
