import pytest
from botocore.stub import Stubber

from integrations.aws.ssm import SsmClient
from integrations.errors import Forbidden, RateLimited


@pytest.fixture
def stub(session):
    with Stubber(session.client("ssm")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def ssm(session):
    return SsmClient(session)


def asking(*names, **said):
    wanted = {"Key": "Name", "Option": "Equals", "Values": list(names)}
    return {"ParameterFilters": [wanted], "MaxResults": 50, **said}


def there_are(*names, **said):
    return {"Parameters": [{"Name": name, "Type": "SecureString"} for name in names], **said}


async def test_only_names_are_asked_for_and_only_those_there_come_back(ssm, stub):
    stub.add_response("describe_parameters", there_are("/a/one"), asking("/a/one", "/a/two"))
    assert await ssm.describe_parameters(["/a/one", "/a/two", "/a/one"]) == {"/a/one"}


async def test_a_page_that_ends_early_is_followed(ssm, stub):
    stub.add_response("describe_parameters", there_are("a", NextToken="more"), asking("a", "b"))
    stub.add_response("describe_parameters", there_are("b"), asking("a", "b", NextToken="more"))
    assert await ssm.describe_parameters(["a", "b"]) == {"a", "b"}


async def test_more_than_fifty_names_are_asked_for_in_batches(ssm, stub):
    names = [f"p{number}" for number in range(60)]
    stub.add_response("describe_parameters", there_are(*names[:50]), asking(*names[:50]))
    stub.add_response("describe_parameters", there_are(*names[50:]), asking(*names[50:]))
    assert await ssm.describe_parameters(names) == set(names)


async def test_no_name_costs_no_call(ssm, stub):
    assert await ssm.describe_parameters([]) == frozenset()


async def test_a_missing_permission_is_named(ssm, stub):
    stub.add_client_error("describe_parameters", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks ssm:DescribeParameters"):
        await ssm.describe_parameters(["a"])


async def test_throttling_is_told_as_such(ssm, stub):
    stub.add_client_error("describe_parameters", "ThrottlingException", "Rate exceeded", 400)
    with pytest.raises(RateLimited):
        await ssm.describe_parameters(["a"])
