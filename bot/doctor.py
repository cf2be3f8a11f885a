"""`credlink doctor`: is everything configured, reachable and allowed; if not, how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from bot import secret_references
from bot.catalog import Catalog, Environment
from bot.catalog_file import load
from bot.errors import ConfigurationError
from bot.outside import Outside, connected
from bot.settings import Settings, config_file, read_settings
from bot.slack import scopes
from bot.slack.api import SlackApi
from bot.slack.errors import SlackError
from bot.storage import migrate
from bot.storage.database import Database
from integrations.errors import IntegrationError

WITHIN_S = 15.0
UNHEALTHY = 1
"""Exit status when something is missing."""

Look = Callable[[], Awaitable[str]]
"""Returns what was found, in words; raises when something is wrong."""


class Missing(Exception):
    """Something is wrong; the text says what, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `said` is what was found, or what is wrong and how to mend it."""

    name: str
    ok: bool
    said: str


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


async def examine(catalog: Catalog, settings: Settings) -> list[Finding]:
    """Look at everything at once, each within a time of its own."""
    async with connected(settings) as outside:
        looks = {
            "database": lambda: _database(settings),
            "Slack": lambda: _slack(settings),
            **dict(_aws(catalog, outside)),
            **dict(_addresses(outside)),
        }
        found = await asyncio.gather(*(_looked(name, look) for name, look in looks.items()))
    return [*found, *_closed(settings)]


async def _looked(name: str, look: Look) -> Finding:
    try:
        async with asyncio.timeout(WITHIN_S):
            return Finding(name, ok=True, said=await look())
    except TimeoutError:
        said = f"no answer within {WITHIN_S:g} s. Is the address right, and reachable from here?"
    except (Missing, IntegrationError, SlackError, ConfigurationError) as exc:
        said = str(exc)
    except OSError as exc:
        said = f"{exc.strerror or exc}"
    return Finding(name, ok=False, said=said)


async def _database(settings: Settings) -> str:
    database = Database(settings.database_url)
    try:
        current = await migrate.is_current(database)
    finally:
        await database.close()
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    return f"{kind}, up to date" if current else f"{kind}, will be upgraded at start"


async def _slack(settings: Settings) -> str:
    api = SlackApi(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    await api.start()
    try:
        identity, lacking = await scopes.missing(api)
    except SlackError as exc:
        raise Missing(
            f"{exc.code}. Copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions "
            "into SLACK_BOT_TOKEN."
        ) from exc
    finally:
        await api.stop()
    if lacking:
        raise Missing(
            f"the token lacks {', '.join(sorted(lacking))}. Update the app from manifest.yml "
            "and install it to the workspace again."
        )
    return f"{identity.url}, every scope granted"


def _aws(catalog: Catalog, outside: Outside) -> Iterator[tuple[str, Look]]:
    for service, described in catalog.services.items():
        for name, place in described.environments.items():
            yield f"AWS, {service} in {name}", _place(outside, place)


def _place(outside: Outside, place: Environment) -> Look:
    async def look() -> str:
        account = outside.aws.account(place.region, place.role)
        identity = await account.sts.get_caller_identity()
        if identity.account != place.account:
            raise Missing(
                f"these credentials are of account {identity.account}, and the catalogue says "
                f"{place.account}. Name a `role` of that account, or correct `account`."
            )
        service = await account.ecs.describe_service(place.cluster, place.ecs_service)
        return f"{identity.arn}; {place.cluster}/{place.ecs_service} runs {service.running} tasks"

    return look


def _addresses(outside: Outside) -> Iterator[tuple[str, Look]]:
    async def prometheus() -> str:
        if outside.prometheus is None:
            return "not configured (PROMETHEUS_URL): no charts"
        await outside.prometheus.query("vector(1)")
        return "answers"

    async def alertmanager() -> str:
        if outside.alertmanager is None:
            return "not configured (ALERTMANAGER_URL)"
        return f"version {(await outside.alertmanager.get_status()).version}"

    async def grafana() -> str:
        if outside.grafana is None:
            return "not configured (GRAFANA_URL and GRAFANA_TOKEN)"
        return f"version {(await outside.grafana.get_health()).version}"

    async def pagerduty() -> str:
        if outside.pagerduty is None:
            return "not configured (PAGERDUTY_API_URL and PAGERDUTY_TOKEN): nobody is paged"
        subscriptions = await outside.pagerduty.list_webhook_subscriptions()
        active = sum(subscription.active for subscription in subscriptions)
        if not active:
            raise Missing(
                "no webhook subscription is active, so the bot will not hear of acknowledgements. "
                "Make one in PagerDuty for <the bot>/webhooks/pagerduty."
            )
        return f"{active} webhook subscription{'s' if active > 1 else ''} active"

    async def sentry() -> str:
        if outside.sentry is None:
            return "not configured (SENTRY_URL and SENTRY_TOKEN)"
        return "configured"

    yield "Prometheus", prometheus
    yield "Alertmanager", alertmanager
    yield "Grafana", grafana
    yield "PagerDuty", pagerduty
    yield "Sentry", sentry


def _closed(settings: Settings) -> Iterator[Finding]:
    """Webhooks that nobody can use yet."""
    if settings.alertmanager_webhook_token is None:
        said = "closed: set ALERTMANAGER_WEBHOOK_TOKEN, and the same in Alertmanager's receiver."
        yield Finding("Alertmanager's webhook", ok=False, said=said)
    if settings.pagerduty_token and not settings.pagerduty_webhook_secrets:
        said = "closed: set PAGERDUTY_WEBHOOK_SECRETS to the subscription's secret."
        yield Finding("PagerDuty's webhook", ok=False, said=said)


def _counted(catalog: Catalog) -> str:
    services = len(catalog.services)
    places = sum(len(service.environments) for service in catalog.services.values())
    return f"{services} service{'s' if services > 1 else ''} in {places} places"
