from datetime import timedelta

from tests.integrations.aws.answers import CLUSTER, NOON, SERVICE, a_task

OURS = "ecs-svc/1000000000000000001"


async def test_running_tasks_are_listed_over_every_page_and_described_by_the_hundred(ecs, stub):
    arns = [a_task(n)["taskArn"] for n in range(120)]
    question = {"cluster": CLUSTER, "serviceName": SERVICE, "desiredStatus": "RUNNING"}
    stub.add_response("list_tasks", {"taskArns": arns[:100], "nextToken": "n"}, question)
    stub.add_response("list_tasks", {"taskArns": arns[100:]}, question | {"nextToken": "n"})
    for batch in (range(100), range(100, 120)):
        stub.add_response(
            "describe_tasks",
            {"tasks": [a_task(n) for n in batch]},
            {"cluster": CLUSTER, "tasks": [arns[n] for n in batch]},
        )
    assert [t.arn for t in await ecs.running_tasks(CLUSTER, SERVICE)] == arns


async def test_a_task_is_read_with_its_address_and_containers(ecs, stub):
    stub.add_response("list_tasks", {"taskArns": ["arn:t"]})
    stub.add_response(
        "describe_tasks",
        {
            "tasks": [
                a_task(
                    healthStatus="HEALTHY",
                    availabilityZone="us-east-1a",
                    startedAt=NOON,
                    attachments=[
                        {"type": "Service Connect", "details": []},
                        {
                            "type": "ElasticNetworkInterface",
                            "details": [
                                {"name": "subnetId", "value": "subnet-1"},
                                {"name": "privateIPv4Address", "value": "10.0.1.7"},
                            ],
                        },
                    ],
                    containers=[{"name": "app", "image": "api:v1", "imageDigest": "sha256:ab"}],
                )
            ]
        },
    )
    (task,) = await ecs.running_tasks(CLUSTER, SERVICE)
    assert (task.private_ip, task.health_status, task.started_by) == ("10.0.1.7", "HEALTHY", OURS)
    assert task.containers[0].image_digest == "sha256:ab"


async def test_a_task_without_an_address_yet_is_read(ecs, stub):
    stub.add_response("list_tasks", {"taskArns": ["arn:t"]})
    stub.add_response("describe_tasks", {"tasks": [a_task(lastStatus="PROVISIONING")]})
    (task,) = await ecs.running_tasks(CLUSTER, SERVICE)
    assert (task.private_ip, task.last_status) == (None, "PROVISIONING")


async def test_a_service_without_tasks_is_not_asked_to_describe_them(ecs, stub):
    stub.add_response("list_tasks", {"taskArns": []})
    assert await ecs.running_tasks(CLUSTER, SERVICE) == ()


async def test_stopped_tasks_are_those_of_one_deployment_and_the_first_stopped_comes_first(
    ecs, stub
):
    def stopped(number, **fields):
        return a_task(
            number,
            lastStatus="STOPPED",
            desiredStatus="STOPPED",
            stopCode="EssentialContainerExited",
            stoppedReason="Essential container in task exited",
            containers=[{"name": "app", "exitCode": 1, "reason": "boom"}],
            **fields,
        )

    stub.add_response(
        "list_tasks",
        {"taskArns": ["arn:1", "arn:2", "arn:3", "arn:4"]},
        # `startedBy` may be no filter here: ECS wants it alone, and shows running tasks then.
        {"cluster": CLUSTER, "serviceName": SERVICE, "desiredStatus": "STOPPED"},
    )
    stub.add_response(
        "describe_tasks",
        {
            "tasks": [
                stopped(1),  # has not quite stopped
                stopped(2, stoppedAt=NOON + timedelta(minutes=2)),
                stopped(3, stoppedAt=NOON + timedelta(minutes=1)),
                stopped(4, stoppedAt=NOON, startedBy="ecs-svc/another"),
            ],
            "failures": [{"arn": "arn:5", "reason": "MISSING"}],
        },
    )
    found = await ecs.stopped_tasks(CLUSTER, SERVICE, started_by=OURS)

    assert [t.arn[-2:] for t in found] == ["t3", "t2", "t1"]
    assert found[0].stop_code == "EssentialContainerExited"
    assert (found[0].containers[0].exit_code, found[0].containers[0].reason) == (1, "boom")


async def test_a_task_that_never_started_has_a_reason_and_no_exit_code(ecs, stub):
    reason = "CannotPullContainerError: pull image manifest has been retried 5 time(s): not found"
    stub.add_response("list_tasks", {"taskArns": ["arn:1"]})
    stub.add_response(
        "describe_tasks",
        {
            "tasks": [
                a_task(
                    stopCode="TaskFailedToStart",
                    stoppedReason=reason,
                    containers=[{"name": "app", "lastStatus": "STOPPED"}],
                )
            ]
        },
    )
    (task,) = await ecs.stopped_tasks(CLUSTER, SERVICE)
    assert (task.stop_code, task.stopped_reason) == ("TaskFailedToStart", reason)
    assert task.containers[0].exit_code is None
