"""The benchmark of watching: what it counts, what Slack would allow, the shape of its figures."""

import asyncio
import dataclasses
from collections.abc import Iterable
from pathlib import Path

import pytest

from benchmarks import watched_counts, watched_ecs_deploy, watched_report
from benchmarks.watched_ecs_deploy import Ran
from benchmarks.watched_fleet import (
    CLUSTER,
    ENVIRONMENT,
    OURS,
    THEIRS,
    Fleet,
    channel_of,
    write_catalog,
)
from benchmarks.watched_report import HEALTHY, Runs
from benchmarks.watched_rollouts import Watched, until
from bot.catalog_file import load
from sandbox.aws.calls import AwsCall
from sandbox.workspace.api import ApiCall

PROMISED = {
    "calls_before",
    "calls_per_second_one",
    "calls_per_second_fifty",
    "end_to_card_s_p50",
    "end_to_card_s_max",
}
BEFORE = ("DescribeServices", "GetRole", "DescribeImages", "RegisterTaskDefinition")


def a_call(at: float, operation: str, *, account: str = OURS, service: str = "ecs") -> AwsCall:
    return AwsCall(at, account, "us-east-1", service, operation, {}, 200)


def a_rollout(began_at: float, *, took_s: float = 20.0, card_s: float = 1.0) -> Watched:
    """One that is asked for 5 s before it begins."""
    return Watched(
        name="svc-01",
        version=HEALTHY,
        asked_at=began_at - 5,
        updated_at=began_at,
        ended_at=began_at + took_s,
        card_at=began_at + took_s + card_s,
        said=f"🟢 Deployed: svc-01 {HEALTHY} → fleet in 20 s",
        runs=HEALTHY,
    )


def some_runs(**others: object) -> Runs:
    """One alone from 100 s on, looked at every 2 s, and three at once from 200 s on."""
    alone, many = a_rollout(100), [a_rollout(200 + number) for number in range(3)]
    calls = [a_call(95.5 + number, name) for number, name in enumerate(BEFORE)]
    calls += [a_call(99.9, "AssumeRole", service="sts"), a_call(100, "UpdateService")]
    calls += [a_call(102 + 2 * number, "DescribeServices") for number in range(10)]
    calls += [a_call(103 + number, "DescribeServices", account=THEIRS) for number in range(20)]
    calls += [a_call(202.5 + number / 2, "DescribeServices") for number in range(30)]
    runs = Runs(
        alone=[alone], theirs=[], at_once=[], many=many, spread=[], calls=calls, slack_calls=[]
    )
    return dataclasses.replace(runs, **others)


def test_the_figures_are_of_the_bots_own_calls_without_verification_and_credentials():
    found = watched_report.figures(some_runs())

    assert PROMISED <= set(found) <= set(watched_report.NOTES)
    assert found["calls_before"] == 3
    assert found["calls_per_second_one"] == pytest.approx(10 / 21)
    assert found["calls_per_second_fifty"] == pytest.approx(30 / 18)
    assert found["fifty_busiest_second"] == 2
    assert found["end_to_card_s_max"] == pytest.approx(1.0)


def test_a_rate_is_noted_exactly_enough_for_its_limit():
    noted = watched_report.notes({"calls_per_second_one": 0.543, "spread_calls_per_second": None})

    assert noted["calls_per_second_one"].startswith("0.543: every call")
    assert noted["spread_calls_per_second"] == watched_report.NOTES["spread_calls_per_second"]


def test_a_round_that_was_left_out_has_no_figure():
    found = watched_report.figures(some_runs())

    assert found["spread_calls_per_second"] is None
    assert found["ecs_deploy_false_successes"] is None


def test_a_success_while_another_version_runs_is_counted_as_false():
    good = Ran(
        version=HEALTHY,
        calls=18,
        seconds=30.0,
        exit_code=0,
        verdict="Deployment successful",
        truth=HEALTHY,
    )
    false = dataclasses.replace(good, version="v1.3.0-crash", truth="v1.1.9")

    found = watched_report.figures(some_runs(theirs=[good, false]))

    assert (found["ecs_deploy_false_successes"], found["false_successes"]) == (1, 0)


def test_every_figure_has_a_note_and_the_tables_name_what_was_counted(
    capsys: pytest.CaptureFixture[str],
):
    runs = some_runs(slack_calls=edits([205.0]))

    watched_report.tell(runs)

    printed = capsys.readouterr().out
    assert "before: DescribeServices, DescribeImages, RegisterTaskDefinition" in printed
    assert "credentials, apart: 1 AssumeRole" in printed
    assert f"🟢 Deployed: svc-01 {HEALTHY} → fleet in 20 s → {HEALTHY}" in printed
    assert "3 at once in 1 channels" in watched_report.rounds(runs)


def edits(moments: Iterable[float]) -> list[ApiCall]:
    return [ApiCall(at, "chat.update", {}, 200) for at in moments]


def test_slack_allows_fifty_edits_at_once_and_then_one_in_1_2_seconds():
    waits = watched_counts.waits_slack_allows([100.0] * 52, [])

    assert waits[:50] == [0.0] * 50
    assert waits[50:] == pytest.approx([1.2, 2.4])


def test_edits_made_before_leave_fewer_for_the_ends():
    before = [100.0] * 50  # a minute's worth, of which six seconds give five back

    waits = watched_counts.waits_slack_allows([106.0] * 6, before)

    assert waits == pytest.approx([0.0] * 5 + [1.2])


def test_what_ecs_deploy_says_is_its_verdict_and_not_what_it_prints_after_it():
    printed = ["Updating service", ".....", "Deployment successful", "Duration: 9 sec", ""]

    assert watched_ecs_deploy.verdict(printed) == "Deployment successful"
    assert watched_ecs_deploy.verdict(["Updating service", "An error", ""]) == "An error"


def test_the_bot_takes_the_catalogue_with_its_own_defaults(tmp_path: Path):
    file = tmp_path / "credlink.yml"
    write_catalog(file, ["svc-01", "svc-06"])

    services = load(file).services
    places = [services[name].environments[ENVIRONMENT] for name in ("svc-01", "svc-06")]

    assert [place.channel for place in places] == [f"#{channel_of('svc-01')[1]}", "#fleet-02"]
    policy = places[0].deploy
    assert (policy.bake.total_seconds(), policy.watch_every.total_seconds()) == (0, 2.2)


async def test_a_healthy_rollout_takes_about_as_long_as_the_fleet_was_told():
    fleet = Fleet({OURS: ["svc-01"]}, rollout_s=1.5)
    await asyncio.to_thread(fleet.start)
    try:
        assert fleet.runs(OURS, "svc-01") == "v1.1.9"
        ecs = fleet.client("ecs", OURS)
        ecs.update_service(cluster=CLUSTER, service="svc-01", forceNewDeployment=True)
        record = fleet.service(OURS, "svc-01").history[-1]

        ended_at = await until(lambda: record.finished_at)

        assert ended_at - record.created_at == pytest.approx(1.5, rel=0.15)
        assert record.status == "SUCCESSFUL"
    finally:
        await asyncio.to_thread(fleet.stop)
