"""`/credlink health` in the simulator's AWS: what is asked, and who is named when silent."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.answers.health.addresses import Addresses
from bot.catalog import SentryProject
from bot.changes.observe import Observe
from bot.domain.alert import Severity
from bot.domain.card import Place as MessagePlace
from bot.domain.health import Part, read
from bot.domain.place import places
from bot.errors import NotAllowed, NotKnown
from bot.storage.database import Database
from bot.world import World
from integrations.alertmanager.client import AlertmanagerClient
from integrations.alertmanager.models import Silence
from integrations.aws.accounts import Accounts
from integrations.aws.client import AwsConnection
from integrations.aws.models import READ_ONLY_FIELDS
from integrations.errors import Unavailable
from integrations.prometheus.client import PrometheusClient
from sandbox.aws.calls import access_denied
from sandbox.aws.seeds import EU, PROD
from sandbox.aws.server import AwsWorld
from sandbox.clock import RealClock
from sandbox.seeds import SERVICE
from tests.answers.health_desk import (
    ADDRESSES,
    MALLORY,
    WITHIN_S,
    Desk,
    Monitoring,
    a_catalog,
    an_alert,
)


@pytest.fixture(scope="module")
def one_aws() -> Iterator[AwsWorld]:
    """One for all: it takes a while to make, and most tests only read. The last one deploys."""
    with AwsWorld.in_process(RealClock(), environments=[PROD, EU]) as world:
        yield world


@pytest.fixture(scope="module")
def to_aws(one_aws: AwsWorld) -> Iterator[AwsConnection]:
    """One for all, with boto3's clients, which take a while to make as well."""
    made = AwsConnection(attempts=1)
    yield made
    asyncio.run(made.aclose())


@pytest.fixture
def aws(one_aws: AwsWorld) -> AwsWorld:
    one_aws.faults.clear()
    return one_aws


@pytest.fixture
def monitoring() -> Monitoring:
    return Monitoring()


@pytest.fixture
async def desk(
    aws: AwsWorld, to_aws: AwsConnection, monitoring: Monitoring, sqlite: Database
) -> AsyncIterator[Desk]:
    accounts = Accounts(to_aws)
    world = World(
        database=sqlite,
        catalog=a_catalog(),
        aws=accounts,
        now=lambda: datetime.now(UTC),
        prometheus=cast(PrometheusClient, monitoring),
        alertmanager=cast(AlertmanagerClient, monitoring),
    )
    await Observe(world)()
    made = Desk(world)
    yield made
    await made.ask.stop()
    for place in places(world.catalog):
        await accounts.account(place.config.region, place.config.role).ecs.aclose()


async def test_a_place_that_is_well(desk: Desk, aws: AwsWorld):
    before = len(aws.calls)

    said = await desk.says("prod")

    assert "🟢 prod healthy · credlink-api v1.1.9" in said
    assert "*tasks* 4 of 4 (zones a1 b2 c1) · *targets* 4 healthy · *scaling* 3–10" in said
    assert "*errors* 0.1 % (bad above 1 %)" in said
    assert "budget 90 % left of 30 d" in said
    assert "*alerts* none" in said
    asked = [call.operation for call in aws.calls[before:] if call.service != "sts"]
    assert asked.count("DescribeServices") == 1  # the targets' question is joined to the tasks'
    assert len(asked) == 5 + asked.count("DescribeTargetHealth") - 1


async def test_every_figure_leads_to_its_source_and_no_password_goes_with_it(desk: Desk):
    await desk.says("prod")

    (found,) = read(desk.question.found or {})
    pages = {**found.links, "errors": found.slos[0].url}
    console = "https://us-east-1.console.aws.amazon.com"
    assert pages["tasks"].startswith(f"{console}/ecs/v2/clusters/credlink-prod/services/")
    assert pages["targets"].startswith(f"{console}/ec2/home?region=us-east-1#TargetGroup:")
    assert pages["errors"].startswith("http://prometheus:9090/graph?g0.expr=errors")
    assert pages["alerts"].startswith("http://alertmanager:9093/#/alerts?filter=")


async def test_alerts_are_those_of_the_place_or_of_no_service_at_all(
    desk: Desk, monitoring: Monitoring
):
    until = datetime.now(UTC) + timedelta(hours=1)
    monitoring.firing = (
        an_alert("HighLatency", "warning"),
        an_alert("HighErrorRatio"),
        an_alert("HighErrorRatio", fingerprint="2"),
        an_alert("DiskFull", state="suppressed", silenced_by=("s1",)),
        an_alert("Noise", state="suppressed", inhibited_by=("HighErrorRatio",)),
    )
    monitoring.silences = (
        Silence(id="s1", matchers=(), starts_at=until, ends_at=until, created_by="a", comment=""),
    )

    said = await desk.says("prod")

    assert r"env=prod service=~credlink\-api|" in monitoring.asked
    assert "*HighErrorRatio fires 2 times · HighLatency fires*" in said
    assert "silenced 1: DiskFull until" in said
    (found,) = read(desk.question.found or {})
    assert found.alerts is not None
    assert [one.severity for one in found.alerts.firing] == [Severity.CRITICAL, Severity.WARNING]
    assert found.alerts.inhibited == 1


