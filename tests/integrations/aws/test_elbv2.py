import pytest
from botocore.stub import Stubber

from integrations.aws.elbv2 import Elbv2Client
from integrations.errors import Forbidden, NotFound, Rejected

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


def a_target_group(arn=ARN, **said):
    return {
        "TargetGroupArn": arn,
        "TargetGroupName": arn.split("/")[1],
        "Protocol": "HTTP",
        "Port": 8080,
        "TargetType": "ip",
        "HealthCheckPath": "/healthz",
        "HealthCheckPort": "traffic-port",
        "LoadBalancerArns": ["arn:aws:elasticloadbalancing:us-east-1:222222222222:lb"],
        **said,
    }


async def test_a_target_group_is_described_by_name_or_arn(elbv2, stub):
    stub.add_response(
        "describe_target_groups",
        {"TargetGroups": [a_target_group()]},
        {"TargetGroupArns": [ARN]},
    )
    stub.add_response(
        "describe_target_groups",
        {"TargetGroups": [a_target_group()]},
        {"Names": ["credlink-prod-tg"]},
    )
    found = await elbv2.describe_target_groups([ARN, "credlink-prod-tg"])
    group = found[ARN]
    assert found["credlink-prod-tg"] == group
    assert (group.name, group.port, group.protocol) == ("credlink-prod-tg", 8080, "HTTP")
    assert (group.target_type, group.health_path) == ("ip", "/healthz")
    assert group.health_port == "traffic-port"
    assert len(group.load_balancers) == 1


async def test_a_group_that_is_not_there_does_not_hide_the_others(elbv2, stub):
    gone = ARN.replace("credlink-prod-tg", "gone")
    stub.add_client_error("describe_target_groups", "TargetGroupNotFound", "not found", 400)
    stub.add_response(
        "describe_target_groups", {"TargetGroups": [a_target_group()]}, {"TargetGroupArns": [ARN]}
    )
    stub.add_client_error(
        "describe_target_groups",
        "TargetGroupNotFound",
        "not found",
        400,
        expected_params={"TargetGroupArns": [gone]},
    )
    assert (await elbv2.describe_target_groups([ARN, gone])).keys() == {ARN}


async def test_only_rules_that_exist_come_back(elbv2, stub):
    stub.add_response(
        "describe_rules", {"Rules": [{"RuleArn": "arn:rule/1"}]}, {"RuleArns": ["arn:rule/1"]}
    )
    stub.add_client_error("describe_rules", "RuleNotFound", "rules not found", 400)
    assert await elbv2.describe_rules(["arn:rule/1"]) == {"arn:rule/1"}
    assert await elbv2.describe_rules(["arn:rule/2"]) == frozenset()


async def test_an_arn_that_is_no_rules_is_rejected(elbv2, stub):
    stub.add_client_error("describe_rules", "ValidationError", "is not a valid rule ARN", 400)
    with pytest.raises(Rejected, match="not a valid rule ARN"):
        await elbv2.describe_rules(["arn:listener/1"])
