"""What a change would do, found by asking AWS before anything is changed.

At most three calls for a deploy: the service, its task definition, the image. A fourth and a fifth
only where the running image was named by the very tag that is asked for and may have been moved.
What a task will need is looked for beside that, all at once.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from bot.changes.running import MOVING_TAGS, Running, account_of, revision_of, what_runs
from bot.changes.strategy import ROLLING, what_is_missing
from bot.changes.verify import ROLLBACK_NAMES, verify
from bot.domain.change import Change
from bot.domain.definition import (
    NoSuchContainer,
    changed_fields,
    container_named,
    definition_hash,
    memory_mib,
    with_image,
)
from bot.domain.image import ImageReference, ecr_registry, read_image
from bot.domain.place import Place, listed
from bot.domain.plan import GoodRevision, Plan, Revision
from bot.domain.shift import Strategy
from bot.domain.verification import Check, ScanPolicy
from bot.domain.way_back import Known, way_back
from bot.world import World
from integrations.aws.models import Image, Service, TaskDefinition
from integrations.errors import NotFound

CONTROLLER = "ECS"
IN_PROGRESS = "IN_PROGRESS"
VERSIONS_NAMED = 5
"""How many known versions a refusal names."""


class Impossible(Exception):
    """The change cannot be done; the text says why, for the person who asked."""


async def find_running(world: World, place: Place) -> Running:
    """Look at what runs in a place, and whether it can be changed from here at all.

    Raises:
        Impossible: there is no such service, or something else than ECS deploys it.
        IntegrationError: AWS did not answer.
    """
    config = place.config
    where = f"cluster {config.cluster} of account {config.account}"
    try:
        service = await account_of(world, place).ecs.describe_service(
            config.cluster, config.ecs_service
        )
    except NotFound:
        raise Impossible(f"There is no ECS service {config.ecs_service} in {where}.") from None
    primary = service.primary
    if service.deployment_controller != CONTROLLER:
        raise Impossible(
            f"{config.ecs_service} is deployed by {service.deployment_controller}; the bot works "
            "with ECS's own deployment controller only."
        )
    if service.status != "ACTIVE" or primary is None:
        raise Impossible(f"The ECS service {config.ecs_service} in {where} is being deleted.")
    try:
        return await what_runs(world, place, service, primary)
    except NoSuchContainer as exc:
        raise Impossible(str(exc)) from None


async def plan_deploy(
    world: World,
    place: Place,
    version: str,
    known: Known,
    *,
    strategy: Strategy | None = None,
    is_checked: bool = True,
    running: Running | None = None,
) -> Plan:
    """Plan to run `version`, which is an image tag, in this place.

    Without `is_checked` what a task will need is not looked for once more. `running` is what was
    just seen to run there, where somebody has looked.

    Raises:
        Impossible: there is no such image, it runs already, or the service is not built for the
            strategy.
        IntegrationError: AWS did not answer.
    """
    running = running or await find_running(world, place)
    chosen = strategy or Strategy(place.config.deploy.strategy)
    _refuse_what_it_is_not_built_for(place, running, chosen)
    reference = _wanted_image(place, running)
    image = await find_image(world, place, reference, version, known.good)
    await _refuse_if_it_runs(world, place, running, version, image.digest)
    wanted = Revision(image=reference.at(image.digest), version=version, digest=image.digest)
    before = running.definition.registrable
    after = with_image(before, running.container, wanted.image)
    checks: tuple[Check, ...] = ()
    if is_checked:
        checks = await verify(
            world,
            place,
            service=running.service,
            definition=after,
            container=running.container,
            image=image,
            digest=image.digest,
            policy=scan_policy(place),
            shifts=chosen.shifts,
        )
    plan = _plan(place, running, wanted, known, changed=changed_fields(before, after))
    return replace(
        plan,
        pushed_at=image.pushed_at,
        strategy=chosen,
        checks=checks,
        definition_hash=definition_hash(after),
    )


def scan_policy(place: Place) -> ScanPolicy:
    """What the catalogue makes of an image's findings."""
    scan = place.config.deploy.scan
    return ScanPolicy(block=scan.block, warn=scan.warn)


