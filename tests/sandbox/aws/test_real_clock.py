"""With the machine's own clock the world goes on by itself."""

import socket
import time

import pytest
from moto.core.responses import BaseResponse

from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT, REGION, SERVICE
from tests.sandbox.aws.operator import CLUSTER, Operator

DEADLINE_S = 20.0


def test_a_world_that_cannot_listen_leaves_nothing_behind() -> None:
    original = BaseResponse.call_action
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        AwsWorld().start(taken.getsockname()[1])
    assert BaseResponse.call_action is original


def test_time_passes_with_nobody_looking_and_stopping_gives_moto_back() -> None:
    original = BaseResponse.call_action
    with AwsWorld(pace=40) as world:
        Operator(world, ManualClock()).deploy("v1.2.0")
        service = world.ecs(PROD_ACCOUNT, REGION).services[CLUSTER, SERVICE]
        deadline = time.monotonic() + DEADLINE_S
        while service.primary.rollout_state != "COMPLETED":
            assert time.monotonic() < deadline, service.primary
            time.sleep(0.02)
        tasks = world.running(PROD_ACCOUNT, CLUSTER, SERVICE)
        assert {task.tag for task in tasks} == {"v1.2.0"}
    assert BaseResponse.call_action is original
    with pytest.raises(RuntimeError, match="does not listen"):
        _ = world.url
