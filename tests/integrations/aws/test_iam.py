import json
from urllib.parse import quote

import pytest
from botocore.stub import Stubber

from integrations.aws.iam import IamClient, role_name
from integrations.errors import Forbidden, NotFound, Rejected

ECS = "ecs-tasks.amazonaws.com"


@pytest.fixture
def stub(session):
    with Stubber(session.client("iam")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def iam(session):
    return IamClient(session)


def letting_in(principal, **said):
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **said}


async def trusting(iam, stub, *statements, document=None):
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    stub.add_response(
        "get_role",
        {
            "Role": {
                "Path": "/",
                "RoleName": "credlink-api-task",
                "RoleId": "AROA0123456789ABCDEF",
                "Arn": "arn:aws:iam::222222222222:role/credlink-api-task",
                "CreateDate": "2026-01-01T00:00:00Z",
                # AWS encodes it for a URL; botocore undoes that.
                "AssumeRolePolicyDocument": quote(policy if document is None else document),
            }
        },
        {"RoleName": "credlink-api-task"},
    )
    return await iam.get_role("credlink-api-task")


async def test_a_role_says_which_services_may_assume_it(iam, stub):
    role = await trusting(iam, stub, letting_in({"Service": ECS}))
    assert role.arn == "arn:aws:iam::222222222222:role/credlink-api-task"
    assert role.trusted_services == {ECS}
    assert not role.conditional_services
    assert not role.trusts_anyone


@pytest.mark.parametrize(
    "statement",
    [
        letting_in({"Service": [ECS, "lambda.amazonaws.com"]}),
        letting_in({"Service": ECS}, Action=["sts:TagSession", "sts:assumerole"]),
        letting_in({"Service": ECS, "AWS": "arn:aws:iam::222222222222:root"}, Action="sts:*"),
    ],
)
async def test_a_trust_policy_may_be_written_in_many_ways(iam, stub, statement):
    role = await trusting(iam, stub, statement)
    assert ECS in role.trusted_services


@pytest.mark.parametrize(
    "statement",
    [
        letting_in({"AWS": "arn:aws:iam::111111111111:root"}),
        letting_in({"Service": ECS}, Action="sts:TagSession"),
        letting_in({"Service": ECS}, Effect="Deny"),
        letting_in({"Federated": "arn:aws:iam::222222222222:oidc-provider/github"}),
    ],
)
async def test_what_does_not_let_ecs_in_is_not_taken_for_it(iam, stub, statement):
    role = await trusting(iam, stub, statement)
    assert not role.trusted_services


async def test_a_policy_of_a_single_statement_needs_no_list(iam, stub):
    role = await trusting(
        iam, stub, document=json.dumps({"Statement": letting_in({"Service": ECS})})
    )
    assert role.trusted_services == {ECS}


async def test_a_service_let_in_under_a_condition_is_told_apart(iam, stub):
    condition = {"StringEquals": {"aws:SourceAccount": "222222222222"}}
    role = await trusting(iam, stub, letting_in({"Service": ECS}, Condition=condition))
    assert role.trusted_services == role.conditional_services == {ECS}


async def test_a_service_refused_by_another_statement_is_not_trusted(iam, stub):
    role = await trusting(
        iam, stub, letting_in({"Service": ECS}), letting_in({"Service": ECS}, Effect="Deny")
    )
    assert not role.trusted_services


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
async def test_a_role_that_anyone_may_assume_is_told(iam, stub, principal):
    role = await trusting(iam, stub, letting_in(principal))
    assert role.trusts_anyone


async def test_a_trust_policy_that_cannot_be_read_is_no_empty_one(iam, stub):
    with pytest.raises(Rejected, match="trust policy cannot be read"):
        await trusting(iam, stub, document="{ no json")


async def test_a_role_nobody_made_is_not_found(iam, stub):
    stub.add_client_error("get_role", "NoSuchEntity", "The role with name x cannot be found.", 404)
    with pytest.raises(NotFound, match="there is no role x"):
        await iam.get_role("x")


async def test_a_name_iam_would_not_take_is_rejected(iam, stub):
    stub.add_client_error("get_role", "ValidationError", "1 validation error detected", 400)
    with pytest.raises(Rejected, match="ValidationError"):
        await iam.get_role("x y")


async def test_a_missing_permission_is_named(iam, stub):
    stub.add_client_error("get_role", "AccessDenied", "", 403)
    with pytest.raises(Forbidden, match="lacks iam:GetRole"):
        await iam.get_role("x")


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::222222222222:role/task", "arn:aws:iam::222222222222:role/a/b/task"]
)
def test_the_name_of_a_role_is_what_follows_its_path(arn):
    assert role_name(arn) == "task"
