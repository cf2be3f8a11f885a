"""An image does what the ending of its tag says, however it is named."""

import pytest

from sandbox.aws.images import Behaviour, Images
from sandbox.aws.registry import digest_of, image_uri
from sandbox.aws.server import AwsWorld
from sandbox.seeds import PROD_ACCOUNT, REGION, SERVICE, TAGS

URI = image_uri(PROD_ACCOUNT, REGION, SERVICE)


@pytest.mark.parametrize("tag", TAGS)
def test_a_digest_leads_to_the_behaviour_of_its_tag(world: AwsWorld, tag: str) -> None:
    by_digest = world.images.resolve(f"{URI}@{digest_of(tag)}")
    by_tag = world.images.resolve(f"{URI}:{tag}")
    by_both = world.images.resolve(f"{URI}:{tag}@{digest_of(tag)}")
    assert by_digest.tag == by_tag.tag == by_both.tag == tag
    assert by_digest.behaviour == by_tag.behaviour == by_both.behaviour
    ending = tag.rpartition("-")[2]
    known = {behaviour.value for behaviour in Behaviour}
    assert by_tag.behaviour == (ending if ending in known else Behaviour.HEALTHY)


def test_errors_and_slowness_are_healthy_to_ecs(world: AwsWorld) -> None:
    for tag in ("v1.3.0-errors", "v1.3.0-slow"):
        assert world.images.resolve(f"{URI}:{tag}").behaviour is Behaviour.HEALTHY


@pytest.mark.parametrize("reference", [f"{URI}:v0.0.0", f"{URI}@{digest_of('v0.0.0')}"])
def test_what_ecr_does_not_have_cannot_be_pulled(world: AwsWorld, reference: str) -> None:
    assert world.images.resolve(reference).behaviour is Behaviour.NO_PULL


def test_a_repository_of_another_account_or_name_is_asked_there(world: AwsWorld) -> None:
    elsewhere = image_uri("999999999999", REGION, SERVICE)
    assert world.images.resolve(f"{elsewhere}:v1.2.0").behaviour is Behaviour.NO_PULL
    unknown = image_uri(PROD_ACCOUNT, REGION, "nothing")
    assert world.images.resolve(f"{unknown}:v1.2.0").behaviour is Behaviour.NO_PULL


@pytest.mark.parametrize(
    ("reference", "tag", "behaviour"),
    [
        ("nginx", "latest", Behaviour.HEALTHY),
        ("docker.io/library/nginx:1.27-crash", "1.27-crash", Behaviour.CRASH),
        ("localhost:5000/app", "latest", Behaviour.HEALTHY),
    ],
)
def test_an_image_of_another_registry_goes_by_its_tag(
    reference: str, tag: str, behaviour: Behaviour
) -> None:
    image = Images().resolve(reference)
    assert (image.tag, image.digest, image.behaviour) == (tag, None, behaviour)


def test_digests_are_distinct_and_the_same_every_time() -> None:
    assert len({digest_of(tag) for tag in TAGS}) == len(TAGS)
    assert digest_of("v1.2.0") == digest_of("v1.2.0")
