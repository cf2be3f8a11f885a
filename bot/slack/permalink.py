"""Addresses under which a browser or Slack's client shows a message."""

from bot.domain.card import Place


def permalink(workspace_url: str, place: Place) -> str:
    """The message's address; `workspace_url` is `Identity.url`. No call to Slack is needed.

    Source: https://docs.slack.dev/reference/methods/chat.getPermalink (the shape it answers).
    """
    return f"{workspace_url.rstrip('/')}/archives/{place.channel_id}/p{place.ts.replace('.', '')}"
