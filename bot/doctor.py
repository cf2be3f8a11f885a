"""`credlink doctor`: is everything configured, reachable and allowed; if not, how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from bot import secret_references
from bot.catalog import Catalog, Environment, SentryProject
from bot.catalog_file import load
from bot.errors import ConfigurationError
from bot.outside import Outside, connected
from bot.settings import Settings, config_file, read_settings
from bot.slack import scopes
from bot.slack.api import SlackApi
from bot.slack.errors import RateLimited as SlackRateLimited
from bot.slack.errors import Refused, SlackError
from bot.storage import migrate
from bot.storage.database import Database
from bot.storage.transient import is_transient
from integrations.errors import (
    Forbidden,
    IntegrationError,
    NotFound,
    RateLimited,
    Unavailable,
    told,
)
from integrations.grafana.client import GrafanaClient
from integrations.sentry.client import SentryClient

WITHIN_S = 15.0
UNHEALTHY = 1
"""Exit status when something is missing."""
SENTENCE_ENDS = ".!"
NO_INVALIDATION = "INOTHINGCREDLINK"
"""The id of no invalidation."""


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
    refused, and when the thing is not there.
    """

    name: str
    find: Callable[[], Awaitable[str]]
    address: str
    credentials: str = ""
    names: str = ""


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
    """Look at everything at once, each within a time of its own."""
    async with connected(settings) as outside:
        looks = [
            Look("database", lambda: _database(settings), "DATABASE_URL"),
            *_slack(settings),
            *_aws(catalog, outside),
            *_monitoring(outside),
            *_named_in(catalog, outside),
            *_edges(catalog, outside),
            *_change_events(catalog, settings),
        ]
        found = await asyncio.gather(*(_looked(look, within_s) for look in looks))
    return [*found, *_closed(settings)]


async def _looked(look: Look, within_s: float) -> Finding:
    try:
        async with asyncio.timeout(within_s):
            return Finding(look.name, ok=True, said=await look.find())
    except TimeoutError:
        said = f"no answer within {within_s:g} s. Check {look.address}, and the way there."
    except Exception as exc:  # noqa: BLE001  what nobody foresaw is a finding too
        said = _explained(exc, look)
    return Finding(look.name, ok=False, said=said)


def _explained(exc: Exception, look: Look) -> str:
    """What is wrong and what to correct; of an error nobody foresaw only its kind."""
    match exc:
        case Missing() | ConfigurationError():
            return str(exc)
        case Forbidden() | Refused():
            return f"{_sentence(exc)} Check {look.credentials or look.address}."
        case NotFound() if look.names:
            return f"{_sentence(exc)} Check {look.names}."
        case RateLimited() | SlackRateLimited():
            return f"{_sentence(exc)} Look again in a minute."
        case Unavailable() | SlackError():
            return f"{_sentence(exc)} Check {look.address}, and the way there."
        case IntegrationError() | OSError():
            return f"{_sentence(exc)} Check {look.address}."
        case _:
            return f"{type(exc).__name__}. Check {look.address}."


def _sentence(exc: Exception) -> str:
    return str(exc).rstrip(SENTENCE_ENDS) + "."


async def _database(settings: Settings) -> str:
    database = Database(settings.database_url)
    try:
        behind = await migrate.will_upgrade(database)
    except Exception as exc:
        if not is_transient(exc):
            raise
        secret = urlsplit(settings.database_url).password or ""
        driver_said = str(exc.__cause__ or "").partition("\n")[0]
        raise Missing(
            f"{told(driver_said, secrets=[secret]).rstrip(SENTENCE_ENDS)}. Check DATABASE_URL, "
            "and that its server runs."
        ) from None
    finally:
        await database.close()
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    return f"{kind}, will be upgraded at start" if behind else f"{kind}, up to date"


