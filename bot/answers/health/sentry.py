"""What Sentry has seen first in the version that runs."""

from typing import Any

from bot.answers.health.addresses import Addresses
from bot.catalog import SentryProject
from bot.domain.health import Part
from bot.domain.health.facts import NewIssue, Version
from bot.domain.place import Place
from integrations.errors import Unavailable
from integrations.sentry.client import SYSTEM, SentryClient


async def new_issues(
    sentry: SentryClient,
    place: Place,
    project: SentryProject,
    version: Version | None,
    addresses: Addresses,
) -> dict[str, Any]:
    """The unresolved issues that began with this version in this environment, the newest first.

    Costs one call.

    Raises:
        IntegrationError: Sentry did not answer, or nobody knows yet which release to ask about.
    """
    if version is None or version.name == version.revision:
        raise Unavailable(SYSTEM, "list_issues", "which version runs is not known, so nobody asked")
    found = await sentry.list_issues(
        project.organization,
        project=project.project,
        query=f'is:unresolved first-release:"{version.name}"',  # an image tag holds no quotes
        environment=place.environment,
    )
    issues = [
        NewIssue(
            short_id=one.short_id,
            title=one.title,
            events=one.events,
            users=one.users,
            first_seen_at=one.first_seen_at,
            url=one.permalink,
        )
        for one in found
    ]
    issues.sort(key=lambda one: one.first_seen_at, reverse=True)
    address = addresses.issues(project, version.name)
    return {"issues": tuple(issues), "links": {Part.ISSUES.value: address} if address else {}}
