"""CloudWatch: alarms follow their metrics, and everything is refused as AWS refuses it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.aws import calls
from sandbox.aws.alarms import JUDGED_EVERY_S
from sandbox.aws.seeded_alarms import hold_connections
from sandbox.aws.seeds import PROD
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.credlink_api.lines import LogWriter
from sandbox.seeds import PROD_ACCOUNT, RUNNING_TAG
from tests.sandbox.aws.test_api import refusal

Json = dict[str, Any]

PREFIX = "credlink-prod-"
NAMES = [
    "5xx",
    "cpu-high",
    "degraded",
    "error-ratio",
    "latency-p95",
    "queue-age",
    "rds-connections",
]
BOTH = ["MetricAlarm", "CompositeAlarm"]
AGE = {"Namespace": "Own", "MetricName": "Age", "Dimensions": [{"Name": "Queue", "Value": "q"}]}
ALARM = {
    "AlarmName": "own",
    **AGE,
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 10.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def client(world: AwsWorld) -> Any:
    return world.client("cloudwatch", PROD_ACCOUNT)


def states(client: Any) -> dict[str, str]:
    answer = client.describe_alarms(AlarmNamePrefix=PREFIX, AlarmTypes=BOTH)
    found = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
    return {alarm["AlarmName"].removeprefix(PREFIX): alarm["StateValue"] for alarm in found}


def the_alarm(client: Any, name: str) -> Json:
    (found,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(found)


def put(client: Any, clock: ManualClock, *values: float) -> None:
    now = datetime.fromtimestamp(clock.now(), UTC)
    data = [
        {"MetricName": "Age", "Dimensions": AGE["Dimensions"], "Timestamp": now, "Value": value}
        for value in values
    ]
    client.put_metric_data(Namespace="Own", MetricData=data)


def serve(world: AwsWorld, clock: ManualClock, status: str, *, lines: int = 70) -> None:
    """Have prod answer so many requests with a status within the last seconds."""
    writer = LogWriter(1)
    world.log(
        PROD,
        [
            writer.served(clock.now(), "GET", "/api/v1/cards", status, 0.1, RUNNING_TAG)
            for _ in range(lines)
        ],
    )


def test_prod_begins_with_alarms_that_are_all_quiet(client: Any, clock: ManualClock) -> None:
    found = states(client)
    assert sorted(found) == NAMES
    assert {name: state for name, state in found.items() if state != "OK"} == {
        "queue-age": "INSUFFICIENT_DATA"
    }
    alarm = the_alarm(client, f"{PREFIX}5xx")
    assert alarm["AlarmArn"].endswith(f"{PROD_ACCOUNT}:alarm:{PREFIX}5xx")
    assert alarm["StateTransitionedTimestamp"].timestamp() < clock.now() - 86400
    clock.advance(JUDGED_EVERY_S)
    assert states(client) == found


def test_an_alarm_fires_while_requests_fail_and_takes_another_with_it(
    world: AwsWorld, client: Any, clock: ManualClock
) -> None:
    began = clock.now()
    serve(world, clock, "500")
    clock.advance(30)
    assert (states(client)["5xx"], states(client)["degraded"]) == ("ALARM", "ALARM")
    alarm = the_alarm(client, f"{PREFIX}5xx")
    since = alarm["StateTransitionedTimestamp"].timestamp()
    assert began < since <= began + 2 * JUDGED_EVERY_S  # though nobody looked then
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [")
    assert "was greater than the threshold (60.0)" in alarm["StateReason"]
    clock.advance(60)
    serve(world, clock, "200")
    clock.advance(10)
    assert (states(client)["5xx"], states(client)["degraded"]) == ("OK", "OK")


def test_the_database_is_held_at_a_level_by_hand(
    world: AwsWorld, client: Any, clock: ManualClock
) -> None:
    clock.advance(10)
    hold_connections(world.watch(PROD_ACCOUNT), 195.0)
    clock.advance(10)
    assert states(client)["rds-connections"] == "ALARM"
    hold_connections(world.watch(PROD_ACCOUNT), None)
    clock.advance(120)
    assert states(client)["rds-connections"] == "OK"


@pytest.mark.parametrize(
    ("treat", "state"),
    [
        ("missing", "INSUFFICIENT_DATA"),
        ("notBreaching", "OK"),
        ("breaching", "ALARM"),
        ("ignore", "ALARM"),
    ],
)
def test_missing_data_is_treated_as_the_alarm_says(
    client: Any, clock: ManualClock, treat: str, state: str
) -> None:
    client.put_metric_alarm(**ALARM, TreatMissingData=treat)
    put(client, clock, 11.0)
    clock.advance(JUDGED_EVERY_S)
    assert the_alarm(client, "own")["StateValue"] == "ALARM"
    clock.advance(120)
    assert the_alarm(client, "own")["StateValue"] == state


@pytest.mark.parametrize(
    ("comparison", "value", "fires"),
    [
        ("GreaterThanThreshold", 10.0, False),
        ("GreaterThanOrEqualToThreshold", 10.0, True),
        ("LessThanThreshold", 10.0, False),
        ("LessThanOrEqualToThreshold", 10.0, True),
    ],
)
def test_a_value_at_the_threshold_is_compared_as_the_alarm_says(
    client: Any, clock: ManualClock, comparison: str, value: float, fires: bool
) -> None:
    client.put_metric_alarm(**{**ALARM, "ComparisonOperator": comparison})
    put(client, clock, value)
    clock.advance(JUDGED_EVERY_S)
    assert (the_alarm(client, "own")["StateValue"] == "ALARM") is fires


def test_so_many_of_the_last_periods_have_to_be_beyond(client: Any, clock: ManualClock) -> None:
    client.put_metric_alarm(**{**ALARM, "EvaluationPeriods": 3}, DatapointsToAlarm=2)
    put(client, clock, 11.0)
    clock.advance(60)
    put(client, clock, 1.0)
    clock.advance(30)
    assert the_alarm(client, "own")["StateValue"] == "OK"
    put(client, clock, 11.0)
    clock.advance(JUDGED_EVERY_S)
    assert the_alarm(client, "own")["StateValue"] == "ALARM"


def test_a_state_set_by_hand_lasts_until_the_alarm_is_judged_again(
    client: Any, clock: ManualClock
) -> None:
    client.set_alarm_state(AlarmName=f"{PREFIX}5xx", StateValue="ALARM", StateReason="a test")
    alarm = the_alarm(client, f"{PREFIX}5xx")
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "a test")
    clock.advance(JUDGED_EVERY_S)
    assert the_alarm(client, f"{PREFIX}5xx")["StateValue"] == "OK"


def test_only_metric_alarms_are_told_to_those_who_name_no_kind(client: Any) -> None:
    answer = client.describe_alarms(AlarmNamePrefix=PREFIX)
    assert len(answer["MetricAlarms"]) == len(NAMES) - 1
    assert answer["CompositeAlarms"] == []
    assert client.describe_alarms(StateValue="INSUFFICIENT_DATA")["MetricAlarms"][0][
        "AlarmName"
    ] == (f"{PREFIX}queue-age")


def test_alarms_come_in_pages(client: Any) -> None:
    pages = client.get_paginator("describe_alarms").paginate(
        AlarmTypes=BOTH, PaginationConfig={"PageSize": 3}
    )
    sizes = [len(page["MetricAlarms"]) + len(page["CompositeAlarms"]) for page in pages]
    assert sizes == [3, 3, 1]


def test_actions_are_switched_and_alarms_are_deleted(client: Any) -> None:
    name = f"{PREFIX}5xx"
    client.disable_alarm_actions(AlarmNames=[name])
    assert the_alarm(client, name)["ActionsEnabled"] is False
    client.enable_alarm_actions(AlarmNames=[name])
    assert the_alarm(client, name)["ActionsEnabled"] is True
    client.delete_alarms(AlarmNames=[name])
    assert client.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_an_alarm_configured_anew_keeps_its_state(client: Any, clock: ManualClock) -> None:
    client.put_metric_alarm(**ALARM)
    put(client, clock, 11.0)
    clock.advance(JUDGED_EVERY_S)
    client.put_metric_alarm(**{**ALARM, "Threshold": 20.0})
    alarm = the_alarm(client, "own")
    assert (alarm["StateValue"], alarm["Threshold"]) == ("ALARM", 20)


def test_an_alarm_on_all_of_others_fires_when_all_do(client: Any, clock: ManualClock) -> None:
    client.put_metric_alarm(**ALARM)
    rule = f'ALARM(own) AND OK("{PREFIX}5xx")'
    client.put_composite_alarm(AlarmName="both", AlarmRule=rule)

    def state() -> str:
        answer = client.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])
        return str(answer["CompositeAlarms"][0]["StateValue"])

    clock.advance(JUDGED_EVERY_S)
    assert state() == "OK"
    put(client, clock, 11.0)
    clock.advance(JUDGED_EVERY_S)
    assert state() == "ALARM"


# Metrics


def data(client: Any, clock: ManualClock, *queries: Json, minutes: int = 10, **more: Any) -> Json:
    end = datetime.fromtimestamp(clock.now(), UTC)
    start = end - timedelta(minutes=minutes)
    answer = client.get_metric_data(
        MetricDataQueries=list(queries), StartTime=start, EndTime=end, **more
    )
    return {result["Id"]: result for result in answer["MetricDataResults"]}


def stat(name: str = "Average", **more: Any) -> Json:
    return {"Id": "a", "MetricStat": {"Metric": AGE, "Period": 60, "Stat": name}, **more}


@pytest.mark.parametrize(
    ("statistic", "value"),
    [
        ("Average", 2.5),
        ("Sum", 10.0),
        ("Minimum", 1.0),
        ("Maximum", 4.0),
        ("SampleCount", 4.0),
        ("p50", 2.0),
        ("p99.9", 4.0),
    ],
)
def test_the_values_of_a_period_are_put_together_by_the_statistic(
    client: Any, clock: ManualClock, statistic: str, value: float
) -> None:
    put(client, clock, 3.0, 1.0, 4.0, 2.0)
    clock.advance(60)
    found = data(client, clock, stat(statistic))["a"]
    assert (found["Values"], found["Label"], found["StatusCode"]) == ([value], "Age", "Complete")
    assert found["Timestamps"][0].timestamp() % 60 == 0


def test_expressions_are_worked_out_where_all_have_a_value(client: Any, clock: ManualClock) -> None:
    put(client, clock, 4.0)
    clock.advance(60)
    put(client, clock, 0.0)
    clock.advance(60)
    ratio = {"Id": "r", "Expression": "100 * a / a", "Label": "itself, %"}
    found = data(client, clock, stat(ReturnData=False), ratio)
    assert list(found) == ["r"]  # of the minute with 0 there is none
    assert (found["r"]["Values"], found["r"]["Label"]) == ([100.0], "itself, %")


def test_a_series_comes_in_pages_in_the_order_asked_for(client: Any, clock: ManualClock) -> None:
    for value in (1.0, 2.0, 3.0):
        put(client, clock, value)
        clock.advance(60)
    assert data(client, clock, stat())["a"]["Values"] == [3, 2, 1]
    ascending = {"ScanBy": "TimestampAscending", "MaxDatapoints": 2}
    first = data(client, clock, stat(), **ascending)["a"]
    assert (first["Values"], first["StatusCode"]) == ([1, 2], "PartialData")
    assert data(client, clock, stat(), **ascending, NextToken="2")["a"]["Values"] == [3]


def test_what_was_written_to_a_group_is_counted(client: Any, clock: ManualClock) -> None:
    metric = {
        "Namespace": "AWS/Logs",
        "MetricName": "IncomingBytes",
        "Dimensions": [{"Name": "LogGroupName", "Value": PROD.log_group}],
    }
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    values = data(client, clock, query, minutes=60)["a"]["Values"]
    assert len(values) in {60, 61}
    assert sum(values) > 500_000


def test_the_load_that_scales_a_service_is_measured(
    world: AwsWorld, client: Any, clock: ManualClock
) -> None:
    world.utilisation = lambda *_: 57.0
    clock.advance(60)
    metric = {
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [
            {"Name": "ServiceName", "Value": "credlink-api"},
            {"Name": "ClusterName", "Value": PROD.cluster},
        ],
    }
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
    assert 57.0 in data(client, clock, query, minutes=2)["a"]["Values"]


# Mute rules


def rule(expression: str, duration: str = "PT1H", zone: str = "UTC", **more: Any) -> Json:
    schedule = {"Expression": expression, "Duration": duration, "Timezone": zone}
    return {
        "Name": "r1",
        "Rule": {"Schedule": schedule},
        "MuteTargets": {"AlarmNames": [f"{PREFIX}5xx"]},
        **more,
    }


def at(clock: ManualClock, minutes: float) -> str:
    moment = datetime.fromtimestamp(clock.now() + minutes * 60, UTC)
    return f"at({moment:%Y-%m-%dT%H:%M})"


def status(client: Any) -> str:
    return str(client.get_alarm_mute_rule(AlarmMuteRuleName="r1")["Status"])


def test_a_rule_is_scheduled_active_and_expired(client: Any, clock: ManualClock) -> None:
    client.put_alarm_mute_rule(**rule(at(clock, 10), Description="INC-7"))
    told = client.get_alarm_mute_rule(AlarmMuteRuleName="r1")
    assert (told["Name"], told["Description"], told["MuteType"]) == ("r1", "INC-7", "ONE_TIME")
    assert told["MuteTargets"]["AlarmNames"] == [f"{PREFIX}5xx"]
    assert told["Status"] == "SCHEDULED"
    clock.advance(660)
    assert status(client) == "ACTIVE"
    clock.advance(3600)
    assert status(client) == "EXPIRED"


def test_a_rule_that_recurs_is_scheduled_until_it_expires(client: Any, clock: ManualClock) -> None:
    expires = datetime.fromtimestamp(clock.now() + 60, UTC)
    client.put_alarm_mute_rule(**rule("cron(0 2 * * SUN)", "P2DT12H", ExpireDate=expires))
    told = client.get_alarm_mute_rule(AlarmMuteRuleName="r1")
    assert (told["MuteType"], told["Status"]) == ("RECURRING", "SCHEDULED")
    clock.advance(61)
    assert status(client) == "EXPIRED"


def test_rules_are_listed_by_alarm_and_status(client: Any, clock: ManualClock) -> None:
    client.put_alarm_mute_rule(**rule(at(clock, 10)))
    client.put_alarm_mute_rule(
        **{**rule(at(clock, -1)), "Name": "r2", "MuteTargets": {"AlarmNames": []}}
    )

    def listed(**arguments: Any) -> list[str]:
        answer = client.list_alarm_mute_rules(**arguments)
        return [one["AlarmMuteRuleArn"][-2:] for one in answer["AlarmMuteRuleSummaries"]]

    assert listed() == ["r1", "r2"]
    assert listed(Statuses=["ACTIVE"]) == ["r2"]
    assert listed(AlarmName=f"{PREFIX}5xx") == ["r1"]
    assert listed(AlarmName="another") == []
    first = client.list_alarm_mute_rules(MaxRecords=1)
    assert listed(MaxRecords=1, NextToken=first["NextToken"]) == ["r2"]


def test_a_rule_put_again_is_replaced_and_deleting_is_idempotent(
    client: Any, clock: ManualClock
) -> None:
    client.put_alarm_mute_rule(**rule(at(clock, 10)))
    client.put_alarm_mute_rule(**rule(at(clock, -1)))
    assert status(client) == "ACTIVE"
    for _ in range(2):
        client.delete_alarm_mute_rule(AlarmMuteRuleName="r1")
    assert refusal(client.get_alarm_mute_rule, AlarmMuteRuleName="r1")[0] == (
        "ResourceNotFoundException"
    )


def test_writes_are_recorded_and_meet_faults_like_any(
    world: AwsWorld, client: Any, clock: ManualClock
) -> None:
    client.put_alarm_mute_rule(**rule(at(clock, 10)))
    client.describe_alarms()
    (written,) = world.writes
    assert (written.operation, written.parameters["Name"]) == ("PutAlarmMuteRule", "r1")
    world.faults.add(calls.access_denied("cloudwatch:PutAlarmMuteRule"))
    code, message = refusal(client.put_alarm_mute_rule, **rule(at(clock, 10)))
    assert code == "AccessDeniedException"
    assert "perform: cloudwatch:PutAlarmMuteRule because" in message
    world.faults.add(calls.throttled("DescribeAlarms"))
    assert refusal(client.describe_alarms)[0] == "ThrottlingException"
