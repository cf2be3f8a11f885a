"""What a person typed, as words."""

import re

QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
"""Phones and Macs make typographic quotes of typed ones."""
WORD = re.compile(r'(?:"[^"]*"|\S)+')
QUOTED = re.compile(r'"([^"]*)"')


def words_of(text: str) -> list[str]:
    """Split a command's text; double quotes keep words together, apostrophes are letters.

    `shlex` would take an apostrophe for a quote, and quadratic time for a long word.
    """
    return [QUOTED.sub(r"\1", word) for word in WORD.findall(typed(text))]


def typed(text: str) -> str:
    """A command's text as it was typed: without Slack's escaping, with straight quotes."""
    return unescaped(text).translate(QUOTES)


def unescaped(text: str) -> str:
    """Undo Slack's escaping of what people type.

    Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
