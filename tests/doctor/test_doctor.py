"""`credlink doctor` against a whole world: every fault is named with what to correct."""

import time
from pathlib import Path

import pytest

from bot import doctor
from bot.__main__ import MISCONFIGURED, main
from bot.catalog_file import load
from bot.doctor import examine
from bot.settings import read_settings
from sandbox import seeds
from sandbox.aws.calls import Fault, access_denied
from sandbox.workspace.client import WorkspaceClient
from sandbox.world import CATALOG, World
from tests.doctor.examining import (
    ACCOUNTS,
    AROUND,
    BOARDS,
    CLOUDFRONT,
    GROUPS,
    NOBODY,
    PLACE,
    QUEUE,
    SLOS,
    findings,
    over_http,
    wrong,
)
from tests.integrations.vendor import Says, Vendor


@pytest.mark.asyncio(loop_scope="module")
async def test_a_world_in_order_is_well_and_says_what_it_found(
    world: World, capsys: pytest.CaptureFixture[str]
):
    status = await doctor.run(world.environment())

    said = capsys.readouterr().out
    assert status == 0, said
    assert "✗" not in said
    for found in (
        "✓ configuration: ",
        "1 service in 3 places",
        "✓ database: SQLite",
        f"✓ Slack: {world.workspace.url}/, every scope granted",
        "✓ Slack's Socket Mode: a connection is granted",
        "credlink-prod/credlink-api runs 4 tasks",
        "credlink-staging/credlink-api runs 2 tasks",
        "✓ Slack's user groups: deployers has 3, approvers has 2",
        "✓ AWS around it, credlink-api in prod: scaled between 3 and 10 tasks; alarms are read; "
        "/ecs/credlink-api is searched",
        "✓ AWS around it, credlink-api in staging: scaled by nobody",
        "✓ events queue, credlink-api in prod: credlink-ecs lets us receive",
        "✓ topic credlink-database: its alarms are those of credlink-api in prod",
        "✓ Prometheus: answers",
        "✓ SLO queries, credlink-api in prod: 6 of 6 give data",
        "✓ PagerDuty: 1 webhook subscription active",
        "✓ pipelines: their issuer gives 1 key; tokens must be made for ",
        "✓ Sentry, credlink-api: credlink/api-gw can be read",
        "✓ Grafana, credlink-api in prod: dashboard ",
        ", annotations can be read",
        "✓ PagerDuty's change events: a routing key for credlink-api, proved by the first change",
        "All is well.",
    ):
        assert found in said


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("variable", "names", "remedy"),
    [
        (
            "SLACK_BOT_TOKEN",
            {"Slack", GROUPS},
            "SLACK_BOT_TOKEN: the Bot User OAuth Token (xoxb-…)",
        ),
        (
            "SLACK_APP_TOKEN",
            {"Slack's Socket Mode"},
            "SLACK_APP_TOKEN: an app-level token (xapp-…)",
        ),
        ("PAGERDUTY_TOKEN", {"PagerDuty"}, "Check PAGERDUTY_TOKEN."),
        ("GRAFANA_TOKEN", BOARDS, "annotations:create and annotations:write."),
        ("SENTRY_TOKEN", {"Sentry, credlink-api"}, "Check SENTRY_TOKEN: "),
    ],
)
async def test_a_refused_token_is_named_with_where_to_find_a_good_one(
    world: World,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    names: set[str],
    remedy: str,
):
    mode = "socket" if variable == "SLACK_APP_TOKEN" else "http"
    status = await doctor.run(over_http(world, SLACK_MODE=mode, **{variable: "xoxb-1-hush"}))

    said = capsys.readouterr().out
    assert status == doctor.UNHEALTHY
    lines = [line for line in said.splitlines() if line.startswith("✗")]
    assert {line[2:].partition(": ")[0] for line in lines} == names
    assert all(remedy in line for line in lines)
    assert said.endswith(f"{len(names)} to mend.\n")
    for secret in (
        "hush",
        seeds.BOT_TOKEN,
        seeds.APP_TOKEN,
        seeds.PAGERDUTY_TOKEN,
        seeds.PAGERDUTY_ROUTING_KEY,
    ):
        assert secret not in said