def _refuse_what_it_is_not_built_for(place: Place, running: Running, strategy: Strategy) -> None:
    missing = what_is_missing(running.service, strategy)
    if missing:
        raise Impossible(
            f"{place.config.ecs_service} is not built for a {strategy.value} deploy: it has no "
            f"{listed(phrase.removeprefix('a ').removeprefix('an ') for phrase in missing)}. "
            "Add what is missing to the ECS service, or deploy with `--strategy rolling`."
        )


async def plan_rollback(
    world: World, place: Place, version: str | None, known: Known, *, is_checked: bool = True
) -> Plan:
    """Plan to return to the last good revision, or to the last good one of `version`.

    Raises:
        Impossible: nothing good is known, or what is good can no longer be run.
        IntegrationError: AWS did not answer.
    """
    running = await find_running(world, place)
    target = way_back(known, running.primary.task_definition, version)
    if target is None:
        raise Impossible(_no_way_back(place, version, known.good))
    arn = str(target.task_definition)
    try:
        definition = await account_of(world, place).ecs.describe_task_definition(arn)
    except NotFound:
        raise Impossible(f"The task definition {arn} is not there any more.") from None
    if definition.status != "ACTIVE":
        raise Impossible(f"The task definition {arn} was deregistered; ECS cannot run it again.")
    wanted = _as_it_is(definition, running.container, target)
    after, warnings = definition.registrable, tuple[str, ...]()
    if read_image(wanted.image).digest is None:
        wanted, warnings = await _pinned(world, place, wanted)
        after = with_image(after, running.container, wanted.image)
    changed = changed_fields(running.definition.registrable, after)
    checks: tuple[Check, ...] = ()
    if is_checked:
        checks = await verify(
            world,
            place,
            service=running.service,
            definition=after,
            container=running.container,
            image=None,
            digest=wanted.digest,
            policy=scan_policy(place),
            shifts=running.service.strategy != ROLLING,
            only=ROLLBACK_NAMES,
        )
    plan = _plan(place, running, wanted, known, changed=changed)
    return replace(
        plan,
        base=definition.arn if wanted.task_definition is None else None,
        wanted_is_good=any(one.task_definition == arn for one in known.good),
        warnings=(*plan.warnings, *warnings),
        checks=checks,
        definition_hash=definition_hash(after),
    )


def _no_way_back(place: Place, version: str | None, good: Sequence[GoodRevision]) -> str:
    where = f"{place.service} in {place.environment}"
    if version is None:
        return f"No earlier revision of {where} is known to be good. Deploy a version instead."
    return f"{version} is not known to have been good for {where}.{_known(good)}"


def _known(good: Sequence[GoodRevision]) -> str:
    versions = list(dict.fromkeys(one.version for one in good if one.version))[:VERSIONS_NAMED]
    return f" Known to be good there: {listed(versions)}." if versions else ""


def _as_it_is(definition: TaskDefinition, container: str, target: Revision) -> Revision:
    """The revision as its task definition says, with the version we know it by."""
    try:
        image = container_named(definition.raw, container)["image"]
    except NoSuchContainer as exc:
        raise Impossible(str(exc)) from None
    found = revision_of(definition, image)
    return Revision(
        task_definition=definition.arn,
        image=image,
        version=target.version or found.version,
        digest=target.digest or found.digest,
    )


async def _pinned(world: World, place: Place, wanted: Revision) -> tuple[Revision, tuple[str, ...]]:
    """The same by digest, which has to be registered anew, and what is to be said of it.

    Where a task definition names an image by its tag ECS looks up anew what that means, and it may
    be another image by now than the one that ran.

    Raises:
        Impossible: the tag moves with every build, and which image it was is not known.
        IntegrationError: AWS did not answer.
    """
    reference = read_image(wanted.image)
    if wanted.digest is not None:
        return replace(wanted, task_definition=None, image=reference.at(wanted.digest)), ()
    if reference.tag is None or reference.tag in MOVING_TAGS:
        raise Impossible(
            f"{wanted.image} may be another image by now than the one that ran, and which one that "
            "was is not known. Deploy a version instead."
        )
    warning = f"Whether {reference.tag} is still the image that ran then is not known."
    if reference.ecr_account is None:
        return wanted, (warning,)
    found = await find_image(world, place, reference, reference.tag, ())
    digest = found.digest
    pinned = replace(wanted, task_definition=None, image=reference.at(digest), digest=digest)
    return pinned, (warning,)


