from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from integrations.aws.cloudfront import COMPLETED, CloudFrontClient
from integrations.errors import Forbidden, NotFound, RateLimited, Rejected
from tests.integrations.aws.answers import NOON

DISTRIBUTION = "E2CREDLINK"


@pytest.fixture
def stub(session):
    with Stubber(session.client("cloudfront")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def cloudfront(session):
    return CloudFrontClient(session)


def an_invalidation(status="InProgress"):
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "change-1"}
    return {
        "Invalidation": {
            "Id": "I1",
            "Status": status,
            "CreateTime": NOON,
            "InvalidationBatch": batch,
        }
    }


async def test_an_invalidation_says_how_many_paths_it_has_and_whose_it_is(cloudfront, stub):
    stub.add_response(
        "create_invalidation",
        an_invalidation(),
        {
            "DistributionId": DISTRIBUTION,
            "InvalidationBatch": {
                "Paths": {"Quantity": 2, "Items": ["/api/*", "/index.html"]},
                "CallerReference": "change-1",
            },
        },
    )
    made = await cloudfront.create_invalidation(
        DISTRIBUTION, ["/api/*", "/index.html", "/api/*"], caller_reference="change-1"
    )
    assert (made.id, made.status) == ("I1", "InProgress")
    assert made.created_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


async def test_an_invalidation_is_awaited_by_the_word_aws_has_for_it(cloudfront, stub):
    asked = {"DistributionId": DISTRIBUTION, "Id": "I1"}
    stub.add_response("get_invalidation", an_invalidation(), asked)
    stub.add_response("get_invalidation", an_invalidation("Completed"), asked)
    assert (await cloudfront.get_invalidation(DISTRIBUTION, "I1")).status != COMPLETED
    assert (await cloudfront.get_invalidation(DISTRIBUTION, "I1")).status == COMPLETED


async def test_too_many_at_once_may_be_tried_again(cloudfront, stub):
    stub.add_client_error(
        "create_invalidation", "TooManyInvalidationsInProgress", "You have exceeded …", 400
    )
    with pytest.raises(RateLimited) as refused:
        await cloudfront.create_invalidation(DISTRIBUTION, ["/*"], caller_reference="change-1")
    assert refused.value.retryable


@pytest.mark.parametrize(
    ("code", "status"),
    [("InvalidArgument", 400), ("BatchTooLarge", 413), ("InvalidationBatchAlreadyExists", 409)],
)
async def test_what_cloudfront_does_not_take_is_rejected(cloudfront, stub, code, status):
    stub.add_client_error("create_invalidation", code, "no", status)
    with pytest.raises(Rejected, match=code):
        await cloudfront.create_invalidation(DISTRIBUTION, ["x"], caller_reference="change-1")


async def test_a_distribution_or_an_invalidation_nobody_knows_is_not_found(cloudfront, stub):
    stub.add_client_error("create_invalidation", "NoSuchDistribution", "does not exist", 404)
    stub.add_client_error("get_invalidation", "NoSuchInvalidation", "does not exist", 404)
    with pytest.raises(NotFound, match="NoSuchDistribution"):
        await cloudfront.create_invalidation("E1", ["/*"], caller_reference="change-1")
    with pytest.raises(NotFound, match="NoSuchInvalidation"):
        await cloudfront.get_invalidation(DISTRIBUTION, "I9")


async def test_a_missing_permission_is_named(cloudfront, stub):
    stub.add_client_error("create_invalidation", "AccessDenied", "", 403)
    with pytest.raises(Forbidden, match="lacks cloudfront:CreateInvalidation"):
        await cloudfront.create_invalidation(DISTRIBUTION, ["/*"], caller_reference="change-1")