async def test_no_data_is_said_as_such_and_never_fine(desk: Desk, monitoring: Monitoring):
    monitoring.value = monitoring.mean = None

    said = await desk.says("prod")

    assert "⚪ prod not known · credlink-api v1.1.9" in said
    assert "errors: no data" in said
    assert "budget no data" in said


async def test_a_dead_prometheus_is_named_and_the_rest_is_told(desk: Desk, monitoring: Monitoring):
    desk.use(replace(desk.world, alertmanager=None))
    monitoring.fails = Unavailable("prometheus", "query_range", "no connection, or it was cut")

    said = await desk.says("prod")

    assert "⚪ prod not known" in said
    assert "⚪ *Prometheus* did not say: no connection, or it was cut" in said
    assert "*tasks* 4 of 4" in said
    assert "none that I was told of" in said


async def test_without_a_prometheus_the_queries_of_the_catalogue_are_not_taken_for_fine(
    desk: Desk,
):
    desk.use(replace(desk.world, prometheus=None))

    said = await desk.says("prod")

    assert "⚪ prod not known" in said
    assert "⚪ *Prometheus* did not say: the bot has no address of it" in said


async def test_what_hangs_costs_its_time_and_nothing_else(desk: Desk, monitoring: Monitoring):
    monitoring.takes_s, desk.within_s = 10 * WITHIN_S, WITHIN_S
    began = time.monotonic()

    said = await desk.says("prod")
    took_s = time.monotonic() - began

    assert "⚪ *Prometheus* did not answer within 0.6 s" in said
    assert "⚪ *Alertmanager* did not answer within 0.6 s" in said
    assert WITHIN_S <= took_s < WITHIN_S + 0.5
    ((shown_at, so_far),) = desk.so_far
    assert shown_at - began < 0.8 * WITHIN_S
    assert so_far.tasks is not None  # what has answered is shown while others are waited for
    assert so_far.is_awaited(Part.SLOS)


async def test_targets_are_asked_about_although_ecs_refuses_where_the_catalogue_knows_the_group(
    desk: Desk, aws: AwsWorld
):
    aws.faults.add(access_denied("DescribeServices", times=9))
    unknown = await desk.says("prod")
    desk.use(replace(desk.world, catalog=a_catalog(target_group="credlink-prod-tg")))

    known = await desk.says("prod")

    assert "did not say: ECS did not say which target groups the service has" in unknown
    assert "*targets* 4 healthy" in known
    assert "*tasks* ⚪ unknown (4 of 4 seen" in known
    assert "*ECS* refuses: the bot lacks `ecs:DescribeServices`" in known


async def test_a_missing_permission_is_named_and_costs_its_part_alone(desk: Desk, aws: AwsWorld):
    aws.faults.add(access_denied("DescribeTargetHealth", times=5))
    aws.faults.add(access_denied("ListTasks", times=5))

    said = await desk.says("prod")

    assert (
        "*Elastic Load Balancing* refuses: "
        "the bot lacks `elasticloadbalancing:DescribeTargetHealth`" in said
    )
    assert "*ECS* refuses: the bot lacks `ecs:ListTasks`" in said
    assert "*tasks* 4 of 4" in said
    assert "⚪ prod not known" in said


async def test_an_environment_without_autoscaling_and_without_queries(desk: Desk, aws: AwsWorld):
    scaling = aws.client("application-autoscaling", EU.account)
    scaling.deregister_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{EU.cluster}/{SERVICE}",
        ScalableDimension="ecs:service:DesiredCount",
    )

    said = await desk.says("eu")

    assert "🟢 eu healthy" in said
    assert "*scaling* none, the count is fixed" in said
    assert "*SLOs* none in the catalogue" in said


async def test_a_service_that_is_not_there_is_not_well(desk: Desk):
    catalog = a_catalog(ecs_service="gone")
    desk.use(replace(desk.world, catalog=catalog))

    said = await desk.says("prod")

    assert "🟢" not in said
    assert "*ECS* did not say: there is no service" in said


