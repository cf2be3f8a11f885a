"""`/credlink alarms`, from the words to the card, and mutes from the gate to the audit."""

import math
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.answers.alarms import GatherAlarms
from bot.answers.muting import MuteAlarms, rule_name
from bot.cards.alarms import alarms as draw
from bot.catalog import Catalog
from bot.domain.question import QuestionKind
from bot.errors import Conflict, NotAllowed, NotKnown
from bot.storage.database import Database
from bot.world import World
from commands import alarms
from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from sandbox.aws import seeded_alarms
from sandbox.aws.calls import Fault, access_denied
from sandbox.aws.server import AwsWorld
from sandbox.clock import ManualClock
from sandbox.seeds import MAIN_ACCOUNT
from tests.answers.looking import ALICE, BOB, MALLORY, Desk, told

GROUP = "/ecs/credlink-api"
ALARM = "credlink-prod-rds-connections"
NOT_OFFERED = Fault("cloudwatch:ListAlarmMuteRules", times=9, code="UnknownOperationException")


def a_catalog() -> Catalog:
    def place(**said: str) -> dict[str, str]:
        return {
            "account": MAIN_ACCOUNT,
            "region": "us-east-1",
            "cluster": "c",
            "ecs_service": "s",
            **said,
        }

    environments = {"prod": place(alarms="credlink-prod-"), "staging": place()}
    return Catalog.model_validate(
        {
            "people": {
                "deployers": {"group": "S0DEPLOY", "may": {"prod": ["alarms"]}},
                "approvers": {"group": "S0APPROVE", "may": {"prod": ["alarms", "mute"]}},
            },
            "services": {"credlink-api": {"environments": environments}},
        }
    )


@pytest.fixture
def aws() -> Iterator[AwsWorld]:
    """AWS with the sandbox's alarms; of these one has no data and the others are OK."""
    with AwsWorld.in_process(ManualClock(), environments=[]) as world:
        world.client("logs").create_log_group(logGroupName=GROUP)
        seeded_alarms.seed(world.watch(MAIN_ACCOUNT), GROUP, cpu_until=math.inf)
        world.calls.clear()
        yield world


@pytest.fixture
async def desk(sqlite: Database, aws: AwsWorld) -> AsyncIterator[Desk]:
    accounts, catalog = Accounts(AwsConnection(attempts=1)), a_catalog()
    world = World(
        database=sqlite,
        catalog=catalog,
        aws=accounts,
        now=lambda: datetime.fromtimestamp(aws.clock.now(), UTC),
    )
    made = Desk(world, QuestionKind.ALARMS, GatherAlarms(world), draw)
    made.run = partial(
        alarms.run,
        ask=made.ask,
        mute=MuteAlarms(world=world, asking=made.ask),
        how="Write it so.",
        catalog=catalog,
    )
    yield made
    await made.ask.stop()
    await accounts.aclose()


@pytest.fixture
def mute(desk: Desk) -> MuteAlarms:
    return MuteAlarms(world=desk.world, asking=desk.ask)


def fires(aws: AwsWorld) -> None:
    """The database runs out of connections."""
    seeded_alarms.hold_connections(aws.watch(MAIN_ACCOUNT), 195.0)
    advance(aws, 60)


def advance(aws: AwsWorld, seconds: float) -> None:
    assert isinstance(aws.clock, ManualClock)
    aws.clock.advance(seconds)


def muted(aws: AwsWorld) -> dict[str, str]:
    """The alarms that rules name, with the rules' descriptions."""
    rules = aws.watch(MAIN_ACCOUNT).mute_rules.values()
    return {name: rule.raw["Description"] for rule in rules for name in rule.alarms}


