"""CloudFront's invalidations: not done at once, one for a reference, and only so many at a time."""

from typing import Any

import pytest

from sandbox.aws.invalidations import FILES_IN_PROGRESS, TAKES_S, WILDCARDS_IN_PROGRESS
from sandbox.aws.seeds import DISTRIBUTION_ID
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT
from tests.sandbox.aws.test_api import refusal

Json = dict[str, Any]


@pytest.fixture
def cloudfront(world: AwsWorld) -> Any:
    return world.client("cloudfront", PROD_ACCOUNT)


def request(*paths: str, reference: str = "deploy-1", distribution: str = DISTRIBUTION_ID) -> Json:
    return {
        "DistributionId": distribution,
        "InvalidationBatch": {
            "Paths": {"Quantity": len(paths), "Items": list(paths)},
            "CallerReference": reference,
        },
    }


def status(cloudfront: Any, id_: str) -> str:
    answer = cloudfront.get_invalidation(DistributionId=DISTRIBUTION_ID, Id=id_)
    return str(answer["Invalidation"]["Status"])


def test_an_invalidation_is_in_progress_and_completed_after_a_while(
    cloudfront: Any, clock: ManualClock
) -> None:
    answer = cloudfront.create_invalidation(**request("/*"))
    made = answer["Invalidation"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["Location"].endswith(f"/{DISTRIBUTION_ID}/invalidation/{made['Id']}")
    assert made["Status"] == "InProgress"
    assert made["InvalidationBatch"] == request("/*")["InvalidationBatch"]
    assert made["CreateTime"].timestamp() == pytest.approx(clock.now(), abs=1)
    clock.advance(TAKES_S - 0.1)
    assert status(cloudfront, made["Id"]) == "InProgress"
    clock.advance(0.2)
    assert status(cloudfront, made["Id"]) == "Completed"
    waiter = cloudfront.get_waiter("invalidation_completed")
    waiter.wait(DistributionId=DISTRIBUTION_ID, Id=made["Id"], WaiterConfig={"MaxAttempts": 1})


def test_the_same_reference_is_the_same_invalidation_also_when_it_is_done(
    cloudfront: Any, clock: ManualClock
) -> None:
    first = cloudfront.create_invalidation(**request("/a", "/b"))["Invalidation"]
    clock.advance(60)
    again = cloudfront.create_invalidation(**request("/b", "/a"))["Invalidation"]
    assert (again["Id"], again["Status"]) == (first["Id"], "Completed")
    other = cloudfront.create_invalidation(**request("/a", "/b", reference="deploy-2"))
    assert other["Invalidation"]["Id"] != first["Id"]
    listed = cloudfront.list_invalidations(DistributionId=DISTRIBUTION_ID)["InvalidationList"]
    assert [each["Id"] for each in listed["Items"]] == [other["Invalidation"]["Id"], first["Id"]]


def test_the_same_reference_for_other_paths_is_refused(cloudfront: Any) -> None:
    cloudfront.create_invalidation(**request("/a"))
    code, _ = refusal(cloudfront.create_invalidation, **request("/b"))
    assert code == "InvalidationBatchAlreadyExists"


@pytest.mark.parametrize("paths", [("no-slash",), ("/a", "b"), ("/" + "x" * 4000,), ()])
def test_a_path_that_is_none_is_refused(cloudfront: Any, paths: tuple[str, ...]) -> None:
    code, message = refusal(cloudfront.create_invalidation, **request(*paths))
    assert code == "InvalidArgument"
    assert message == "Your request contains one or more invalid invalidation paths."


def test_a_quantity_that_does_not_count_the_paths_is_refused(cloudfront: Any) -> None:
    asked = request("/a")
    asked["InvalidationBatch"]["Paths"]["Quantity"] = 2
    assert refusal(cloudfront.create_invalidation, **asked)[0] == "InconsistentQuantities"


@pytest.mark.parametrize(
    ("path", "most"), [("/{}/*", WILDCARDS_IN_PROGRESS), ("/{}", FILES_IN_PROGRESS)]
)
def test_only_so_many_paths_are_in_progress_at_once(
    cloudfront: Any, clock: ManualClock, path: str, most: int
) -> None:
    cloudfront.create_invalidation(**request(*(path.format(n) for n in range(most))))
    one_more = request(path.format("more"), reference="deploy-2")
    assert refusal(cloudfront.create_invalidation, **one_more)[0] == (
        "TooManyInvalidationsInProgress"
    )
    clock.advance(TAKES_S)
    cloudfront.create_invalidation(**one_more)


def test_a_batch_larger_than_what_may_be_in_progress_is_too_large(cloudfront: Any) -> None:
    asked = request(*(f"/{number}" for number in range(FILES_IN_PROGRESS + 1)))
    assert refusal(cloudfront.create_invalidation, **asked)[0] == "BatchTooLarge"


def test_what_is_not_there_is_named(cloudfront: Any) -> None:
    elsewhere = request("/a", distribution="E0NOBODY")
    assert refusal(cloudfront.create_invalidation, **elsewhere)[0] == "NoSuchDistribution"
    found = {"DistributionId": DISTRIBUTION_ID, "Id": "INOBODY"}
    assert refusal(cloudfront.get_invalidation, **found)[0] == "NoSuchInvalidation"


def test_every_call_is_recorded_with_what_it_asked(world: AwsWorld, cloudfront: Any) -> None:
    cloudfront.create_invalidation(**request("/a"))
    call = world.calls[-1]
    assert (call.service, call.operation, call.status) == ("cloudfront", "CreateInvalidation", 201)
    assert call.parameters["InvalidationBatch"]["CallerReference"] == "deploy-1"


def test_invalidations_are_listed_in_pages(cloudfront: Any) -> None:
    for number in range(3):
        cloudfront.create_invalidation(**request("/a", reference=f"deploy-{number}"))
    pages = cloudfront.get_paginator("list_invalidations").paginate(
        DistributionId=DISTRIBUTION_ID, PaginationConfig={"PageSize": 2}
    )
    assert [page["InvalidationList"]["Quantity"] for page in pages] == [2, 1]
