"""Scaling and watching a service through our clients, against the sandbox's AWS."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from integrations.aws.mute_rules import NotOffered
from integrations.aws.scaling_models import ScalableTarget, Suspension
from integrations.errors import Forbidden, NotFound, Rejected
from sandbox.aws.calls import Fault, access_denied
from sandbox.aws.seeded_alarms import hold_connections
from sandbox.aws.seeds import STAGING, Environment
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import MAIN_ACCOUNT, SERVICE

# In the account that needs no role: whoever assumes one makes every client anew.
PROD = Environment("prod", MAIN_ACCOUNT, 4, smallest=3, largest=10, family="credlink-prod")
SERVICE_OF_PROD = (PROD.cluster, SERVICE)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def world(clock):
    with AwsWorld.in_process(clock, environments=[PROD, STAGING]) as world:
        yield world


@pytest.fixture(scope="module")
def accounts():
    """Making a client reads AWS's model, which takes longer than a test."""
    opened = Accounts(AwsConnection(attempts=1))
    yield opened
    asyncio.run(opened.aclose())


@pytest.fixture
def prod(accounts, world):
    return accounts.account("us-east-1")


def now(clock):
    return datetime.fromtimestamp(clock.now(), UTC)


async def desired(prod):
    return (await prod.ecs.describe_services(PROD.cluster, [SERVICE]))[SERVICE].desired


async def test_bounds_are_moved_told_and_moved_back(prod, clock):
    before = await prod.autoscaling.describe_target(*SERVICE_OF_PROD)
    assert before == ScalableTarget(minimum=3, maximum=10, suspended=Suspension())
    await prod.autoscaling.register_target(*SERVICE_OF_PROD, minimum=6, maximum=6)
    assert await desired(prod) == 6
    clock.advance(30)
    [activity] = await prod.autoscaling.list_activities(*SERVICE_OF_PROD)
    assert activity.description == "Setting desired count to 6."
    assert activity.status == "Successful"
    await prod.autoscaling.register_target(*SERVICE_OF_PROD, minimum=3, maximum=10)
    assert await prod.autoscaling.describe_target(*SERVICE_OF_PROD) == before


async def test_suspending_leaves_the_bounds_alone(prod):
    whole = Suspension(scale_in=True, scale_out=True, scheduled=True)
    await prod.autoscaling.register_target(*SERVICE_OF_PROD, suspended=whole)
    target = await prod.autoscaling.describe_target(*SERVICE_OF_PROD)
    assert target == ScalableTarget(minimum=3, maximum=10, suspended=whole)
    assert target.suspended.is_whole


async def test_a_plain_count_outside_the_bounds_is_undone(prod, clock):
    assert (await prod.ecs.set_desired_count(*SERVICE_OF_PROD, 2)).desired == 2
    clock.advance(10)
    assert await desired(prod) == 3


async def test_what_scales_prod_is_said_in_words(prod):
    policies = await prod.autoscaling.list_policies(*SERVICE_OF_PROD)
    assert [policy.words for policy in policies] == ["CPU at 60 %", "6000 requests per target"]
    assert await prod.autoscaling.list_scheduled_actions(*SERVICE_OF_PROD) == ()


async def test_staging_is_scaled_by_nobody(prod, world):
    place = (STAGING.cluster, SERVICE)
    assert await prod.autoscaling.describe_target(*place) is None
    with pytest.raises(NotFound, match=f"nothing scales {STAGING.cluster}/{SERVICE}"):
        await prod.autoscaling.register_target(*place, minimum=1, maximum=4)
    assert world.writes == []


async def test_bounds_that_cross_change_nothing(prod):
    with pytest.raises(Rejected, match="ValidationException"):
        await prod.autoscaling.register_target(*SERVICE_OF_PROD, minimum=11)
    assert (await prod.autoscaling.describe_target(*SERVICE_OF_PROD)).minimum == 3