def _wanted_image(place: Place, running: Running) -> ImageReference:
    """Which repository the version is looked for in: the catalogue's, or else the running one's."""
    current = read_image(running.revision.image)
    named = place.config.image_repository
    if current.ecr_account is not None and named in {None, current.repository}:
        return current
    if named is not None:
        registry = ecr_registry(place.config.account, place.config.region)
        return ImageReference(registry, named)
    raise Impossible(
        f"The running image comes from {current.registry or 'Docker Hub'}, where the bot cannot "
        "look. Name an ECR repository as `image_repository` in the catalogue."
    )


async def find_image(
    world: World,
    place: Place,
    reference: ImageReference,
    version: str,
    good: Sequence[GoodRevision],
) -> Image:
    """The image with this tag.

    Raises:
        Impossible: there is none.
        IntegrationError: the registry did not answer.
    """
    account = place.config.account
    elsewhere = reference.ecr_account if reference.ecr_account != account else None
    try:
        return await account_of(world, place).ecr.describe_image(
            reference.repository, tag=version, registry_id=elsewhere
        )
    except NotFound:
        raise Impossible(
            f"There is no image {reference.repository}:{version} in ECR of account "
            f"{elsewhere or account}.{_known(good)}"
        ) from None


async def _refuse_if_it_runs(
    world: World, place: Place, running: Running, version: str, digest: str
) -> None:
    runs = running.revision.digest
    if runs is None and running.revision.version == version:
        runs = await digest_of_tasks(world, place, running)
    if runs != digest:
        return
    known_as = running.revision.name
    if known_as == version:
        raise Impossible(f"{place.environment} already runs {version}: the image is the same.")
    raise Impossible(
        f"{version} is the same image as {known_as}, which {place.environment} already runs."
    )


async def digest_of_tasks(world: World, place: Place, running: Running) -> str | None:
    """The digest ECS found behind the tag when it started the running tasks."""
    config = place.config
    tasks = await account_of(world, place).ecs.running_tasks(config.cluster, config.ecs_service)
    digests = {
        container.image_digest
        for task in tasks
        if task.task_definition == running.primary.task_definition
        for container in task.containers
        if container.name == running.container and container.image_digest
    }
    return digests.pop() if len(digests) == 1 else None


def _plan(
    place: Place,
    running: Running,
    wanted: Revision,
    known: Known,
    *,
    changed: tuple[str, ...],
) -> Plan:
    service, primary = running.service, running.primary
    return Plan(
        running=running.revision,
        wanted=wanted,
        container=running.container,
        desired=service.desired,
        running_since=primary.created_at,
        running_is_good=any(one.task_definition == primary.task_definition for one in known.good),
        changed=changed,
        warnings=_warnings(service, known.under_way),
        memory_mib=memory_mib(running.definition.raw, running.container),
        compare_url=_compare_url(place, running.revision, wanted),
        target_groups=target_groups(place, service),
    )


def target_groups(place: Place, service: Service) -> tuple[str, ...]:
    """Every group whose health tells of the service: after a shift, either of a pair serves."""
    alternates = [one.alternate_target_group for one in service.balancers]
    groups = (*service.target_groups, *(group for group in alternates if group is not None))
    if not groups and place.config.target_group is not None:
        return (place.config.target_group,)
    return tuple(dict.fromkeys(groups))


def _warnings(service: Service, under_way: Change | None) -> tuple[str, ...]:
    found = []
    primary = service.primary
    if service.desired == 0:
        found.append("The service wants no task: nothing would run the new version.")
    if under_way is not None:
        wanted = under_way.wanted_name
        found.append(f"{wanted} is rolling out there now; this can begin only after it.")
    elif primary is not None and primary.rollout_state == IN_PROGRESS:
        found.append("ECS is in the middle of another rollout; this one would overtake it.")
    return tuple(found)


def _compare_url(place: Place, running: Revision, wanted: Revision) -> str | None:
    if place.repository is None or not running.version or not wanted.version:
        return None
    return f"{place.repository}/compare/{quote(running.version)}...{quote(wanted.version)}"
