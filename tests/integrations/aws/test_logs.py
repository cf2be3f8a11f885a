import pytest
from botocore.stub import Stubber

from integrations.aws.logs import LogsClient
from integrations.errors import Forbidden, NotFound, Rejected

ARN = "arn:aws:logs:us-east-1:222222222222:log-group:/ecs/credlink-api"


@pytest.fixture
def stub(session):
    with Stubber(session.client("logs")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def logs(session):
    return LogsClient(session)


async def test_a_log_group_is_found_by_its_whole_name(logs, stub):
    stub.add_response(
        "describe_log_groups",
        {
            "logGroups": [
                {"logGroupName": "/ecs/credlink-api", "logGroupArn": ARN, "retentionInDays": 30},
                {"logGroupName": "/ecs/credlink-api-old"},
            ]
        },
        {"logGroupNamePrefix": "/ecs/credlink-api"},
    )
    group = await logs.describe_log_group("/ecs/credlink-api")
    assert (group.name, group.arn, group.retention_days) == ("/ecs/credlink-api", ARN, 30)


async def test_a_log_group_that_only_begins_so_is_another(logs, stub):
    stub.add_response(
        "describe_log_groups", {"logGroups": [{"logGroupName": "/ecs/credlink-api-old"}]}
    )
    with pytest.raises(NotFound, match="there is no log group /ecs/credlink-api"):
        await logs.describe_log_group("/ecs/credlink-api")


async def test_no_log_group_at_all_is_not_found(logs, stub):
    stub.add_response("describe_log_groups", {})
    with pytest.raises(NotFound):
        await logs.describe_log_group("/ecs/credlink-api")


async def test_a_name_that_can_be_none_is_rejected(logs, stub):
    stub.add_client_error("describe_log_groups", "InvalidParameterException", "bad name", 400)
    with pytest.raises(Rejected, match="bad name"):
        await logs.describe_log_group("/ecs/?")


async def test_a_missing_permission_is_named(logs, stub):
    stub.add_client_error("describe_log_groups", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks logs:DescribeLogGroups"):
        await logs.describe_log_group("/ecs/credlink-api")
