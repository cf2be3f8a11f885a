"""Sentry: the projects the catalogue names."""

from collections.abc import Iterator
from functools import partial

from bot.catalog import Catalog, SentryProject
from bot.doctor.look import Look
from bot.outside import Outside
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
                "SENTRY_TOKEN: an internal integration's, with event:read and project:releases",
                f"`sentry` of services.{service}",
            )


async def _not_configured() -> str:
    return "not configured (SENTRY_URL and SENTRY_TOKEN)"


async def _issues(sentry: SentryClient, named: SentryProject) -> str:
    await sentry.list_issues(named.organization, project=named.project, limit=1)
    return f"{named.organization}/{named.project} can be read"
