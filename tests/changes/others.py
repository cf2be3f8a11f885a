"""The systems that are told of changes: the sandbox's stand-ins, and what they were told."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bot.catalog import Catalog, CloudFront, GrafanaPlace, PagerDutyService, SentryProject
from bot.world import World
from integrations.grafana.client import GrafanaClient
from integrations.pagerduty.events import EventsClient
from integrations.sentry.client import SentryClient
from sandbox import seeds
from sandbox.aws.seeds import DISTRIBUTION_ID, PROD
from sandbox.aws.server import AwsWorld
from sandbox.grafana import Grafana
from sandbox.grafana.annotations import Annotation
from sandbox.pagerduty.server import PagerDuty
from sandbox.sentry.issues import ORGANIZATION, PROJECT
from sandbox.sentry.server import Sentry
from sandbox.standin import Fault, StandIn

DEADLINE_S = 2.0
"""For an answer of one of them; long enough on a busy machine, short enough to time out in."""


@dataclass(frozen=True, slots=True)
class Others:
    """Grafana, Sentry and PagerDuty, each on a port of its own, and AWS's CloudFront."""

    grafana: Grafana
    sentry: Sentry
    pagerduty: PagerDuty
    aws: AwsWorld

    def fail(self, *operations: str, **how: Any) -> None:
        """Have these operations fail, wherever they are."""
        for standin in self._all():
            standin.faults += [Fault(operation, **how) for operation in operations]

    def mend(self) -> None:
        for standin in self._all():
            standin.faults.clear()
        self.aws.faults.clear()

    def _all(self) -> tuple[StandIn, ...]:
        return self.grafana, self.sentry, self.pagerduty

    # What they were told

    @property
    def annotations(self) -> list[Annotation]:
        return list(self.grafana.annotations.values())

    @property
    def deploys(self) -> list[tuple[str, str]]:
        """Release and environment of each deploy Sentry knows."""
        return [
            (release.version, deploy["environment"])
            for release in self.sentry.releases.values()
            for deploy in release.deploys
        ]

    @property
    def events(self) -> list[str]:
        """The summaries of PagerDuty's change events."""
        return [event.summary for event in self.pagerduty.account.changes]

    @property
    def invalidations(self) -> list[str]:
        """The status of each invalidation, newest first."""
        listed = self._cloudfront.list_invalidations(DistributionId=DISTRIBUTION_ID)
        return [one["Status"] for one in listed["InvalidationList"].get("Items", [])]

    def invalidate(self, paths: Iterable[str], reference: str) -> None:
        """Invalidate past the bot."""
        items = list(paths)
        self._cloudfront.create_invalidation(
            DistributionId=DISTRIBUTION_ID,
            InvalidationBatch={
                "Paths": {"Quantity": len(items), "Items": items},
                "CallerReference": reference,
            },
        )

    @property
    def _cloudfront(self) -> Any:
        return self.aws.client("cloudfront", PROD.account)


@asynccontextmanager
async def running_others(aws: AwsWorld) -> AsyncIterator[Others]:
    async with AsyncExitStack() as leaving:
        others = Others(Grafana(), Sentry(), PagerDuty(), aws)
        for standin in (others.grafana, others.sentry, others.pagerduty):
            await standin.start()
            leaving.push_async_callback(standin.stop)
        yield others


@asynccontextmanager
async def connected_to(others: Others, world: World, *, pace: float) -> AsyncIterator[World]:
    """The world with a way to all of them, and a catalogue that names them."""
    grafana = GrafanaClient(others.grafana.url, seeds.GRAFANA_TOKEN, deadline_s=DEADLINE_S)
    sentry = SentryClient(others.sentry.url, seeds.SENTRY_TOKEN, deadline_s=DEADLINE_S)
    events = EventsClient(others.pagerduty.url, seeds.PAGERDUTY_ROUTING_KEY, deadline_s=DEADLINE_S)
    yield replace(
        world,
        catalog=naming_others(world.catalog),
        pace=pace,
        grafana=grafana,
        sentry=sentry,
        change_events={seeds.SERVICE: events},
    )
    for client in (grafana, sentry, events):
        await client.aclose()


def naming_others(catalog: Catalog) -> Catalog:
    service = catalog.services[seeds.SERVICE]
    prod = service.environments["prod"].model_copy(
        update={
            "cloudfront": CloudFront(distribution=DISTRIBUTION_ID),
            "grafana": GrafanaPlace(dashboard="credlink-prod"),
        }
    )
    told = service.model_copy(
        update={
            "environments": {"prod": prod},
            "pagerduty": PagerDutyService(service=seeds.PAGERDUTY_SERVICE_ID),
            "sentry": SentryProject(organization=ORGANIZATION, project=PROJECT),
        }
    )
    return catalog.model_copy(update={"services": {seeds.SERVICE: told}})
