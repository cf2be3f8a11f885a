"""What AWS refuses, in its codes. One world for all: what is refused changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.aws import insights
from sandbox.aws.conditions import Malformed
from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import PROD_ACCOUNT, SERVICE
from tests.sandbox.aws.operator import CLUSTER
from tests.sandbox.aws.test_alarms import AGE, ALARM, put, rule, stat
from tests.sandbox.aws.test_api import refusal
from tests.sandbox.aws.test_logs import COUNT, GROUP, hour
from tests.sandbox.aws.test_scaling import PLACE, target

Json = dict[str, Any]


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def world(clock: ManualClock) -> Iterator[AwsWorld]:
    with AwsWorld.in_process(clock, environments=[PROD]) as world:
        yield world


@pytest.fixture
def logs(world: AwsWorld) -> Any:
    return world.client("logs", PROD_ACCOUNT)


@pytest.fixture
def cloudwatch(world: AwsWorld) -> Any:
    return world.client("cloudwatch", PROD_ACCOUNT)


@pytest.fixture
def scaling(world: AwsWorld) -> Any:
    return world.client("application-autoscaling", PROD_ACCOUNT)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"MinCapacity": 11}, "ValidationException", "cannot be less than minimum"),
        ({"MinCapacity": 5, "MaxCapacity": 4}, "ValidationException", "cannot be less than"),
        ({"MinCapacity": -1}, "ValidationException", "must not be negative"),
        ({"ResourceId": "service/nobody"}, "ValidationException", "Unsupported"),
        ({"ResourceId": f"service/{CLUSTER}/nobody"}, "ValidationException", "doesn't exist"),
        ({"ServiceNamespace": "ec2"}, "ValidationException", "Unsupported"),
    ],
)
def test_bounds_that_make_no_sense_are_refused_and_change_nothing(
    world: AwsWorld, scaling: Any, changes: Json, code: str, words: str
) -> None:
    refused = refusal(scaling.register_scalable_target, **{**PLACE, **changes})
    assert refused[0] == code
    assert words in refused[1]
    assert (target(scaling)["MinCapacity"], target(scaling)["MaxCapacity"]) == (3, 10)
    assert world.desired(PROD_ACCOUNT, CLUSTER, SERVICE) == 4


@pytest.mark.parametrize(
    "pattern",
    [
        "/api/v1",
        'a "b',
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{ $.a = 1 } }",
        "{ $.a > high }",
        "{ $.a > %x% }",
        "{ $.a IS EXISTS }",
        "{ }",
        "%a(b)%",
        "%[%",
    ],
)
def test_what_is_no_filter_pattern_is_refused(logs: Any, pattern: str) -> None:
    code, message = refusal(logs.filter_log_events, logGroupName=GROUP, filterPattern=pattern)
    assert code == "InvalidParameterException"
    assert message.startswith("Invalid filter pattern")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "filter",
        "filter @message like /a/",
        f"fields @message | {COUNT}",
        f"filter @message | {COUNT}",
        f"filter @message like | {COUNT}",
        f"filter @message like /a | {COUNT}",
        f"filter @message like /(/ | {COUNT}",
        f"filter status = | {COUNT}",
        f"filter (status = 1 | {COUNT}",
        f"filter status = 1 status = 2 | {COUNT}",
        f"filter status = 1 ; | {COUNT}",
        "stats count(*) by level",
        f"{COUNT} | limit 5",
    ],
)
def test_what_is_no_query_here_is_malformed(logs: Any, clock: ManualClock, text: str) -> None:
    with pytest.raises(Malformed):
        insights.read(text)
    asked = {"logGroupName": GROUP, "queryString": text, **hour(clock)}
    assert refusal(logs.start_query, **asked)[0] == "MalformedQueryException"


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("filter_log_events", {"logGroupName": "/nobody"}, "ResourceNotFoundException"),
        (
            "filter_log_events",
            {"logGroupName": GROUP, "nextToken": "x"},
            "InvalidParameterException",
        ),
        (
            "filter_log_events",
            {"logGroupName": GROUP, "startTime": 2, "endTime": 1},
            "InvalidParameterException",
        ),
        (
            "filter_log_events",
            {"logGroupName": GROUP, "filterPattern": "a" * 1025},
            "InvalidParameterException",
        ),
        (
            "start_query",
            {"logGroupName": "/nobody", "queryString": COUNT, "startTime": 1, "endTime": 2},
            "ResourceNotFoundException",
        ),
        (
            "start_query",
            {"logGroupName": GROUP, "queryString": COUNT, "startTime": 2, "endTime": 1},
            "MalformedQueryException",
        ),
        (
            "start_query",
            {"queryString": COUNT, "startTime": 1, "endTime": 2},
            "InvalidParameterException",
        ),
        ("get_query_results", {"queryId": "x"}, "ResourceNotFoundException"),
        ("stop_query", {"queryId": "x"}, "ResourceNotFoundException"),
    ],
)
def test_logs_that_are_not_there_or_make_no_sense_are_refused(
    logs: Any, operation: str, arguments: Json, code: str
) -> None:
    assert refusal(getattr(logs, operation), **arguments)[0] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ComparisonOperator": "Like"}, "ValidationError"),
        ({"TreatMissingData": "maybe"}, "ValidationError"),
        ({"ExtendedStatistic": "p99"}, "ValidationError"),
        ({"Namespace": None}, "MissingParameter"),
        ({"Threshold": None}, "MissingParameter"),
        ({"Metrics": [{"Id": "a", "Expression": "b"}]}, "ValidationError"),
    ],
)
def test_an_alarm_that_is_none_is_refused(cloudwatch: Any, changes: Json, code: str) -> None:
    asked = {key: value for key, value in {**ALARM, **changes}.items() if value is not None}
    assert refusal(cloudwatch.put_metric_alarm, **asked)[0] == code


@pytest.mark.parametrize("rule", [" ", "ALARM(nobody)", 'ALARM("own") XOR OK("own")', "TRUE"])
def test_an_alarm_on_others_needs_them(cloudwatch: Any, rule: str) -> None:
    cloudwatch.put_metric_alarm(**ALARM)
    code, _ = refusal(cloudwatch.put_composite_alarm, AlarmName="both", AlarmRule=rule)
    assert code in {"ValidationError", "MissingParameter"}


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        (
            "set_alarm_state",
            {"AlarmName": "x", "StateValue": "OK", "StateReason": "r"},
            "ResourceNotFound",
        ),
        (
            "set_alarm_state",
            {"AlarmName": "x", "StateValue": "HM", "StateReason": "r"},
            "ValidationError",
        ),
        ("delete_alarms", {"AlarmNames": ["x"]}, "ResourceNotFound"),
        ("enable_alarm_actions", {"AlarmNames": ["x"]}, "ResourceNotFound"),
        ("describe_alarms", {"NextToken": "x"}, "InvalidNextToken"),
        (
            "describe_alarms",
            {"AlarmNames": ["x"], "AlarmNamePrefix": "x"},
            "InvalidParameterCombination",
        ),
    ],
)
def test_alarms_that_are_not_there_or_make_no_sense_are_refused(
    cloudwatch: Any, operation: str, arguments: Json, code: str
) -> None:
    assert refusal(getattr(cloudwatch, operation), **arguments)[0] == code


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        ([], "1 to 500"),
        ([{"Id": "a"}], "exactly one"),
        ([stat("Median")], "Median"),
        ([{"Id": "r", "Expression": "b + 1"}], "Error in expression"),
        ([{"Id": "r", "Expression": "SEARCH('x')"}], "Error in expression"),
        ([{**stat(), "MetricStat": {"Metric": AGE, "Period": 7, "Stat": "Sum"}}], "period"),
    ],
)
def test_a_query_that_is_none_is_refused(
    cloudwatch: Any, clock: ManualClock, queries: list[Json], words: str
) -> None:
    put(cloudwatch, clock, 1.0)
    moment = datetime.fromtimestamp(clock.now(), UTC)
    asked = {"StartTime": moment - timedelta(hours=1), "EndTime": moment + timedelta(minutes=1)}
    clock.advance(30)
    code, message = refusal(cloudwatch.get_metric_data, MetricDataQueries=queries, **asked)
    assert code == "ValidationError"
    assert words in message


def test_a_range_that_goes_backwards_is_refused(cloudwatch: Any, clock: ManualClock) -> None:
    moment = datetime.fromtimestamp(clock.now(), UTC)
    asked = {"StartTime": moment, "EndTime": moment, "MetricDataQueries": [stat()]}
    assert refusal(cloudwatch.get_metric_data, **asked)[0] == "ValidationError"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (rule("at(2026-13-45T00:00)"), "ValidationError"),
        (rule("soon"), "ValidationError"),
        (rule("rate(1 hour)"), "ValidationError"),
        (rule("at(2026-12-01T00:00)", "1h"), "ValidationError"),
        (rule("at(2026-12-01T00:00)", "P"), "ValidationError"),
        (rule("at(2026-12-01T00:00)", "P15DT1M"), "ValidationError"),
        (rule("at(2026-12-01T00:00)", zone="Nowhere/Land"), "ValidationError"),
        (
            rule("at(2026-12-01T00:00)", MuteTargets={"AlarmNames": ["nobody"]}),
            "ResourceNotFoundException",
        ),
    ],
)
def test_a_rule_that_is_none_is_refused(cloudwatch: Any, changes: Json, code: str) -> None:
    assert refusal(cloudwatch.put_alarm_mute_rule, **changes)[0] == code