async def test_what_fires_stands_first_and_its_metric_is_drawn_with_the_threshold(desk, aws):
    fires(aws)

    await desk.types("alarms prod")

    card = await desk.card()
    assert card.startswith("🔴 1 alarm firing in prod")
    assert "195 in the last period · Maximum DatabaseConnections above 180" in card
    assert "queue-age: no data since" in card
    assert "🟢 OK: 5xx, " in card
    [picture] = await desk.thread()
    assert picture.startswith("Chart of rds-connections, which watches Maximum Database")
    assert "195 now" in picture


async def test_an_alarm_is_drawn_by_its_name_and_one_on_others_says_that_it_cannot_be(desk, aws):
    await desk.types("alarms prod cpu-high")
    assert "🟢 cpu-high is OK in prod" in await desk.card()
    assert "Average CPUUtilization above 85 %" in (await desk.thread())[0]

    advance(aws, 1)
    await desk.types("alarms prod degraded")
    assert "follows other alarms: nothing of its own to draw" in await desk.card()

    advance(aws, 1)
    await desk.types("alarms prod error-ratio")
    assert "an expression of metrics above 5" in await desk.card()


async def test_a_missing_permission_is_named_and_nothing_is_said_to_be_fine(desk, aws):
    aws.faults.add(access_denied("cloudwatch:DescribeAlarms"))

    await desk.types("alarms prod")

    card = await desk.card()
    assert card.startswith("⚪ Alarms not known in prod")
    assert "lacks cloudwatch:DescribeAlarms" in card


async def test_without_the_metric_the_states_are_told_and_why_nothing_is_drawn(desk, aws):
    fires(aws)
    aws.faults.add(access_denied("cloudwatch:GetMetricData"))

    await desk.types("alarms")

    card = await desk.card()
    assert "🔴 1 alarm firing" in card
    assert "Not drawn: the metric could not be read (lacks cloudwatch:GetMetricData" in card


async def test_where_aws_knows_no_mute_rules_the_card_says_so_and_has_no_button(desk, aws):
    fires(aws)
    aws.faults.add(NOT_OFFERED)

    await desk.types("alarms prod")

    card = await desk.message()
    assert "this AWS endpoint knows no mute rules" in await desk.card()
    assert not any("accessory" in block for block in card.blocks)


async def test_whoever_may_not_see_alarms_is_told_so(desk):
    with pytest.raises(NotAllowed, match="may see the alarms of credlink-api in prod"):
        await desk.types("alarms prod", by=MALLORY)


async def test_an_alarm_is_muted_by_command_shown_with_by_whom_and_audited(desk, aws):
    said = await desk.types('alarms prod mute rds-connections for 2h "moving the db"', by=BOB)

    assert f"*{ALARM}* is muted until" in said
    assert muted(aws) == {ALARM: "muted by U0BOB0001: moving the db"}
    card = await desk.card()
    assert "rds-connections is OK, muted in prod" in card
    assert "by @U0BOB0001: “moving the db”" in card
    before, after = await desk.audited()
    assert [(e.act, e.outcome) for e in (before, after)] == [("mute", "accepted"), ("mute", "done")]
    assert after.detail["alarm"] == ALARM
    assert after.detail["reason"] == "moving the db"


async def test_an_alarm_speaks_again_by_command(desk, aws):
    await desk.types('alarms prod mute 5xx for 2h "x"', by=BOB)

    said = await desk.types("alarms prod unmute 5xx", by=BOB)

    assert "calls people again" in said
    assert muted(aws) == {}
    assert [e.act for e in await desk.audited()] == ["mute", "mute", "unmute", "unmute"]


async def test_a_dry_run_says_what_would_be_and_changes_nothing(desk, aws):
    said = await desk.types('alarms prod mute 5xx for 2h "x" --dry-run', by=BOB)

    assert said.startswith("Dry run, nothing was changed.")
    assert aws.writes == []
    assert await desk.audited() == []