async def test_alarms_are_listed_with_their_series(prod, world, clock):
    hold_connections(world.watch(PROD.account), 195.0)
    clock.advance(10)
    alarms = {alarm.name: alarm for alarm in await prod.cloudwatch.list_alarms("credlink-prod-")}
    assert len(alarms) == 7
    full = alarms["credlink-prod-rds-connections"]
    assert (full.state, full.threshold, full.since) == (
        "ALARM",
        180,
        now(clock) - timedelta(seconds=5),
    )
    around = {"start": now(clock) - timedelta(hours=1), "end": now(clock), "period_s": 60}
    points = await prod.cloudwatch.get_series(full, **around)
    assert len(points) in {60, 61}
    assert points[-1].value == 195
    ratio = await prod.cloudwatch.get_series(alarms["credlink-prod-error-ratio"], **around)
    assert 0 < max(point.value for point in ratio) < 5
    assert alarms["credlink-prod-degraded"].is_composite
    assert await prod.cloudwatch.list_alarms("another-") == ()


async def test_alarms_of_both_kinds_are_read_by_their_names(prod):
    names = ["credlink-prod-degraded", "credlink-prod-5xx", "credlink-prod-none"]

    found = {alarm.name: alarm for alarm in await prod.cloudwatch.get_alarms(names)}

    assert set(found) == {"credlink-prod-degraded", "credlink-prod-5xx"}
    assert found["credlink-prod-degraded"].is_composite


async def test_alarms_are_muted_for_a_while_and_unmuted(prod, clock):
    name, alarm = "credlink-1", "credlink-prod-5xx"
    await prod.cloudwatch.put_mute_rule(
        name, [alarm], start=now(clock), duration=timedelta(hours=2), description="INC-7"
    )
    [rule] = await prod.cloudwatch.list_mute_rules()
    assert (rule.name, rule.alarms, rule.description) == (name, (alarm,), "INC-7")
    assert rule.ends_at - rule.starts_at == timedelta(hours=2)
    assert rule.status == "SCHEDULED"  # from the next whole minute on
    clock.advance(60)
    [rule] = await prod.cloudwatch.list_mute_rules(alarm=alarm)
    assert rule.status == "ACTIVE"
    await prod.cloudwatch.delete_mute_rule(name)
    assert await prod.cloudwatch.list_mute_rules() == ()


async def test_what_is_written_to_a_group_is_known_before_it_is_searched(prod, clock):
    hour = {"start": now(clock) - timedelta(hours=1), "end": now(clock)}
    written = await prod.logs.incoming_bytes(PROD.log_group, **hour)
    assert 500_000 < written < 1_500_000
    assert await prod.logs.incoming_bytes("/ecs/nobody", **hour) is None


async def test_an_endpoint_without_mute_rules_is_told_apart(prod, world):
    world.faults.add(Fault("ListAlarmMuteRules", code="UnknownOperationException", status=404))
    with pytest.raises(NotOffered):
        await prod.cloudwatch.list_mute_rules()


@pytest.mark.parametrize(
    ("permission", "call"),
    [
        (
            "application-autoscaling:RegisterScalableTarget",
            lambda prod: prod.autoscaling.register_target(*SERVICE_OF_PROD, minimum=5),
        ),
        (
            "application-autoscaling:DescribeScalingActivities",
            lambda prod: prod.autoscaling.list_activities(*SERVICE_OF_PROD),
        ),
        ("ecs:UpdateService", lambda prod: prod.ecs.set_desired_count(*SERVICE_OF_PROD, 5)),
        ("cloudwatch:DescribeAlarms", lambda prod: prod.cloudwatch.list_alarms()),
        ("cloudwatch:ListAlarmMuteRules", lambda prod: prod.cloudwatch.list_mute_rules()),
        ("cloudwatch:DeleteAlarmMuteRule", lambda prod: prod.cloudwatch.delete_mute_rule("r")),
    ],
)
async def test_a_missing_permission_is_named(prod, world, permission, call):
    world.faults.add(access_denied(permission))
    with pytest.raises(Forbidden, match=f"lacks {permission}"):
        await call(prod)
