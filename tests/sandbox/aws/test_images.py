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
    for tag in ("v1.3.0-errors", "v1.3.0-slow", "v1.4.0-leak", "v1.2.2-cve"):
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


def test_a_tag_that_moves_leaves_the_first_build_where_it_was(world: AwsWorld) -> None:
    moved = world.push_image("v1.2.1", content="v1.2.1 once more", behaviour=Behaviour.CRASH)
    first = digest_of("v1.2.1")
    assert moved != first
    by_tag = world.images.resolve(f"{URI}:v1.2.1")
    assert (by_tag.digest, by_tag.behaviour) == (moved, Behaviour.CRASH)
    by_digest = world.images.resolve(f"{URI}@{first}")
    assert (by_digest.tag, by_digest.behaviour) == ("v1.2.1", Behaviour.HEALTHY)

    described = world.client("ecr", PROD_ACCOUNT).describe_images(
        repositoryName=SERVICE, imageIds=[{"imageDigest": first}, {"imageTag": "v1.2.1"}]
    )["imageDetails"]
    shown = {image["imageDigest"]: image.get("imageTags", []) for image in described}
    assert shown == {first: [], moved: ["v1.2.1"]}


def test_a_tag_can_move_again_and_back(world: AwsWorld) -> None:
    moved = [world.push_image("v1.2.1", content=content) for content in ("a", "b", "v1.2.1")]
    assert moved[-1] == digest_of("v1.2.1")
    assert world.images.resolve(f"{URI}:v1.2.1").digest == moved[-1]
    assert world.images.resolve(f"{URI}@{moved[0]}").tag == "v1.2.1"


def test_the_scan_of_a_build_counts_what_it_was_pushed_with(world: AwsWorld) -> None:
    ecr = world.client("ecr", PROD_ACCOUNT)

    def findings(**image: str) -> dict[str, int]:
        answer = ecr.describe_image_scan_findings(repositoryName=SERVICE, imageId=image)
        return dict(answer["imageScanFindings"]["findingSeverityCounts"])

    assert findings(imageTag="v1.2.2-cve") == {"CRITICAL": 1, "HIGH": 3}
    world.push_image("v1.2.1", content="rebuilt", findings={"CRITICAL": 2})
    assert findings(imageTag="v1.2.1") == {"CRITICAL": 2}
    assert findings(imageDigest=digest_of("v1.2.1")) == {"MEDIUM": 4}


def test_digests_are_distinct_and_the_same_every_time() -> None:
    assert len({digest_of(tag) for tag in TAGS}) == len(TAGS)
    assert digest_of("v1.2.0") == digest_of("v1.2.0")