@pytest.mark.asyncio(loop_scope="module")
async def test_being_asked_too_often_is_not_taken_for_a_wrong_address(world: World):
    async with WorkspaceClient(world.workspace.url) as people:
        await people.fault("ratelimited", method="auth.test")

    said = wrong(await findings(world))

    assert said == {"Slack": "auth.test: ratelimited. Look again in a minute."}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_missing_scope_is_named_with_how_to_be_granted_it(world: World):
    async with WorkspaceClient(world.workspace.url) as people:
        await people.fault("remove_scope", scope="files:write")
    try:
        said = wrong(await findings(world))
    finally:
        world.workspace.app.scopes.add("files:write")

    assert set(said) == {"Slack"}
    assert "lacks files:write. Update the app from manifest.yml and install it" in said["Slack"]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("written", "meant", "name", "says"),
    [
        (
            '"123456789012"',
            '"999999999999"',
            "AWS, credlink-api in staging",
            "of account 123456789012, and the catalogue says 999999999999. Name a `role`",
        ),
        (
            "cluster: credlink-prod",
            "cluster: credlink-production",
            "AWS, credlink-api in prod",
            f"Check `cluster`, `ecs_service` and `region` of {PLACE}.",
        ),
        (
            "dashboard: credlink-prod",
            "dashboard: lost",
            "Grafana, credlink-api in prod",
            f"Check `grafana` of {PLACE}.",
        ),
        (
            "grafana: {dashboard: credlink-prod}",
            "grafana: {dashboard: credlink-prod, panel: 1, panels: {HighErrorRatio: 77, X: 2}}",
            "Grafana, credlink-api in prod",
            f"dashboard 'CredLink prod' has no panel 77. Correct `grafana` of {PLACE}.",
        ),
        (
            "organization: credlink",
            "organization: lost",
            "Sentry, credlink-api",
            "Check `sentry` of services.credlink-api.",
        ),
    ],
)
async def test_a_name_that_leads_nowhere_is_traced_to_its_key_in_the_catalogue(
    world: World, tmp_path: Path, written: str, meant: str, name: str, says: str
):
    catalog = tmp_path / "credlink.yml"
    catalog.write_text(CATALOG.read_text().replace(written, meant))

    said = wrong(await findings(world, catalog))

    assert set(said) == {name}
    assert says in said[name]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("variable", "address", "names"),
    [
        ("SLACK_API_URL", f"{NOBODY}/api/", {"Slack", GROUPS}),
        ("PROMETHEUS_URL", NOBODY, {"Prometheus", *SLOS}),
        ("ALERTMANAGER_URL", NOBODY, {"Alertmanager"}),
        ("GRAFANA_URL", NOBODY, {"Grafana", *BOARDS}),
        ("PAGERDUTY_API_URL", NOBODY, {"PagerDuty"}),
        ("SENTRY_URL", NOBODY, {"Sentry, credlink-api"}),
        ("AWS_ENDPOINT_URL", NOBODY, {*ACCOUNTS, *AROUND, CLOUDFRONT, QUEUE}),
        ("DATABASE_URL", "postgresql://bot:hush@127.0.0.1:9/credlink", {"database"}),
        ("DATABASE_URL", "sqlite:///:memory:", {"database"}),
    ],
)
async def test_an_address_nobody_answers_at_is_traced_to_its_variable(
    world: World, variable: str, address: str, names: set[str]
):
    said = wrong(await findings(world, **{variable: address}))

    assert set(said) == names
    for sentence in said.values():
        assert variable in sentence
        assert "hush" not in sentence


@pytest.mark.asyncio(loop_scope="module")
async def test_an_address_that_never_answers_is_named_within_the_time_and_holds_no_other_up(
    world: World,
):
    catalog = load(CATALOG)
    async with Vendor() as silent:
        silent.says(Says(never=True))
        variables = over_http(world, GRAFANA_URL=silent.url, PROMETHEUS_URL=silent.url)
        began = time.monotonic()
        found = await examine(catalog, read_settings(variables, catalog), within_s=4)
        took_s = time.monotonic() - began

    said = wrong(found)
    assert set(said) == {"Prometheus", "Grafana", *BOARDS, *SLOS}
    assert said["Prometheus"] == "no answer within 4 s. Check PROMETHEUS_URL, and the way there."
    assert took_s < 8


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("distribution", "says"),
    [("E2CREDLINK", None), ("E0NOTHING", f"Check `cloudfront` of {PLACE}.")],
)
async def test_a_distribution_is_found_without_invalidating_anything(
    world: World, tmp_path: Path, distribution: str, says: str | None
):
    catalog = tmp_path / "credlink.yml"
    catalog.write_text(CATALOG.read_text().replace("E2CREDLINK", distribution))

    said = {finding.name: finding for finding in await findings(world, catalog)}

    found = said[CLOUDFRONT]
    assert found.ok is (says is None)
    assert (says or f"distribution {distribution}") in found.said
    assert [call for call in world.aws.calls if call.operation == "CreateInvalidation"] == []


