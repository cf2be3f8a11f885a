import pytest

from bot.domain.verification import Level
from bot.domain.verification.surroundings import (
    Bounds,
    Group,
    Target,
    judged_bounds,
    judged_group,
    judged_target,
    missing_group,
    missing_rule,
)


def a_group(**said):
    return Group(**{"name": "prod-tg", "port": 8080, "target_type": "ip", **said})


def a_target(**said):
    return Target(**{"container": "api", "port": 8080, "ports": frozenset({8080}), **said})


def levels(remarks):
    return [remark.level for remark in remarks]


def test_traffic_to_a_port_the_container_opens_is_fine():
    assert judged_target(a_target()).level is Level.OK


def test_traffic_to_a_port_the_container_does_not_open_blocks():
    said = judged_target(a_target(ports=frozenset({9090, 9091})))
    assert said.level is Level.BLOCK
    assert said.text == (
        "The service sends its traffic to port 8080 of api, which opens 9090 and 9091."
    )


def test_traffic_to_a_container_that_is_not_there_blocks():
    said = judged_target(a_target(ports=None))
    assert said.level is Level.BLOCK
    assert "to the container api, which the task does not have" in said.text


@pytest.mark.parametrize(
    ("target_type", "network_mode", "level"),
    [
        ("ip", "awsvpc", Level.OK),
        ("instance", "awsvpc", Level.BLOCK),
        ("lambda", "awsvpc", Level.BLOCK),
        ("instance", "bridge", Level.OK),
        ("ip", "host", Level.BLOCK),
    ],
)
def test_a_target_group_takes_targets_as_the_network_mode_has_them(
    target_type, network_mode, level
):
    group = a_group(target_type=target_type)
    assert judged_group(group, a_target(), network_mode).level is level


def test_another_port_of_the_group_is_no_fault_since_ecs_names_the_port():
    said = judged_group(a_group(port=80), a_target(), "awsvpc")
    assert said.level is Level.OK
    assert said.text == "prod-tg says port 80; ECS registers tasks with 8080."


@pytest.mark.parametrize(
    ("health_port", "level"),
    [("traffic-port", Level.OK), ("8080", Level.OK), ("9999", Level.WARN), (None, Level.OK)],
)
def test_a_health_check_of_a_port_the_container_does_not_name_is_a_warning(health_port, level):
    group = a_group(health_port=health_port)
    assert judged_group(group, a_target(), "awsvpc").level is level


def test_a_group_of_which_only_the_catalogue_knows_is_judged_by_its_type():
    assert judged_group(a_group(health_port="9999"), None, "awsvpc").level is Level.OK
    assert judged_group(a_group(target_type="instance"), None, "awsvpc").level is Level.BLOCK


def test_a_missing_group_blocks():
    assert missing_group("prod-tg").text == "The target group prod-tg does not exist."


def test_a_missing_rule_blocks_where_traffic_is_shifted_by_it():
    arn = "arn:aws:elasticloadbalancing:us-east-1:222222222222:listener-rule/app/prod/1/2/3"
    assert missing_rule(arn, shifts=True).level is Level.BLOCK
    assert missing_rule(arn, shifts=False).level is Level.WARN


def test_bounds_around_the_desired_count_and_within_the_catalogue_are_fine():
    assert judged_bounds(Bounds(min=3, max=10), desired=4, scale=(3, 10)) == ()


def test_a_service_that_nothing_scales_is_fine():
    assert levels(judged_bounds(None, desired=4, scale=(1, 10))) == [Level.OK]


@pytest.mark.parametrize(("smallest", "largest"), [(10, 3), (0, 0)])
def test_bounds_that_make_no_sense_are_told_before_anything_else(smallest, largest):
    [said] = judged_bounds(Bounds(min=smallest, max=largest), desired=4, scale=(1, 10))
    assert said.level is Level.WARN
    assert f"make no sense: {smallest} to {largest} tasks" in said.text


@pytest.mark.parametrize("desired", [2, 11])
def test_a_desired_count_outside_the_bounds_will_not_stay(desired):
    [said] = judged_bounds(Bounds(min=3, max=10), desired=desired, scale=None)
    assert said.text == f"The service wants {desired} tasks, outside autoscaling's 3 to 10."


@pytest.mark.parametrize("scale", [(4, 10), (3, 9)])
def test_bounds_wider_than_the_catalogue_allows_are_a_warning(scale):
    [said] = judged_bounds(Bounds(min=3, max=10), desired=5, scale=scale)
    assert "the catalogue allows" in said.text
    assert judged_bounds(Bounds(min=3, max=10), desired=5, scale=None) == ()


def test_several_faults_of_the_bounds_are_all_told():
    bounds = Bounds(min=3, max=20, is_suspended_out=True)
    found = judged_bounds(bounds, desired=1, scale=(1, 10))
    assert levels(found) == [Level.WARN] * 3
    assert all(said.mend for said in found)
