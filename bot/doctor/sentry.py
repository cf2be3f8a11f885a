"""Sentry: the projects the catalogue names."""

from collections.abc import Iterator
from functools import partial

from bot.catalog import Catalog, SentryProject
from bot.doctor.look import Finding, Look
from bot.outside import Outside
from bot.settings import Settings
from integrations.sentry.client import SentryClient


def looks(catalog: Catalog, outside: Outside) -> Iterator[Look]:
    if outside.sentry is None:
        yield Look("Sentry", _not_configured, "SENTRY_URL")
        return
    for service, described in catalog.services.items():
        if described.sentry:
            yield Look(
                f"Sentry, {service}",
                partial(_issues, outside.sentry, described.sentry),
                "SENTRY_URL",
                "SENTRY_TOKEN: an internal integration's, with event:read, project:releases, and "
                "event:write and member:read for what is done to issues from a card",
                f"`sentry` of services.{service}",
            )


def closed(settings: Settings) -> Iterator[Finding]:
    """Its webhook, if nobody can use it: the bot asks Sentry by itself, so that is no mistake."""
    if settings.sentry_token and not settings.sentry_client_secrets:
        said = (
            "closed: without SENTRY_CLIENT_SECRETS cards learn of Sentry a minute late, and its "
            "alert rules open none"
        )
        yield Finding("Sentry's webhook", ok=True, said=said)


async def _not_configured() -> str:
    return "not configured (SENTRY_URL and SENTRY_TOKEN)"


async def _issues(sentry: SentryClient, named: SentryProject) -> str:
    await sentry.list_issues(named.organization, project=named.project, limit=1)
    return f"{named.organization}/{named.project} can be read"
