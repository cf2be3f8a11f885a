"""What a service runs now, in the words people use for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.definition import container_named
from bot.domain.image import ImageReference, read_image
from bot.domain.place import Place
from bot.domain.plan import Revision
from bot.world import World
from integrations.aws.accounts import Account
from integrations.aws.models import Deployment, Service, TaskDefinition
from integrations.errors import IntegrationError

TAG_CHANGE = "credlink:change"
"""On each revision the bot registers: the change it was made for."""
TAG_VERSION = "credlink:version"
"""On each revision the bot registers: the image tag its digest was found under."""
DEFINITIONS_KEPT = 200
MOVING_TAGS = frozenset({"latest", "stable", "main", "master"})
"""Tags that say where an image stands in a pipeline, not which one it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs in a place: the service, its primary deployment, and what that is made of."""

    service: Service
    primary: Deployment
    definition: TaskDefinition
    container: str
    revision: Revision


def account_of(world: World, place: Place) -> Account:
    """AWS, as the catalogue says this place is reached."""
    return world.aws.account(place.config.region, place.config.role)


async def describe_definition(world: World, account: Account, arn: str) -> TaskDefinition:
    """Describe a task definition, once for each: a revision never changes.

    Its status and tags can; whoever needs those as they are now asks ECS itself.
    """
    if arn not in world.definitions:
        if len(world.definitions) >= DEFINITIONS_KEPT:
            world.definitions.clear()
        world.definitions[arn] = await account.ecs.describe_task_definition(arn)
    return world.definitions[arn]


async def what_runs(world: World, place: Place, service: Service, primary: Deployment) -> Running:
    """Say what a service's primary deployment is made of.

    Costs at most one ecs:DescribeTaskDefinition and one ecr:DescribeImages, and nothing for a
    revision that was looked at before.

    Raises:
        NoSuchContainer: the catalogue and the task definition do not fit together.
        IntegrationError: AWS did not answer.
    """
    account = account_of(world, place)
    definition = await describe_definition(world, account, primary.task_definition)
    container = container_named(definition.raw, place.config.container)
    revision = revision_of(definition, container["image"])
    if revision.version is None and revision.digest is not None:
        version = await tag_of(world, place, read_image(revision.image), revision.digest)
        revision = replace(revision, version=version)
    return Running(
        service=service,
        primary=primary,
        definition=definition,
        container=container["name"],
        revision=revision,
    )


def revision_of(definition: TaskDefinition, image: str) -> Revision:
    """A task definition's revision as people know it: by our tag, or else by the image's."""
    reference = read_image(image)
    return Revision(
        task_definition=definition.arn,
        image=image,
        version=_version(definition.tags, reference.tag),
        digest=reference.digest,
    )


def _version(tags: Mapping[str, str], image_tag: str | None) -> str | None:
    return image_tag or tags.get(TAG_VERSION)


async def tag_of(world: World, place: Place, image: ImageReference, digest: str) -> str | None:
    """The tag people know a digest by; a name is not worth failing for, so None in any trouble."""
    if digest not in world.versions:
        try:
            tag = await first_tag(account_of(world, place), place, image, digest)
        except IntegrationError:
            return None
        if tag is None:
            return None
        world.versions[digest] = tag
    return world.versions[digest]


async def first_tag(
    account: Account, place: Place, image: ImageReference, digest: str
) -> str | None:
    """The first of a digest's tags that says which image it is; None if none does.

    Raises:
        IntegrationError: the registry is not ECR's, or does not answer.
    """
    elsewhere = image.ecr_account if image.ecr_account != place.config.account else None
    found = await account.ecr.describe_image(image.repository, digest=digest, registry_id=elsewhere)
    return next((tag for tag in found.tags if tag not in MOVING_TAGS), None)