async def test_whoever_may_not_mute_is_refused_and_that_is_audited(desk, aws):
    with pytest.raises(NotAllowed, match="may mute the alarms of credlink-api in prod"):
        await desk.types('alarms prod mute 5xx for 2h "x"', by=ALICE)

    [denied] = await desk.audited()
    assert (denied.actor, denied.act, denied.outcome) == (ALICE.id, "mute", "denied")
    assert aws.writes == []


@pytest.mark.parametrize(
    ("typed", "error", "said"),
    [
        ('mute rds-connectoins for 2h "x"', NotKnown, "did you mean credlink-prod-rds-conn"),
        ("unmute rds-connections", Conflict, "is not muted"),
    ],
)
async def test_what_cannot_be_muted_is_said_and_nothing_is_changed(desk, aws, typed, error, said):
    with pytest.raises(error, match=said):
        await desk.types(f"alarms prod {typed}", by=BOB)

    assert aws.writes == []


async def test_where_aws_knows_no_mute_rules_muting_is_refused_with_another_way(desk, aws):
    aws.faults.add(Fault("cloudwatch:PutAlarmMuteRule", code="UnknownOperationException"))

    with pytest.raises(Conflict, match="knows no mute rules, so nothing was changed"):
        await desk.types('alarms prod mute 5xx for 2h "x"', by=BOB)

    assert [e.outcome for e in await desk.audited()] == ["accepted", "failed"]


async def test_a_rule_that_was_made_elsewhere_is_left_alone(desk, aws):
    aws.client("cloudwatch").put_alarm_mute_rule(
        Name="nights",
        Rule={"Schedule": {"Expression": "cron(0 22 * * *)", "Duration": "PT8H"}},
        MuteTargets={"AlarmNames": [ALARM]},
    )

    with pytest.raises(Conflict, match="muted by the rule nights, which was not made here"):
        await desk.types("alarms prod unmute rds-connections", by=BOB)

    assert list(aws.watch(MAIN_ACCOUNT).mute_rules) == ["nights"]


async def test_by_button_an_alarm_is_muted_for_an_hour_and_the_card_says_so(desk, aws, mute):
    fires(aws)
    await desk.types("alarms prod")
    press = await desk.press("Mute 1 h", by=BOB)

    said = await told(await mute.press_mute(press))

    assert "is muted until" in said
    assert muted(aws) == {ALARM: "muted by U0BOB0001"}
    card = await desk.card()
    assert "🔴 1 alarm firing in prod" in card
    assert "muted until" in card
    await told(await mute.press_unmute(await desk.press("Unmute", by=BOB)))
    assert muted(aws) == {}


async def test_the_gate_is_asked_at_the_press(desk, aws, mute):
    fires(aws)
    await desk.types("alarms prod")

    with pytest.raises(NotAllowed):
        await mute.press_mute(await desk.press("Mute 1 h", by=ALICE))

    assert muted(aws) == {}


async def test_a_button_of_a_card_that_was_asked_anew_does_nothing(desk, aws, mute):
    fires(aws)
    await desk.types("alarms prod")
    old = await desk.press("Mute 1 h", by=BOB)
    await desk.ask.again(await desk.press("Refresh"))

    assert "This has changed" in await told(await mute.press_mute(old))
    assert muted(aws) == {}


async def test_two_presses_are_one_act(desk, aws, mute):
    fires(aws)
    await desk.types("alarms prod")
    press = await desk.press("Mute 1 h", by=BOB)
    first, second = await mute.press_mute(press), await mute.press_mute(press)

    await told(first)
    assert await told(second) == "This has been asked for already."

    assert len([call for call in aws.writes if call.operation == "PutAlarmMuteRule"]) == 1


def test_every_alarm_has_a_rule_of_its_own_whatever_its_name():
    names = ["a b", "a-b", "x" * 255, "x" * 254 + "y", "ä/ö"]

    rules = {rule_name(name) for name in names}

    assert len(rules) == len(names)
    assert all(len(rule) <= 255 and rule.isascii() for rule in rules)
