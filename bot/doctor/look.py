"""One thing to look at, within a time of its own; and what is said of what goes wrong there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.errors import ConfigurationError
from bot.slack.errors import RateLimited as SlackRateLimited
from bot.slack.errors import Refused, SlackError
from integrations.errors import Forbidden, IntegrationError, NotFound, RateLimited, Unavailable

SENTENCE_ENDS = ".!"


class Missing(Exception):
    """Something is wrong; the text says what, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `said` is what was found, or what is wrong and how to mend it."""

    name: str
    ok: bool
    said: str


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to look at. `find` returns what it found, in words, or raises.

    `address`, `credentials` and `names` say what to correct when nobody answers, when we are
    refused, and when the thing is not there. A look that asks many questions, each within its own
    time, `keeps_time` itself.
    """

    name: str
    find: Callable[[], Awaitable[str]]
    address: str
    credentials: str = ""
    names: str = ""
    keeps_time: bool = False


async def looked(look: Look, within_s: float) -> Finding:
    """Look, for at most `within_s`; whatever goes wrong is the finding."""
    try:
        async with asyncio.timeout(None if look.keeps_time else within_s):
            return Finding(look.name, ok=True, said=await look.find())
    except TimeoutError:
        said = f"no answer within {within_s:g} s. Check {look.address}, and the way there."
    except Exception as exc:  # noqa: BLE001  what nobody foresaw is a finding too
        said = _explained(exc, look)
    return Finding(look.name, ok=False, said=said)


def sentence(said: object) -> str:
    return str(said).rstrip(SENTENCE_ENDS) + "."


def _explained(exc: Exception, look: Look) -> str:
    """What is wrong and what to correct; of an error nobody foresaw only its kind."""
    match exc:
        case Missing() | ConfigurationError():
            return str(exc)
        case Forbidden() | Refused():
            return f"{sentence(exc)} Check {look.credentials or look.address}."
        case NotFound() if look.names:
            return f"{sentence(exc)} Check {look.names}."
        case RateLimited() | SlackRateLimited():
            return f"{sentence(exc)} Look again in a minute."
        case Unavailable() | SlackError():
            return f"{sentence(exc)} Check {look.address}, and the way there."
        case IntegrationError() | OSError():
            return f"{sentence(exc)} Check {look.address}."
        case _:
            return f"{type(exc).__name__}. Check {look.address}."
