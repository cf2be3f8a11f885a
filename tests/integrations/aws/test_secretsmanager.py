from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from integrations.aws.secretsmanager import SecretsManagerClient
from integrations.errors import Forbidden, NotFound
from tests.integrations.aws.answers import NOON

NAMED = "arn:aws:secretsmanager:us-east-1:222222222222:secret:credlink/prod/database-url"
ARN = f"{NAMED}-AbCdEf"


@pytest.fixture
def stub(session):
    with Stubber(session.client("secretsmanager")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def secretsmanager(session):
    return SecretsManagerClient(session)


@pytest.mark.parametrize("asked", [ARN, NAMED, "credlink/prod/database-url"])
async def test_a_secret_is_described_without_being_read(secretsmanager, stub, asked):
    stub.add_response(
        "describe_secret",
        {
            "ARN": ARN,
            "Name": "credlink/prod/database-url",
            "VersionIdsToStages": {"v" * 32: ["AWSCURRENT"], "w" * 32: ["AWSPREVIOUS"]},
        },
        {"SecretId": asked},
    )
    secret = await secretsmanager.describe_secret(asked)
    assert (secret.arn, secret.name) == (ARN, "credlink/prod/database-url")
    assert secret.versions["v" * 32] == ("AWSCURRENT",)
    assert secret.deleted_at is None


async def test_a_secret_about_to_be_deleted_says_so(secretsmanager, stub):
    stub.add_response("describe_secret", {"ARN": ARN, "DeletedDate": NOON})
    secret = await secretsmanager.describe_secret(ARN)
    assert secret.deleted_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def test_a_secret_nobody_made_is_not_found(secretsmanager, stub):
    stub.add_client_error(
        "describe_secret", "ResourceNotFoundException", "can't find the specified secret", 400
    )
    with pytest.raises(NotFound, match="can't find the specified secret"):
        await secretsmanager.describe_secret(NAMED)


async def test_a_missing_permission_is_named(secretsmanager, stub):
    stub.add_client_error("describe_secret", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks secretsmanager:DescribeSecret"):
        await secretsmanager.describe_secret(ARN)
