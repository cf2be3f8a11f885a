import asyncio
from datetime import timedelta

import pytest

from integrations.aws.ecs_calls import PAGES_AT_MOST
from integrations.errors import NotFound, Rejected
from tests.integrations.aws.answers import CLUSTER, NEW, NOON, SERVICE, a_service_deployment


async def test_they_are_listed_newest_first_over_every_page(ecs, stub):
    question = {
        "cluster": CLUSTER,
        "service": SERVICE,
        "maxResults": 20,
        "createdAt": {"after": NOON},
        "status": ["IN_PROGRESS"],
    }
    stub.add_response(
        "list_service_deployments",
        {"serviceDeployments": [a_service_deployment(1)], "nextToken": "n"},
        question,
    )
    stub.add_response(
        "list_service_deployments",
        {"serviceDeployments": [a_service_deployment(2, targetServiceRevisionArn="arn:r2")]},
        question | {"nextToken": "n"},
    )
    found = await ecs.list_service_deployments(
        CLUSTER, SERVICE, created_after=NOON, statuses=["IN_PROGRESS"]
    )
    assert [d.arn[-2:] for d in found] == ["d2", "d1"]
    assert found[0].target_revision_arn == "arn:r2"
    assert found[0].target is None


async def test_a_list_that_never_ends_is_not_followed_for_ever(ecs, stub):
    for page in range(PAGES_AT_MOST):
        stub.add_response(
            "list_service_deployments",
            {"serviceDeployments": [a_service_deployment(page)], "nextToken": "again"},
        )
    assert len(await ecs.list_service_deployments(CLUSTER, SERVICE)) == PAGES_AT_MOST


async def test_a_rollback_is_read_with_all_its_reasons(ecs, stub):
    raw = a_service_deployment(
        status="ROLLBACK_SUCCESSFUL",
        statusReason="Service deployment rolled back because of circuit breaker.",
        targetServiceRevision={
            "arn": "arn:r2",
            "requestedTaskCount": 4,
            "runningTaskCount": 0,
            "pendingTaskCount": 1,
        },
        sourceServiceRevisions=[{"arn": "arn:r1", "runningTaskCount": 4}],
        rollback={"reason": "tasks failed to start", "startedAt": NOON, "serviceRevisionArn": "r1"},
        deploymentCircuitBreaker={"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
        alarms={"status": "DISABLED", "alarmNames": ["a", "b"], "triggeredAlarmNames": ["b"]},
        finishedAt=NOON + timedelta(minutes=5),
    )
    arn = raw["serviceDeploymentArn"]
    stub.add_response(
        "describe_service_deployments",
        {"serviceDeployments": [raw], "failures": [{"arn": "arn:gone", "reason": "MISSING"}]},
        {"serviceDeploymentArns": [arn, "arn:gone"]},
    )
    found = await ecs.describe_service_deployments([arn, "arn:gone"])

    assert list(found) == [arn]
    one = found[arn]
    assert one.status == "ROLLBACK_SUCCESSFUL"
    assert (one.target.requested, one.target.running, one.target.pending) == (4, 0, 1)
    assert one.target_revision_arn == "arn:r2"
    assert one.sources[0].running == 4
    assert (one.rollback_reason, one.rollback_revision_arn) == ("tasks failed to start", "r1")
    assert (one.breaker_status, one.failures, one.failures_allowed) == ("TRIGGERED", 3, 3)
    assert one.triggered_alarms == ("b",)
    assert one.lifecycle_stage is None


async def test_a_canary_shows_its_stage_and_how_much_traffic_each_revision_has(ecs, stub):
    raw = a_service_deployment(
        lifecycleStage="PRODUCTION_TRAFFIC_SHIFT",
        targetServiceRevision={"arn": "arn:r2", "requestedProductionTrafficWeight": 5.0},
        sourceServiceRevisions=[{"arn": "arn:r1", "requestedProductionTrafficWeight": 95.0}],
    )
    stub.add_response("describe_service_deployments", {"serviceDeployments": [raw]})
    (one,) = (await ecs.describe_service_deployments([raw["serviceDeploymentArn"]])).values()
    assert one.lifecycle_stage == "PRODUCTION_TRAFFIC_SHIFT"
    assert (one.target.production_weight, one.sources[0].production_weight) == (5.0, 95.0)


async def test_more_than_twenty_are_described_in_several_calls(ecs, stub):
    arns = [a_service_deployment(n)["serviceDeploymentArn"] for n in range(21)]
    for batch in (range(20), range(20, 21)):
        stub.add_response(
            "describe_service_deployments",
            {"serviceDeployments": [a_service_deployment(n) for n in batch]},
            {"serviceDeploymentArns": [arns[n] for n in batch]},
        )
    assert list(await ecs.describe_service_deployments(arns)) == arns


async def test_those_who_look_at_once_are_one_question_whoever_they_are(ecs, stub):
    arns = [a_service_deployment(n)["serviceDeploymentArn"] for n in range(3)]
    stub.add_response(
        "describe_service_deployments",
        {"serviceDeployments": [a_service_deployment(n) for n in range(3)]},
        {"serviceDeploymentArns": arns},
    )
    answers = await asyncio.gather(
        *(ecs.describe_service_deployments([arn]) for arn in arns),
        ecs.describe_service_deployments([arns[2], arns[0], arns[0]]),
    )
    assert [list(answer) for answer in answers] == [[a] for a in arns] + [[arns[2], arns[0]]]


async def test_nothing_asked_costs_nothing(ecs, stub):
    assert await ecs.describe_service_deployments([]) == {}
    assert await ecs.describe_service_revisions([]) == {}


async def test_a_revision_says_which_digest_really_ran(ecs, stub):
    stub.add_response(
        "describe_service_revisions",
        {
            "serviceRevisions": [
                {
                    "serviceRevisionArn": "arn:r2",
                    "serviceArn": "arn:s",
                    "taskDefinition": NEW,
                    "createdAt": NOON,
                    "containerImages": [
                        {"containerName": "app", "image": "api:v1", "imageDigest": "sha256:ab"},
                        {"containerName": "proxy", "image": "envoy"},
                    ],
                }
            ]
        },
        {"serviceRevisionArns": ["arn:r2"]},
    )
    revision = (await ecs.describe_service_revisions(["arn:r2"]))["arn:r2"]
    assert revision.task_definition == NEW
    assert [(i.container, i.digest) for i in revision.images] == [
        ("app", "sha256:ab"),
        ("proxy", None),
    ]


async def test_stopping_one_asks_for_a_rollback(ecs, stub):
    stub.add_response(
        "stop_service_deployment",
        {"serviceDeploymentArn": "arn:d"},
        {"serviceDeploymentArn": "arn:d", "stopType": "ROLLBACK"},
    )
    await ecs.stop_service_deployment("arn:d")


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("ConflictException", Rejected),
        ("UnsupportedFeatureException", Rejected),
        ("ServiceDeploymentNotFoundException", NotFound),
    ],
)
async def test_stopping_one_that_has_ended_is_told_apart_from_one_unknown(ecs, stub, code, means):
    stub.add_client_error("stop_service_deployment", code, "cannot be stopped", 400)
    with pytest.raises(means):
        await ecs.stop_service_deployment("arn:d")
