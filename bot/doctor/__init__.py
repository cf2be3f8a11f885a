"""`credlink doctor`: is everything configured, reachable and allowed; if not, how to mend it."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import chain

from bot import secret_references
from bot.catalog import Catalog
from bot.catalog_file import load
from bot.doctor import aws, database, monitoring, pagerduty, pipelines, sentry, slack, slo
from bot.doctor.look import Finding, Look, looked
from bot.outside import Outside, connected
from bot.settings import Settings, config_file, read_settings

__all__ = ["UNHEALTHY", "Finding", "examine", "run"]

WITHIN_S = 15.0
UNHEALTHY = 1
"""Exit status when something is missing."""


async def run(environment: Mapping[str, str]) -> int:
    """Print what was found; returns 0 when all is well.

    Raises:
        ConfigurationError: the catalogue or a setting is wrong, so nothing can be looked at.
    """
    file = config_file(environment)
    catalog = load(file)
    settings = read_settings(await secret_references.resolved(environment), catalog)
    print(f"✓ configuration: {file}, {_counted(catalog)}")
    findings = await examine(catalog, settings)
    for finding in findings:
        print(f"{'✓' if finding.ok else '✗'} {finding.name}: {finding.said}")
    wrong = [finding for finding in findings if not finding.ok]
    print(f"\n{len(wrong)} to mend." if wrong else "\nAll is well.")
    return UNHEALTHY if wrong else 0


async def examine(
    catalog: Catalog, settings: Settings, *, within_s: float = WITHIN_S
) -> list[Finding]:
    """Look at everything at once, each within a time of its own.

    SLO queries are asked a few at a time, each within `within_s` of its turn.
    """
    async with connected(settings) as outside:
        looks = _looks(catalog, settings, outside, within_s)
        found = await asyncio.gather(*(looked(look, within_s) for look in looks))
    closed = (one.closed(settings) for one in (monitoring, pagerduty, sentry))
    return [*found, *chain.from_iterable(closed)]


def _looks(
    catalog: Catalog, settings: Settings, outside: Outside, within_s: float
) -> Iterator[Look]:
    yield from database.looks(settings)
    yield from slack.looks(catalog, settings)
    yield from aws.looks(catalog, outside)
    yield from monitoring.looks(catalog, outside)
    yield from slo.looks(catalog, outside, within_s)
    yield from pagerduty.looks(catalog, settings, outside)
    yield from sentry.looks(catalog, outside)
    yield from pipelines.looks(catalog, settings)


def _counted(catalog: Catalog) -> str:
    services = len(catalog.services)
    places = sum(len(service.environments) for service in catalog.services.values())
    return f"{services} service{'s' if services > 1 else ''} in {places} places"
