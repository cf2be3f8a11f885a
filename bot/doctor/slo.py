"""The SLO queries: each is asked once, so that a mistake is found before a deploy is judged by it.

An empty answer is no mistake, since at night there may be no traffic; it is told all the same,
because "no data" is never "fine".
"""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.catalog import Catalog, Slo
from bot.changes.evidence.measure import of_version
from bot.changes.running import first_tag, revision_of
from bot.doctor.look import Finding, Look, Missing, looked, sentence
from bot.doctor.named import called, where
from bot.domain.definition import container_named
from bot.domain.image import read_image
from bot.domain.place import Place, listed, places
from bot.outside import Outside
from integrations.errors import Rejected
from integrations.prometheus.client import PrometheusClient
from integrations.prometheus.models import Series

AT_ONCE = 4
"""Questions under way at once: Prometheus evaluates 20 for everybody, and our client asks 4."""
PLAUSIBLE_VERSION = "1.0.0"
"""Asked for where nobody knows what runs: it proves that the query can be read, and no more."""
NO_DATA = "no data now"
DATA = "data"


def looks(catalog: Catalog, outside: Outside, within_s: float) -> Iterator[Look]:
    """One for each place that has queries."""
    queries = _Queries(outside.prometheus, within_s) if outside.prometheus else None
    for place in places(catalog):
        if place.config.slo:
            yield Look(
                f"SLO queries, {called(place)}",
                partial(_all, outside, queries, place) if queries else partial(_unasked, place),
                "PROMETHEUS_URL",
                keeps_time=True,
            )


async def _unasked(place: Place) -> str:
    raise Missing(
        f"no Prometheus is configured, so {listed(place.config.slo)} can judge no deploy. Set "
        f"PROMETHEUS_URL, or take `slo` out of {where(place)}."
    )


@dataclass(slots=True)
class _Queries:
    """Asks a few at once, each within its own time once it is its turn."""

    prometheus: PrometheusClient
    within_s: float
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _first: asyncio.Task[Finding] | None = field(default=None, init=False)

    async def answers(self) -> bool:
        """Whether Prometheus answers at all: if not, every query would wait for its time to end."""
        if self._first is None:
            look = Look("Prometheus", partial(self._ask, "vector(1)"), "PROMETHEUS_URL")
            self._first = asyncio.create_task(looked(look, self.within_s))
        return (await self._first).ok

    async def ask(self, name: str, query: str, key: str) -> Finding:
        """DATA or NO_DATA, or what is wrong with the query that stands under `key`."""
        async with self._turns:
            return await looked(
                Look(name, partial(self._checked, query, key), "PROMETHEUS_URL"), self.within_s
            )

    async def _checked(self, query: str, key: str) -> str:
        try:
            return await self._ask(query)
        except Rejected as exc:
            raise Missing(f"{sentence(exc.detail)} Correct `{key}`.") from None

    async def _ask(self, query: str) -> str:
        return DATA if _has_data(await self.prometheus.query(query)) else NO_DATA


async def _all(outside: Outside, queries: _Queries, place: Place) -> str:
    if not await queries.answers():
        raise Missing("not asked, since Prometheus does not answer. Check PROMETHEUS_URL.")
    version = None
    if any(slo.by_version is not None for slo in place.config.slo.values()):
        version = await _version(outside, place, queries.within_s)
    asked = await asyncio.gather(
        *(
            queries.ask(name, query, f"{where(place)}.slo.{key}")
            for one, slo in place.config.slo.items()
            for name, query, key in _named(one, slo, version)
        )
    )
    wrong = [finding for finding in asked if not finding.ok]
    if wrong:
        raise Missing(" ".join(f"{finding.name}: {finding.said}" for finding in wrong))
    return _told(asked)


def _named(one: str, slo: Slo, version: str | None) -> Iterator[tuple[str, str, str]]:
    """Each query of an SLO: what it is called, what is asked, and where it stands."""
    yield one, slo.query, f"{one}.query"
    if slo.by_version is not None:
        asked = version or PLAUSIBLE_VERSION
        name = f"{one} by version ({asked}{'' if version else ', made up'})"
        yield name, of_version(slo.by_version, asked), f"{one}.by_version"


def _told(asked: Sequence[Finding]) -> str:
    empty = [finding.name for finding in asked if finding.said == NO_DATA]
    counted = f"{len(asked) - len(empty)} of {len(asked)} give data"
    return f"{counted}; {NO_DATA}: {', '.join(empty)}" if empty else counted


def _has_data(series: Sequence[Series]) -> bool:
    """Nothing but NaN, a share of no requests, judges no more than an empty answer."""
    return any(not math.isnan(point.value) for one in series for point in one.points)


async def _version(outside: Outside, place: Place, within_s: float) -> str | None:
    """The version ECS was asked for last, so that an empty answer says something; None if unknown.

    What is wrong with AWS is another look's finding.
    """

    async def running() -> str:
        config = place.config
        account = outside.aws.account(config.region, config.role)
        service = await account.ecs.describe_service(config.cluster, config.ecs_service)
        definition = await account.ecs.describe_task_definition(service.task_definition)
        container = container_named(definition.raw, config.container)
        revision = revision_of(definition, container["image"])
        version = revision.version
        if version is None and revision.digest is not None:
            image = read_image(revision.image)
            version = await first_tag(account, place, image, revision.digest)
        return version or ""

    found = await looked(Look("version", running, "AWS_ENDPOINT_URL"), within_s)
    return found.said if found.ok else None
