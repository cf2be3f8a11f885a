"""A service deployment that others asked for, told as a change: from what, and what became of it.

Costs at most two ecs:DescribeTaskDefinition and two ecr:DescribeImages for revisions not seen
before, and one ecs:DescribeServices while it is under way.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.changes.accept import channel_of
from bot.changes.running import (
    MOVING_TAGS,
    account_of,
    describe_definition,
    revision_of,
    tag_of,
)
from bot.domain.change import Change, ChangeKind, ChangeState, Origin, Rollout
from bot.domain.definition import (
    NoSuchContainer,
    changed_fields,
    container_named,
    definition_hash,
    memory_mib,
)
from bot.domain.image import read_image
from bot.domain.place import Place
from bot.domain.plan import GoodRevision, Plan, Revision
from bot.domain.rollout import Verdict
from bot.domain.shift import Strategy
from bot.world import World
from integrations.aws.models import Service, ServiceDeployment, ServiceRevision, TaskDefinition
from integrations.errors import NotFound

S = ChangeState
NOTHING_BEFORE = Revision(image="nothing")
"""What ran before the first deployment of a service."""
NEARLY = timedelta(seconds=5)
"""How far ECS's moments for a deployment and for its service deployment may lie apart."""
FAILED_BY_ITSELF = ("circuit breaker", "alarm")
"""What ECS's reason for a stop speaks of, when no newer deployment was the reason."""
_STRATEGIES = {
    "CANARY": Strategy.CANARY,
    "LINEAR": Strategy.LINEAR,
    "BLUE_GREEN": Strategy.BLUE_GREEN,
}
_ENDED = {
    "SUCCESSFUL": (S.SUCCEEDED, Verdict.SUCCEEDED),
    "ROLLBACK_SUCCESSFUL": (S.ROLLED_BACK, Verdict.ROLLED_BACK_BY_ECS),
    "ROLLBACK_FAILED": (S.FAILED, Verdict.FAILED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One service deployment of others, and what its revisions are made of."""

    place: Place
    deployment: ServiceDeployment
    target: ServiceRevision
    source: ServiceRevision | None
    """What ran before; None where nothing did."""
    is_replaced: bool
    """Whether a newer one followed it."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What a service revision is made of; without a definition where nobody can say."""

    revision: Revision
    definition: TaskDefinition | None = None
    container: str = ""


def outside_id(service_deployment: str) -> str:
    """The id of the change that this service deployment is: found again, it is the same one."""
    return f"outside-{hashlib.sha256(service_deployment.encode()).hexdigest()[:20]}"


async def change_of(world: World, found: Found, good: Sequence[GoodRevision]) -> Change:
    """Tell it as a change: under way, or in the state it ended in.

    Raises:
        IntegrationError: AWS did not answer.
    """
    place, one = found.place, found.deployment
    wanted = await _made_of(world, place, found.target)
    before = await _made_of(world, place, found.source) if found.source else None
    ended = _ended(found)
    service = None
    if ended is None:
        config = place.config
        ecs = account_of(world, place).ecs
        service = await ecs.describe_service(config.cluster, config.ecs_service)
    now = world.now()
    began_at = one.created_at or now
    state, verdict, why = ended or (S.ROLLING_OUT, None, None)
    finished_at = one.finished_at or one.stopped_at or one.updated_at or now if ended else None
    return Change(
        id=outside_id(one.arn),
        kind=_kind(wanted, before, good),
        service=place.service,
        environment=place.environment,
        channel=channel_of(world.catalog, place),
        asked_by="",
        asked_at=began_at,
        state=state,
        state_revision=1,
        changed_at=finished_at or now,
        version=wanted.revision.name,
        origin=Origin.OUTSIDE,
        correlation_id=outside_id(one.arn),
        started_at=began_at,
        finished_at=finished_at,
        verdict=verdict,
        why=why,
        plan=_plan(found, wanted, before, service, good),
        rollout=_rollout(world, found, service, now),
    )


async def _made_of(world: World, place: Place, revision: ServiceRevision) -> _Made:
    arn = revision.task_definition
    try:
        definition = await describe_definition(world, account_of(world, place), arn)
        container = container_named(definition.raw, place.config.container)
    except (NotFound, NoSuchContainer):
        return _Made(Revision(task_definition=arn, image=""))
    known = revision_of(definition, container["image"])
    resolved = {image.container: image.digest for image in revision.images}
    digest = known.digest or resolved.get(container["name"])
    reference = read_image(known.image)
    version = known.version
    if digest is not None and (reference.tag is None or reference.tag in MOVING_TAGS):
        # Our tag with the version may have been copied along with the definition.
        version = await tag_of(world, place, reference, digest) or version
    made_of = replace(known, digest=digest, version=version)
    return _Made(made_of, definition, container["name"])


def _ended(found: Found) -> tuple[ChangeState, Verdict, str | None] | None:
    """How it ended; None while it has not."""
    one = found.deployment
    why = one.rollback_reason or one.status_reason or None
    if one.status == "STOPPED":
        is_broken = one.breaker_status == "TRIGGERED" or any(
            word in one.status_reason.lower() for word in FAILED_BY_ITSELF
        )
        if found.is_replaced and not is_broken:
            return S.SUPERSEDED, Verdict.SUPERSEDED, why
        return S.FAILED, Verdict.FAILED, why or "ECS stopped it."
    if one.status not in _ENDED:
        return None
    state, verdict = _ENDED[one.status]
    return state, verdict, None if state is S.SUCCEEDED else why


def _kind(wanted: _Made, before: _Made | None, good: Sequence[GoodRevision]) -> ChangeKind:
    """A rollback is what clearly is one: back to an older revision that had proved itself.

    A restart is the same image in the same task definition once more.
    """
    if before is None or wanted.definition is None or before.definition is None:
        return ChangeKind.DEPLOY
    digest = wanted.revision.digest
    is_same = digest is not None and digest == before.revision.digest
    if is_same and wanted.definition.arn == before.definition.arn:
        return ChangeKind.RESTART
    is_good = any(one.task_definition == wanted.definition.arn for one in good)
    is_older = (
        wanted.definition.family == before.definition.family
        and wanted.definition.revision < before.definition.revision
    )
    return ChangeKind.ROLLBACK if is_good and is_older else ChangeKind.DEPLOY


def _plan(
    found: Found,
    wanted: _Made,
    before: _Made | None,
    service: Service | None,
    good: Sequence[GoodRevision],
) -> Plan:
    target = found.deployment.target
    running = before.revision if before else NOTHING_BEFORE
    groups = service.target_groups if service else ()
    if service and not groups and found.place.config.target_group is not None:
        groups = (found.place.config.target_group,)
    definition = wanted.definition
    return Plan(
        running=running,
        wanted=wanted.revision,
        container=wanted.container,
        desired=service.desired if service else target.requested if target else 0,
        running_is_good=any(one.task_definition == running.task_definition for one in good),
        changed=_changed(before, wanted),
        memory_mib=memory_mib(definition.raw, wanted.container) if definition else None,
        target_groups=groups,
        strategy=_strategy(found.deployment),
        definition_hash=definition_hash(definition.registrable) if definition else None,
    )


def _changed(before: _Made | None, wanted: _Made) -> tuple[str, ...]:
    if before is None or before.definition is None or wanted.definition is None:
        return ()
    return changed_fields(before.definition.registrable, wanted.definition.registrable)


def _rollout(world: World, found: Found, service: Service | None, now: datetime) -> Rollout:
    one = found.deployment
    return Rollout(
        task_definition=found.target.task_definition,
        deployment_id=_deployment_id(service, found) if service else None,
        began_at=one.created_at or now,
        deadline=_deadline(world, found, now),
        service_deployment=one.arn,
        strategy=_strategy(one),
    )


def _deployment_id(service: Service, found: Found) -> str | None:
    """What ECS calls the deployment in the service; None while it does not list it."""
    wanted = found.target.task_definition
    listed = [one for one in service.deployments if one.task_definition == wanted]
    wanted = found.target.task_definition
    listed = [one for one in service.deployments if one.task_definition == wanted]
    same = [one for one in listed if _began_with(one.created_at, found)]
    return same[0].id if len(same) == 1 else None


def _began_with(at: datetime | None, found: Found) -> bool:
    """Not the one before it, of the same revision: a deployment can be forced."""
    began_at = found.deployment.created_at
    return at is None or began_at is None or at >= began_at - NEARLY


def _deadline(world: World, found: Found, now: datetime) -> datetime:
    """The time a rollout may take, from when it was found, and what it is meant to wait besides."""
    one = found.deployment
    steps = math.ceil(100 / one.shift_percent) if one.shift_percent else 1
    step = timedelta(minutes=one.shift_bake_minutes or 0)
    waits = timedelta(minutes=one.bake_minutes or 0) + step * steps
    length = world.paced(found.place.config.deploy.rollout_timeout + waits)
    awaited = one.awaited
    if awaited is not None and awaited.expires_at is not None:
        return max(now, awaited.expires_at) + length
    return now + length


def _strategy(one: ServiceDeployment) -> Strategy:
    return _STRATEGIES.get(one.strategy or "", Strategy.ROLLING)


def revisions_of(deployments: Iterable[ServiceDeployment]) -> frozenset[str]:
    """The service revisions these deployments lead from and to, as ARNs."""
    found = set()
    for one in deployments:
        found |= {source.arn for source in one.sources}
        if one.target_revision_arn is not None:
            found.add(one.target_revision_arn)
    return frozenset(found)