async def test_alarms_are_those_of_the_prefix_and_one_without_data_is_not_fine(
    desk: Desk, aws: AwsWorld
):
    desk.use(replace(desk.world, catalog=a_catalog(alarms="prod-")))
    cloudwatch = aws.client("cloudwatch", PROD.account)
    for name, state in (("prod-5xx", "ALARM"), ("prod-cpu", "OK"), ("eu-cpu", "ALARM")):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="m",
            Namespace="n",
            Period=60,
            EvaluationPeriods=1,
            Statistic="Sum",
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="so")

    raised = await desk.says("prod")
    cloudwatch.set_alarm_state(
        AlarmName="prod-5xx", StateValue="INSUFFICIENT_DATA", StateReason="so"
    )
    silent = await desk.says("prod")

    assert "🟠 prod needs a look" in raised
    assert "*alarm prod-5xx*" in raised
    assert "1 OK" in raised
    assert "eu-cpu" not in raised
    assert "⚪ prod not known" in silent
    assert "*alarm prod-5xx has lost its data*" in silent
    assert "*alarms* 1 OK, ⚪ 1 without data (prod-5xx)" in silent


async def test_without_words_every_place_has_a_line_for_one_call_to_ecs_each(
    desk: Desk, aws: AwsWorld
):
    before = len(aws.calls)

    said = await desk.says()

    assert "🟢 All 2 places healthy" in said
    assert "🟢 *prod*  credlink-api *v1.1.9* · 4 of 4 tasks · errors 0.1 % · no alert" in said
    assert "🟢 *eu*  credlink-api *v1.1.9* · 2 of 2 tasks · no alert" in said
    calls = [call.operation for call in aws.calls[before:] if call.service == "ecs"]
    assert calls == ["DescribeServices"] * 2  # two clusters


async def test_a_budget_of_which_little_was_measured_says_so(desk: Desk, monitoring: Monitoring):
    monitoring.counted = 2.0

    said = await desk.says("prod")

    assert "budget 90 % left of the 2 h measured" in said


async def test_without_words_an_alarm_that_fires_is_not_healthy(desk: Desk, aws: AwsWorld):
    desk.use(replace(desk.world, catalog=a_catalog(alarms="credlink-prod-")))
    aws.client("cloudwatch", PROD.account).set_alarm_state(
        AlarmName="credlink-prod-5xx", StateValue="ALARM", StateReason="so"
    )

    said = await desk.says()

    assert "🟠 1 of 2 places needs a look" in said
    assert "↳ alarm credlink-prod-5xx" in said


async def test_where_nobody_evaluates_rules_no_alert_means_nothing(
    desk: Desk, monitoring: Monitoring
):
    monitoring.fails_for, monitoring.fails = "vector", Unavailable("prometheus", "query", "is gone")

    said = await desk.says("eu")

    assert "⚪ eu not known" in said
    assert "alert rules unknown" in said
    assert "*Prometheus*" in said


async def test_what_was_asked_wrongly_or_by_others_is_refused(desk: Desk):
    with pytest.raises(NotKnown, match=r"no environment pord \(did you mean prod\?\)"):
        await desk.says("pord")
    with pytest.raises(NotKnown, match=r"did you mean credlink-api\?"):
        await desk.says("prod", "credlink-apo")
    with pytest.raises(NotAllowed):
        await desk.says(by=MALLORY)


def test_addresses_that_there_are_none_of_are_no_links():
    nowhere = Addresses.of(prometheus=None, alertmanager="", grafana=None, sentry=None, slack="")

    assert nowhere.graph("up") == ""
    assert nowhere.alerts({"env": "prod"}) == ""
    assert nowhere.issues(SentryProject(organization="o", project="p"), "v1") == ""
    assert nowhere.card(MessagePlace("C1", "1.2")) == ""
    assert ADDRESSES.card(None) == ""
    assert (
        ADDRESSES.card(MessagePlace("C1", "17.002"))
        == "https://example.slack.com/archives/C1/p17002"
    )
    found = ADDRESSES.issues(SentryProject(organization="o", project="p"), "v1")
    assert found == (
        "http://sentry/organizations/o/issues/"
        "?query=is%3Aunresolved+project%3Ap+first-release%3A%22v1%22"
    )


async def test_a_version_that_cannot_be_looked_up_is_called_by_its_revision(
    desk: Desk, aws: AwsWorld
):
    ecs = aws.client("ecs", PROD.account)
    running = ecs.describe_services(cluster=PROD.cluster, services=[SERVICE])["services"][0]
    raw = ecs.describe_task_definition(taskDefinition=running["taskDefinition"])["taskDefinition"]
    again = {name: value for name, value in raw.items() if name not in READ_ONLY_FIELDS}
    made = ecs.register_task_definition(**again)
    newer = made["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=PROD.cluster, service=SERVICE, taskDefinition=newer)
    aws.faults.add(access_denied("DescribeTaskDefinition", times=5))

    said = await desk.says("prod")

    assert "🔵 prod changing · credlink-api credlink-api:2" in said
    assert "*credlink-api:2 is rolling out*" in said
    assert "*tasks* 4 of 4" in said
