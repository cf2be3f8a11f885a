"""What stands around a service, against moto, which reads requests as AWS does."""

import json
from contextlib import closing

import boto3
import pytest
from moto import mock_aws

from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from integrations.errors import NotFound

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@pytest.fixture
def moto(monkeypatch):
    """In process: over the wire moto calls half of its JSON a web page, as AWS never does."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with mock_aws():
        yield


@pytest.fixture
async def account(moto):
    opened = Accounts(AwsConnection(attempts=1))
    yield opened.account("us-east-1")
    await opened.aclose()


def making(service):
    """A client to make things with, closed in the end."""
    return closing(boto3.client(service, region_name="us-east-1"))


async def test_a_role_is_read_with_its_trust_policy(account):
    with making("iam") as iam:
        iam.create_role(RoleName="task", Path="/app/", AssumeRolePolicyDocument=json.dumps(TRUST))
    role = await account.iam.get_role("task")
    assert role.arn.endswith(":role/app/task")
    assert role.trusted_services == {"ecs-tasks.amazonaws.com"}
    with pytest.raises(NotFound):
        await account.iam.get_role("nobody")


async def test_a_secret_is_found_by_name_and_by_arn_with_and_without_its_end(account):
    with making("secretsmanager") as secrets:
        arn = secrets.create_secret(Name="credlink/key", SecretString="x")["ARN"]
    for asked in ("credlink/key", arn, arn[: -len("-AbCdEf")]):
        secret = await account.secretsmanager.describe_secret(asked)
        assert secret.arn == arn
        assert ("AWSCURRENT",) in secret.versions.values()
    with pytest.raises(NotFound):
        await account.secretsmanager.describe_secret("credlink/none")


async def test_parameters_are_found_by_their_whole_name(account):
    with making("ssm") as ssm:
        for name in ("/credlink/url", "/credlink/url/more", "plain"):
            ssm.put_parameter(Name=name, Value="x", Type="String")
    found = await account.ssm.describe_parameters(["/credlink/url", "plain", "/credlink"])
    assert found == {"/credlink/url", "plain"}


async def test_a_log_group_is_found_among_those_that_begin_alike(account):
    with making("logs") as logs:
        for name in ("/ecs/api", "/ecs/api-old"):
            logs.create_log_group(logGroupName=name)
    assert (await account.logs.describe_log_group("/ecs/api")).name == "/ecs/api"
    with pytest.raises(NotFound):
        await account.logs.describe_log_group("/ecs/ap")


async def test_a_target_group_and_a_rule_that_are_not_there_leave_the_others(account):
    with making("elbv2") as balancing, making("ec2") as ec2:
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
        group = balancing.create_target_group(
            Name="api", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        balancer = balancing.create_load_balancer(Name="api", Subnets=subnets)
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        listener = balancing.create_listener(
            LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=forward,
        )["Listeners"][0]["ListenerArn"]
        rule = balancing.create_rule(
            ListenerArn=listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
            Actions=forward,
        )["Rules"][0]["RuleArn"]
    found = await account.elbv2.describe_target_groups([group, f"{group}0", "api", "none"])
    assert found.keys() == {group, "api"}
    assert (found["api"].port, found["api"].target_type) == (8080, "ip")
    assert found["api"].load_balancers
    assert await account.elbv2.describe_rules([rule, f"{rule}0"]) == {rule}


async def test_a_service_that_nothing_scales_has_no_bounds(account):
    assert await account.autoscaling.describe_target("prod", "api") is None


async def test_a_distribution_that_is_not_there_is_not_found(account):
    with pytest.raises(NotFound):
        await account.cloudfront.create_invalidation("E1", ["/*"], caller_reference="c")


async def test_a_message_comes_until_it_is_deleted(account):
    with making("sqs") as sqs:
        queue = sqs.create_queue(QueueName="ecs", Attributes={"VisibilityTimeout": "0"})
        sqs.send_message(QueueUrl=queue["QueueUrl"], MessageBody="{}")
    url = queue["QueueUrl"]
    [first] = await account.sqs.receive_messages(url, wait_s=0)
    [again] = await account.sqs.receive_messages(url, wait_s=0)
    assert (first.id, first.body, first.sent_at) == (again.id, "{}", again.sent_at)
    assert again.deliveries == 2
    await account.sqs.delete_message(url, again.receipt)
    assert await account.sqs.receive_messages(url, wait_s=0) == ()
    with pytest.raises(NotFound):
        await account.sqs.receive_messages(f"{url}-none", wait_s=0)