@pytest.mark.asyncio(loop_scope="module")
async def test_every_permission_that_is_missing_around_a_service_is_named_at_once(world: World):
    lacking = ("cloudwatch:DescribeAlarms", "application-autoscaling:DescribeScalingActivities")
    for permission in lacking:
        world.aws.faults.add(access_denied(permission, times=3))
    try:
        said = wrong(await findings(world))
    finally:
        world.aws.faults.clear()

    assert set(said) == AROUND
    for words in said.values():
        assert words == (
            f"lacks {lacking[1]}; lacks {lacking[0]}. Grant what docs/integrations.md lists."
        )


@pytest.mark.asyncio(loop_scope="module")
async def test_an_endpoint_that_knows_no_mute_rules_is_well_all_the_same(world: World):
    unknown = Fault("ListAlarmMuteRules", code="UnknownOperationException", status=404, times=3)
    world.aws.faults.add(unknown)
    try:
        assert wrong(await findings(world)) == {}
    finally:
        world.aws.faults.clear()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_routing_key_of_no_service_is_named_without_repeating_it(world: World):
    said = wrong(await findings(world, PAGERDUTY_ROUTING_KEYS="hush=credlink-api"))

    assert set(said) == {"PagerDuty's change events"}
    assert "It is written service=key, for credlink-api." in said["PagerDuty's change events"]
    assert "hush" not in said["PagerDuty's change events"]


@pytest.mark.asyncio(loop_scope="module")
async def test_webhooks_that_are_closed_or_not_subscribed_to_are_named(world: World):
    closed = wrong(
        await findings(world, ALERTMANAGER_WEBHOOK_TOKEN="", PAGERDUTY_WEBHOOK_SECRETS="")
    )
    subscriptions, world.pagerduty.subscriptions[:] = list(world.pagerduty.subscriptions), []
    try:
        unheard = wrong(await findings(world))
    finally:
        world.pagerduty.subscriptions[:] = subscriptions

    assert closed == {
        "Alertmanager's webhook": "closed: set ALERTMANAGER_WEBHOOK_TOKEN, and the same in "
        "Alertmanager's receiver.",
        "PagerDuty's webhook": "closed: set PAGERDUTY_WEBHOOK_SECRETS to the subscription's "
        "secret.",
    }
    late = await findings(world, SENTRY_CLIENT_SECRETS="")
    [said] = [finding.said for finding in late if finding.name == "Sentry's webhook"]
    assert said.startswith("closed: without SENTRY_CLIENT_SECRETS")
    assert wrong(late) == {}
    assert set(unheard) == {"PagerDuty"}
    assert "Make one in PagerDuty for <the bot>/webhooks/pagerduty." in unheard["PagerDuty"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("services: {a: {environments: {prod: {clutser: x}}}}", "Did you mean `cluster`?"),
        (None, "or say where it is with CREDLINK_CONFIG"),
    ],
)
def test_a_catalogue_that_cannot_be_used_ends_the_command_with_its_own_status(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str | None,
    says: str,
):
    catalog = tmp_path / "credlink.yml"
    if text is not None:
        catalog.write_text(text)
    monkeypatch.setenv("CREDLINK_CONFIG", str(catalog))

    status = main(["doctor"])

    said = capsys.readouterr()
    assert status == MISCONFIGURED
    assert said.out == ""
    assert f"{catalog}" in said.err
    assert says in said.err


def test_a_variable_that_is_missing_ends_the_command_with_its_own_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("CREDLINK_CONFIG", str(CATALOG))
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)

    assert main(["doctor"]) == MISCONFIGURED
    assert "SLACK_BOT_TOKEN is not set" in capsys.readouterr().err
