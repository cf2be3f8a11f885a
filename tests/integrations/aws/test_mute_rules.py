from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from integrations.aws.cloudwatch import CloudWatchClient
from integrations.aws.cloudwatch_models import MuteRule
from integrations.aws.mute_rules import NotOffered
from integrations.errors import Forbidden, Rejected

START = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:us-east-1:222222222222:alarm-mute-rule:credlink-1"
LISTED = {"Statuses": ["ACTIVE", "SCHEDULED"], "MaxRecords": 50}


@pytest.fixture
def stub(session):
    with Stubber(session.client("cloudwatch")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def cloudwatch(session):
    return CloudWatchClient(session)


def a_rule(expression="at(2026-11-23T12:01)", duration="PT2H", **said):
    return {
        "Name": "credlink-1",
        "AlarmMuteRuleArn": ARN,
        "Status": "ACTIVE",
        "MuteType": "ONE_TIME",
        "Rule": {"Schedule": {"Expression": expression, "Duration": duration, "Timezone": "UTC"}},
        "MuteTargets": {"AlarmNames": ["credlink-prod-5xx"]},
        **said,
    }


async def listed(cloudwatch, stub, raw):
    summary = {"AlarmMuteRuleArn": ARN, "Status": "ACTIVE"}
    stub.add_response("list_alarm_mute_rules", {"AlarmMuteRuleSummaries": [summary]})
    stub.add_response("get_alarm_mute_rule", raw, {"AlarmMuteRuleName": "credlink-1"})
    [rule] = await cloudwatch.list_mute_rules()
    return rule


async def test_a_rule_says_what_it_mutes_and_until_when(cloudwatch, stub):
    rule = await listed(cloudwatch, stub, a_rule(Description="INC-7"))
    starts_at = datetime(2026, 11, 23, 12, 1, tzinfo=UTC)
    assert rule == MuteRule(
        name="credlink-1",
        arn=ARN,
        status="ACTIVE",
        alarms=("credlink-prod-5xx",),
        description="INC-7",
        schedule="at(2026-11-23T12:01)",
        duration=timedelta(hours=2),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
    )


async def test_a_rule_of_another_zone_is_read_in_utc(cloudwatch, stub):
    raw = a_rule()
    raw["Rule"]["Schedule"]["Timezone"] = "Europe/Berlin"
    rule = await listed(cloudwatch, stub, raw)
    assert rule.starts_at == datetime(2026, 11, 23, 11, 1, tzinfo=UTC)


async def test_a_rule_that_recurs_has_no_end(cloudwatch, stub):
    rule = await listed(
        cloudwatch, stub, a_rule("cron(0 2 * * SUN)", "P2DT12H30M", MuteType="RECURRING")
    )
    assert (rule.is_recurring, rule.starts_at, rule.ends_at) == (True, None, None)
    assert rule.duration == timedelta(days=2, hours=12, minutes=30)


@pytest.mark.parametrize(
    ("expression", "duration", "zone"),
    [
        ("at(2026-13-45T12:01)", "PT2H", "UTC"),
        ("at(2026-11-23T12:01)", "PT2H", "Nowhere/Land"),
        ("something new", "P", "UTC"),
    ],
)
async def test_a_rule_that_cannot_be_read_is_shown_all_the_same(
    cloudwatch, stub, expression, duration, zone
):
    raw = a_rule(expression, duration)
    raw["Rule"]["Schedule"]["Timezone"] = zone
    rule = await listed(cloudwatch, stub, raw)
    assert (rule.name, rule.schedule, rule.ends_at) == ("credlink-1", expression, None)


async def test_a_rule_that_is_gone_by_then_is_left_out(cloudwatch, stub):
    summary = {"AlarmMuteRuleArn": ARN, "Status": "ACTIVE"}
    stub.add_response(
        "list_alarm_mute_rules",
        {"AlarmMuteRuleSummaries": [summary]},
        {**LISTED, "AlarmName": "credlink-prod-5xx"},
    )
    stub.add_client_error("get_alarm_mute_rule", "ResourceNotFoundException", "gone", 404)
    assert await cloudwatch.list_mute_rules(alarm="credlink-prod-5xx") == ()


async def test_a_rule_is_put_in_whole_minutes_and_never_in_the_past(cloudwatch, stub):
    stub.add_response(
        "put_alarm_mute_rule",
        {},
        {
            "Name": "credlink-1",
            "Description": "INC-7",
            "Rule": {
                "Schedule": {
                    "Expression": "at(2026-11-23T12:01)",
                    "Duration": "PT91M",
                    "Timezone": "UTC",
                }
            },
            "MuteTargets": {"AlarmNames": ["a", "b"]},
        },
    )
    await cloudwatch.put_mute_rule(
        "credlink-1",
        ["a", "b", "a"],
        start=START,
        duration=timedelta(minutes=90, seconds=1),
        description="INC-7",
    )


@pytest.mark.parametrize(
    ("alarms", "duration", "words"),
    [
        ([], timedelta(hours=1), "mutes 1 to 100 alarms, not 0"),
        ([str(n) for n in range(101)], timedelta(hours=1), "mutes 1 to 100 alarms, not 101"),
        (["a"], timedelta(seconds=59), "1 minute to 15 days"),
        (["a"], timedelta(days=15, minutes=1), "1 minute to 15 days"),
    ],
)
async def test_a_rule_cloudwatch_could_not_take_asks_nobody(cloudwatch, alarms, duration, words):
    with pytest.raises(ValueError, match=words):
        await cloudwatch.put_mute_rule("credlink-1", alarms, start=START, duration=duration)


async def test_a_rule_is_deleted_by_its_name(cloudwatch, stub):
    stub.add_response("delete_alarm_mute_rule", {}, {"AlarmMuteRuleName": "credlink-1"})
    await cloudwatch.delete_mute_rule("credlink-1")


@pytest.mark.parametrize("code", ["UnknownOperationException", "InvalidAction"])
async def test_an_endpoint_without_mute_rules_says_so(cloudwatch, stub, code):
    stub.add_client_error("list_alarm_mute_rules", code, "", 404)
    with pytest.raises(NotOffered, match="mute rules are not offered at this AWS endpoint"):
        await cloudwatch.list_mute_rules()


async def test_another_refusal_keeps_aws_s_words(cloudwatch, stub):
    stub.add_client_error("put_alarm_mute_rule", "LimitExceededFault", "too many rules", 400)
    with pytest.raises(Rejected, match="too many rules") as raised:
        await cloudwatch.put_mute_rule("r", ["a"], start=START, duration=timedelta(hours=1))
    assert not isinstance(raised.value, NotOffered)


async def test_a_missing_permission_is_named(cloudwatch, stub):
    stub.add_client_error("put_alarm_mute_rule", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks cloudwatch:PutAlarmMuteRule"):
        await cloudwatch.put_mute_rule("r", ["a"], start=START, duration=timedelta(hours=1))
    stub.add_client_error("delete_alarm_mute_rule", "AccessDeniedException", "", 400)
    with pytest.raises(Forbidden, match="lacks cloudwatch:DeleteAlarmMuteRule"):
        await cloudwatch.delete_mute_rule("r")
