"""Links to addresses from outside: an address that is none, or that could break out, is not one."""

from urllib.parse import urlsplit, urlunsplit

from bot.cards.blocks import escaped
from bot.domain.card import Place

LONGEST_ADDRESS = 1500
"""Characters; half of what a section takes, so that a link is never cut in the middle."""
_BREAKS_OUT = frozenset('<>|"\\ \t\r\n')


def link(address: str, label: str) -> str:
    """A link in mrkdwn; the escaped label alone where the address is not a plain http address."""
    if not is_address(address):
        return escaped(label)
    return f"<{address.replace('&', '&amp;')}|{escaped(label).replace('|', '¦')}>"


def is_address(text: str) -> bool:
    """Whether this is an http or https address that mrkdwn can carry."""
    if len(text) > LONGEST_ADDRESS or _BREAKS_OUT & set(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def open_address(url: str | None) -> str:
    """An address the bot itself uses, for people's browsers: what lets the bot in stays with it.

    Without a slash at its end; empty where there is none.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")


def permalink(workspace_url: str, place: Place) -> str:
    """The address of a message; Slack's own look so, and asking for each would cost a call."""
    return f"{workspace_url}archives/{place.channel_id}/p{place.ts.replace('.', '')}"
