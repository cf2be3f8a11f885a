"""What a service runs now, in the words people use for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.change import Revision
from bot.domain.definition import container_named
from bot.domain.image import read_image
from bot.domain.place import Place
from bot.world import World
from integrations.aws.accounts import Account
from integrations.aws.models import Deployment, Service, TaskDefinition

TAG_CHANGE = "credlink:change"
"""On each revision the bot registers: the change it was made for."""
TAG_VERSION = "credlink:version"
"""On each revision the bot registers: the image tag its digest was found under."""
DEFINITIONS_KEPT = 200


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

    Costs at most one ecs:DescribeTaskDefinition.

    Raises:
        NoSuchContainer: the catalogue and the task definition do not fit together.
        IntegrationError: AWS did not answer.
    """
    account = account_of(world, place)
    definition = await describe_definition(world, account, primary.task_definition)
    container = container_named(definition.raw, place.config.container)
    return Running(
        service=service,
        primary=primary,
        definition=definition,
        container=container["name"],
        revision=revision_of(definition, container["image"]),
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
