from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from integrations.aws.ecr import EcrClient
from integrations.errors import NotFound
from tests.integrations.aws.answers import NOON

DIGEST = "sha256:" + "ab" * 32


@pytest.fixture
def stub(session):
    with Stubber(session.client("ecr")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def ecr(session):
    return EcrClient(session)


async def test_a_tag_is_resolved_to_its_digest(ecr, stub):
    stub.add_response(
        "describe_images",
        {
            "imageDetails": [
                {
                    "repositoryName": "credlink-api",
                    "imageDigest": DIGEST,
                    "imageTags": ["v1.2.0", "latest"],
                    "imagePushedAt": NOON,
                    "imageSizeInBytes": 61_000_000,
                }
            ]
        },
        {"repositoryName": "credlink-api", "imageIds": [{"imageTag": "v1.2.0"}]},
    )
    image = await ecr.describe_image("credlink-api", tag="v1.2.0")
    assert (image.digest, image.tags, image.size_bytes) == (DIGEST, ("v1.2.0", "latest"), 61e6)
    assert image.pushed_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def test_a_digest_of_another_account_lost_its_tag(ecr, stub):
    stub.add_response(
        "describe_images",
        {"imageDetails": [{"repositoryName": "credlink-api", "imageDigest": DIGEST}]},
        {
            "repositoryName": "credlink-api",
            "imageIds": [{"imageDigest": DIGEST}],
            "registryId": "222222222222",
        },
    )
    image = await ecr.describe_image("credlink-api", digest=DIGEST, registry_id="222222222222")
    assert image.tags == ()


@pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
async def test_what_is_not_there_is_not_found(ecr, stub, code):
    stub.add_client_error("describe_images", code, "does not exist within the repository", 400)
    with pytest.raises(NotFound, match="does not exist"):
        await ecr.describe_image("credlink-api", tag="v9")


async def test_an_empty_answer_is_not_found(ecr, stub):
    stub.add_response("describe_images", {"imageDetails": []})
    with pytest.raises(NotFound, match="there is no credlink-api:v9"):
        await ecr.describe_image("credlink-api", tag="v9")


async def test_an_image_is_asked_for_in_exactly_one_way(ecr):
    with pytest.raises(ValueError, match="by its tag or by its digest"):
        await ecr.describe_image("credlink-api")
    with pytest.raises(ValueError, match="by its tag or by its digest"):
        await ecr.describe_image("credlink-api", tag="v1", digest=DIGEST)