def _slack(settings: Settings) -> Iterator[Look]:
    async def token() -> str:
        api = SlackApi(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        await api.start()
        try:
            identity, lacking = await scopes.missing(api)
        finally:
            await api.stop()
        if lacking:
            raise Missing(
                f"the token lacks {', '.join(sorted(lacking))}. Update the app from manifest.yml "
                "and install it to the workspace again."
            )
        return f"{identity.url}, every scope granted"

    async def socket() -> str:
        secret = settings.slack_app_token
        api = SlackApi(secret.get_secret_value() if secret else "", settings.slack_api_url)
        await api.start()
        try:
            await api.call("apps.connections.open")
        finally:
            await api.stop()
        return "a connection is granted"

    yield Look(
        "Slack",
        token,
        "SLACK_API_URL",
        "SLACK_BOT_TOKEN: the Bot User OAuth Token (xoxb-…) under OAuth & Permissions",
    )
    if settings.slack_mode == "socket":
        yield Look(
            "Slack's Socket Mode",
            socket,
            "SLACK_API_URL",
            "SLACK_APP_TOKEN: an app-level token (xapp-…) with connections:write under Basic "
            "Information, and that Socket Mode is on",
        )


def _aws(catalog: Catalog, outside: Outside) -> Iterator[Look]:
    for service, described in catalog.services.items():
        for name, place in described.environments.items():
            where = f"services.{service}.environments.{name}"
            yield Look(
                f"AWS, {service} in {name}",
                partial(_place, outside, place),
                f"`region` of {where} and AWS_ENDPOINT_URL",
                f"the bot's AWS credentials, and `role` of {where}",
                f"`cluster`, `ecs_service` and `region` of {where}",
            )


async def _place(outside: Outside, place: Environment) -> str:
    account = outside.aws.account(place.region, place.role)
    identity = await account.sts.get_caller_identity()
    if identity.account != place.account:
        raise Missing(
            f"these credentials are of account {identity.account}, and the catalogue says "
            f"{place.account}. Name a `role` of that account, or correct `account`."
        )
    service = await account.ecs.describe_service(place.cluster, place.ecs_service)
    return f"{identity.arn}; {place.cluster}/{place.ecs_service} runs {service.running} tasks"


def _monitoring(outside: Outside) -> Iterator[Look]:
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

    yield Look("Prometheus", prometheus, "PROMETHEUS_URL")
    yield Look("Alertmanager", alertmanager, "ALERTMANAGER_URL")
    yield Look("Grafana", grafana, "GRAFANA_URL", "GRAFANA_TOKEN")
    yield Look("PagerDuty", pagerduty, "PAGERDUTY_API_URL", "PAGERDUTY_TOKEN")


def _named_in(catalog: Catalog, outside: Outside) -> Iterator[Look]:
    """What the catalogue names in Grafana and Sentry: found only with a token that is good."""
    if outside.sentry is None:
        yield Look("Sentry", _no_sentry, "SENTRY_URL")
    for service, described in catalog.services.items():
        if outside.sentry and described.sentry:
            yield Look(
                f"Sentry, {service}",
                partial(_issues, outside.sentry, described.sentry),
                "SENTRY_URL",
                "SENTRY_TOKEN: an internal integration's, with event:read and project:releases",
                f"`sentry` of services.{service}",
            )
        for name, place in described.environments.items():
            if outside.grafana and place.grafana:
                yield Look(
                    f"Grafana, {service} in {name}",
                    partial(_dashboard, outside.grafana, place.grafana.dashboard),
                    "GRAFANA_URL",
                    "GRAFANA_TOKEN: a service account's, with dashboards:read, annotations:read, "
                    "annotations:create and annotations:write",
                    f"`grafana` of services.{service}.environments.{name}",
                )


async def _no_sentry() -> str:
    return "not configured (SENTRY_URL and SENTRY_TOKEN)"


async def _issues(sentry: SentryClient, named: SentryProject) -> str:
    await sentry.list_issues(named.organization, project=named.project, limit=1)
    return f"{named.organization}/{named.project} can be read"


async def _dashboard(grafana: GrafanaClient, uid: str) -> str:
    await grafana.list_annotations(tags=["credlink"], limit=1)
    return f"dashboard {(await grafana.get_dashboard(uid)).title!r}, annotations can be read"


def _edges(catalog: Catalog, outside: Outside) -> Iterator[Look]:
    """The CloudFront distributions that are invalidated after a deploy."""
    for service, described in catalog.services.items():
        for name, place in described.environments.items():
            if place.cloudfront is None:
                continue
            where = f"services.{service}.environments.{name}"
            yield Look(
                f"CloudFront, {service} in {name}",
                partial(_distribution, outside, place, place.cloudfront.distribution),
                "AWS_ENDPOINT_URL",
                "the role's cloudfront:CreateInvalidation and cloudfront:GetInvalidation",
                f"`cloudfront` of {where}",
            )


async def _distribution(outside: Outside, place: Environment, distribution: str) -> str:
    """Ask for an invalidation that is none: CloudFront says which of both it does not know."""
    cloudfront = outside.aws.account(place.region, place.role).cloudfront
    try:
        await cloudfront.get_invalidation(distribution, NO_INVALIDATION)
    except NotFound as exc:
        if "NoSuchInvalidation" not in exc.detail:
            raise
    return f"distribution {distribution}"


def _change_events(catalog: Catalog, settings: Settings) -> Iterator[Look]:
    """Routing keys: only an event would prove one, and everybody would see it."""

    async def keys() -> str:
        paged = {name for name, service in catalog.services.items() if service.pagerduty}
        known = settings.pagerduty_routing_keys.keys() & paged
        if len(known) < len(settings.pagerduty_routing_keys):
            # What stands there is not repeated: with both sides exchanged it is a key.
            raise Missing(
                "PAGERDUTY_ROUTING_KEYS names a service that has no `pagerduty` in the catalogue. "
                f"It is written service=key, for {', '.join(sorted(paged)) or 'none yet'}."
            )
        return f"a routing key for {', '.join(sorted(known))}, proved by the first change event"

    if settings.pagerduty_routing_keys:
        yield Look("PagerDuty's change events", keys, "PAGERDUTY_ROUTING_KEYS")


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
