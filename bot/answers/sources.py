"""Sources asked at once, each with its time: a slow one costs its own finding and no other's."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot import metrics, reporting
from integrations.errors import IntegrationError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """Something to ask. `name` is what people call it: it is named when it does not answer."""

    name: str
    ask: Callable[[], Awaitable[Any]]
    system: str = ""
    """What its metric is called, where several sources are one system; otherwise as `name`."""


async def asked_at_once(
    sources: Iterable[Source], *, within_s: float
) -> tuple[dict[str, Any], dict[str, str]]:
    """What each source found, by its name, and why each of the others is silent, in plain words.

    Takes `within_s` at most. A bug of ours in a source is recorded and costs its own finding; a
    source that is silent is never one that found nothing.
    """
    asked = list(sources)
    outcomes = await asyncio.gather(*(_ask(source, within_s) for source in asked))
    found: dict[str, Any] = {}
    silent: dict[str, str] = {}
    up: dict[str, bool] = {}
    for source, (answer, why) in zip(asked, outcomes, strict=True):
        if why is None:
            found[source.name] = answer
        else:
            silent[source.name] = why
        system = (source.system or source.name).lower()
        up[system] = up.get(system, True) and why is None
    for system, answers in up.items():
        metrics.source_up.labels(system).set(int(answers))
    return found, silent


async def _ask(source: Source, within_s: float) -> tuple[Any, str | None]:
    try:
        async with asyncio.timeout(within_s):
            return await source.ask(), None
    except TimeoutError:
        why = f"did not answer within {within_s:g} s"
    except IntegrationError as exc:
        why = exc.detail
    except Exception as exc:  # a bug in one source must not silence the others
        log.exception("source_broken", extra={"action": "source_broken", "source": source.name})
        reporting.report(exc)
        return None, "the bot made a mistake; it is recorded"
    log.warning(
        "source_missing", extra={"action": "source_missing", "source": source.name, "why": why}
    )
    return None, why
