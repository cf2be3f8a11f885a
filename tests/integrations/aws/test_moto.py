"""The shapes of requests against moto, which reads them as AWS does, over the wire."""

import json

import boto3
import pytest
from moto.moto_api._internal import moto_api_backend
from moto.server import ThreadedMotoServer

from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from integrations.aws.ecr import NotScanned
from integrations.aws.images import Platform
from integrations.errors import NotFound

MANIFEST = (
    '{"schemaVersion": 2, "layers": [], '
    '"mediaType": "application/vnd.docker.distribution.manifest.v2+json"}'
)
INDEX = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {"digest": "sha256:1", "platform": {"os": "linux", "architecture": "amd64"}},
            {
                "digest": "sha256:2",
                "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"},
            },
        ],
    }
)
ROLE = "arn:aws:iam::222222222222:role/credlink-bot"
DEFINITION = {
    "family": "credlink-api",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": "arn:aws:iam::222222222222:role/execution",
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "ephemeralStorage": {"sizeInGiB": 30},
    "containerDefinitions": [
        {
            "name": "app",
            "image": "credlink-api:v1.1.9",
            "essential": True,
            "environment": [{"name": "LOG_LEVEL", "value": "info"}],
            "secrets": [{"name": "DATABASE_URL", "valueFrom": "arn:aws:secretsmanager:x"}],
            "healthCheck": {"command": ["CMD", "true"], "interval": 10},
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "api"}},
        }
    ],
}


@pytest.fixture(scope="module")
def moto_url():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    moto_api_backend.reset()  # other tests of this process may have filled it
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
async def accounts(moto_url):
    opened = Accounts(AwsConnection(endpoint_url=moto_url))
    yield opened
    await opened.aclose()


async def test_a_revision_survives_being_read_and_registered_again(accounts):
    ecs = accounts.account("us-east-1").ecs
    first = await ecs.register_task_definition(DEFINITION, tags={"team": "core"})
    described = await ecs.describe_task_definition(first.arn)
    second = await ecs.register_task_definition(described.raw, tags=described.tags)
    again = await ecs.describe_task_definition(second.arn)

    assert second.revision == first.revision + 1
    assert again.registrable == described.registrable
    assert again.tags == {"team": "core"}
    container = again.raw["containerDefinitions"][0]
    for field, value in DEFINITION["containerDefinitions"][0].items():
        assert container[field] == value, field
    # moto neither sorts nor cuts this list.
    assert {first.arn, second.arn} <= set(await ecs.list_task_definitions("credlink-api"))
    with pytest.raises(NotFound):
        await ecs.describe_task_definition("credlink-api:999")


async def test_a_role_leads_into_its_own_account(accounts):
    ours = accounts.account("us-east-1")
    theirs = accounts.account("us-east-1", ROLE)
    assert (await ours.sts.get_caller_identity()).account == "123456789012"
    identity = await theirs.sts.get_caller_identity()
    assert identity.account == "222222222222"
    assert identity.arn.endswith("assumed-role/credlink-bot/credlink-bot")


async def test_a_tag_leads_to_its_digest_and_a_missing_one_to_nothing(accounts, moto_url):
    ecr = boto3.client("ecr", endpoint_url=moto_url, region_name="us-east-1")
    ecr.create_repository(repositoryName="credlink-api")
    put = ecr.put_image(repositoryName="credlink-api", imageManifest=MANIFEST, imageTag="v1.2.0")
    ecr.close()
    client = accounts.account("us-east-1").ecr
    image = await client.describe_image("credlink-api", tag="v1.2.0")
    assert image.digest == put["image"]["imageId"]["imageDigest"]
    with pytest.raises(NotFound):
        await client.describe_image("credlink-api", tag="v9.9.9")
    with pytest.raises(NotFound):
        await client.describe_image("no-such-repository", tag="v1.2.0")


async def test_a_scan_is_there_once_the_image_was_scanned(accounts, moto_url):
    ecr = boto3.client("ecr", endpoint_url=moto_url, region_name="us-east-1")
    ecr.create_repository(repositoryName="scanned")
    put = ecr.put_image(repositoryName="scanned", imageManifest=MANIFEST, imageTag="v1")
    digest = put["image"]["imageId"]["imageDigest"]
    client = accounts.account("us-east-1").ecr
    with pytest.raises(NotScanned):
        await client.describe_image_scan_findings("scanned", digest)
    with pytest.raises(NotFound) as caught:
        await client.describe_image_scan_findings("scanned", f"sha256:{'0' * 64}")
    assert type(caught.value) is NotFound
    ecr.start_image_scan(repositoryName="scanned", imageId={"imageDigest": digest})
    ecr.close()
    scan = await client.describe_image_scan_findings("scanned", digest)
    assert (scan.status, scan.is_known) == ("COMPLETE", True)
    assert scan.counts["HIGH"] > 0  # moto's own invention


async def test_the_platforms_of_an_index_are_read_from_the_manifest_pushed(accounts, moto_url):
    ecr = boto3.client("ecr", endpoint_url=moto_url, region_name="us-east-1")
    ecr.create_repository(repositoryName="multi")
    digest = f"sha256:{'12' * 32}"
    ecr.put_image(repositoryName="multi", imageManifest=INDEX, imageDigest=digest, imageTag="v1")
    ecr.close()
    client = accounts.account("us-east-1").ecr
    assert await client.describe_image_platforms("multi", digest) == (
        Platform("linux", "amd64"),
        Platform("linux", "arm64", "v8"),
    )
    with pytest.raises(NotFound):
        await client.describe_image_platforms("multi", f"sha256:{'0' * 64}")
    with pytest.raises(NotFound):
        await client.describe_image_platforms("no-such-repository", digest)


async def test_a_cluster_or_service_that_is_not_there_is_not_found(accounts):
    with pytest.raises(NotFound):
        await accounts.account("us-east-1").ecs.describe_service("nowhere", "nothing")
