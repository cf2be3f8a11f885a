import pytest
from botocore.stub import Stubber

from integrations.aws.elbv2 import Elbv2Client
from integrations.errors import Forbidden, NotFound

ARN = "arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/credlink-prod-tg/0123456789"


@pytest.fixture
def stub(session):
    with Stubber(session.client("elbv2")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def elbv2(session):
    return Elbv2Client(session)


async def test_every_state_of_a_target_is_told_with_its_reason(elbv2, stub):
    stub.add_response(
        "describe_target_health",
        {
            "TargetHealthDescriptions": [
                {
                    "Target": {"Id": "10.0.1.7", "Port": 80, "AvailabilityZone": "us-east-1a"},
                    "TargetHealth": {"State": "healthy"},
                },
                {
                    "Target": {"Id": "10.0.2.8", "Port": 80},
                    "TargetHealth": {
                        "State": "unhealthy",
                        "Reason": "Target.ResponseCodeMismatch",
                        "Description": "Health checks failed with these codes: [503]",
                    },
                },
                {
                    "Target": {"Id": "10.0.3.9", "Port": 80},
                    "TargetHealth": {"State": "unused", "Reason": "Target.NotInUse"},
                },
                {"Target": {"Id": "10.0.3.10", "Port": 80}},
            ]
        },
        {"TargetGroupArn": ARN},
    )
    targets = await elbv2.describe_target_health(ARN)
    assert [(t.target, t.state) for t in targets] == [
        ("10.0.1.7", "healthy"),
        ("10.0.2.8", "unhealthy"),
        ("10.0.3.9", "unused"),
        ("10.0.3.10", "unavailable"),
    ]
    assert targets[1].description == "Health checks failed with these codes: [503]"
    assert targets[0].reason is None


async def test_a_name_is_looked_up_once(elbv2, stub):
    stub.add_response(
        "describe_target_groups",
        {"TargetGroups": [{"TargetGroupArn": ARN}]},
        {"Names": ["credlink-prod-tg"]},
    )
    for _ in range(2):
        stub.add_response(
            "describe_target_health", {"TargetHealthDescriptions": []}, {"TargetGroupArn": ARN}
        )
    assert await elbv2.describe_target_health("credlink-prod-tg") == ()
    assert await elbv2.describe_target_health("credlink-prod-tg") == ()


async def test_a_target_group_made_anew_is_looked_up_again(elbv2, stub):
    for _ in range(2):
        stub.add_response("describe_target_groups", {"TargetGroups": [{"TargetGroupArn": ARN}]})
        stub.add_client_error("describe_target_health", "TargetGroupNotFound", "gone", 400)
    for _ in range(2):
        with pytest.raises(NotFound):
            await elbv2.describe_target_health("credlink-prod-tg")


async def test_an_unknown_target_group_is_not_found(elbv2, stub):
    stub.add_response("describe_target_groups", {"TargetGroups": []})
    with pytest.raises(NotFound, match="there is no target group nope"):
        await elbv2.describe_target_health("nope")


async def test_a_missing_permission_has_the_name_iam_gives_it(elbv2, stub):
    stub.add_client_error("describe_target_health", "AccessDenied", "", 403)
    with pytest.raises(Forbidden, match="lacks elasticloadbalancing:DescribeTargetHealth"):
        await elbv2.describe_target_health(ARN)
