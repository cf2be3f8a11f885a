"""What is told of a change, and when: a table in which every row is a sentence."""

from typing import Any

import pytest

from bot.catalog import Catalog
from bot.domain.change import FINAL, Change, ChangeKind, ChangeState, Origin
from bot.domain.mark import MarkKind, MarkPhase, release_of, wanted_at_begin, wanted_at_end
from bot.domain.plan import Revision
from tests.changes.builders import NOW, a_change, a_plan

S = ChangeState
K = MarkKind
EVERYTHING = {"cloudfront", "sentry", "pagerduty", "grafana"}


def a_catalog(named: set[str] = EVERYTHING) -> Catalog:
    """A catalogue whose service has these beside it."""
    here = {
        "cloudfront": {"cloudfront": {"distribution": "E2CREDLINK"}},
        "grafana": {"grafana": {"dashboard": "credlink-prod"}},
    }
    of_service: dict[str, Any] = {
        "sentry": {"sentry": {"organization": "credlink", "project": "api-gw"}},
        "pagerduty": {"pagerduty": {"service": "PCREDLNK"}},
    }
    place = {
        "account": "222222222222",
        "region": "us-east-1",
        "cluster": "credlink-prod",
        "ecs_service": "credlink-api",
    }
    for name in named & here.keys():
        place.update(here[name])
    service: dict[str, Any] = {"environments": {"prod": place}}
    for name in named & of_service.keys():
        service.update(of_service[name])
    return Catalog.model_validate({"people": {}, "services": {"credlink-api": service}})


def begun(state: ChangeState = S.ROLLING_OUT, **said: Any) -> Change:
    """A change whose rollout began."""
    return a_change(state=state, started_at=NOW, plan=a_plan(), **said)


def at_end(change: Change, named: set[str] = EVERYTHING) -> set[MarkKind]:
    return set(wanted_at_end(a_catalog(named), change))


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (S.SUCCEEDED, {K.GRAFANA_END, K.CLOUDFRONT, K.SENTRY, K.PAGERDUTY}),
        (S.ROLLED_BACK, {K.GRAFANA_END, K.CLOUDFRONT, K.PAGERDUTY}),
        (S.FAILED, {K.GRAFANA_END, K.PAGERDUTY}),
        (S.SUPERSEDED, {K.GRAFANA_END, K.PAGERDUTY}),
        (S.UNPROVEN, {K.GRAFANA_END, K.PAGERDUTY}),
        (S.CANCELLED, {K.GRAFANA_END}),
    ],
)
def test_what_is_told_depends_on_how_a_change_ended(state: ChangeState, wanted: set[MarkKind]):
    assert at_end(begun(state)) == wanted


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_change_that_never_began_a_rollout_is_told_to_nobody(state: ChangeState):
    assert at_end(a_change(state=state)) == set()
    assert wanted_at_begin(a_catalog(), a_change(state=state)) == ()


def test_a_beginning_is_told_to_grafana_alone():
    assert wanted_at_begin(a_catalog(), begun()) == (K.GRAFANA_BEGIN,)
    assert wanted_at_begin(a_catalog(EVERYTHING - {"grafana"}), begun()) == ()


@pytest.mark.parametrize("state", sorted(frozenset(ChangeState) - FINAL))
def test_nothing_that_goes_on_is_told_as_ended(state: ChangeState):
    assert at_end(begun(state)) == set()


@pytest.mark.parametrize(
    "said", [{"is_dry_run": True}, {"origin": Origin.OUTSIDE}, {"environment": "gone"}]
)
def test_rehearsals_and_what_others_made_are_told_to_nobody(said: dict[str, Any]):
    assert at_end(begun(S.SUCCEEDED, **said)) == set()
    assert wanted_at_begin(a_catalog(), begun(**said)) == ()


@pytest.mark.parametrize(
    ("missing", "kind"),
    [
        ("cloudfront", K.CLOUDFRONT),
        ("sentry", K.SENTRY),
        ("pagerduty", K.PAGERDUTY),
        ("grafana", K.GRAFANA_END),
    ],
)
def test_only_what_the_catalogue_names_is_told(missing: str, kind: MarkKind):
    told = at_end(begun(S.SUCCEEDED), EVERYTHING - {missing})

    assert told == at_end(begun(S.SUCCEEDED)) - {kind}


def test_a_rollback_that_succeeded_is_a_deploy_of_what_runs_now():
    back = begun(S.SUCCEEDED, kind=ChangeKind.ROLLBACK, version=None)

    assert K.SENTRY in at_end(back)
    assert release_of(back) == "v1.2.0"


def test_a_restart_releases_nothing_and_no_edge_has_to_forget():
    again = begun(S.SUCCEEDED, kind=ChangeKind.RESTART)

    assert at_end(again) == {K.GRAFANA_END, K.PAGERDUTY}
    assert at_end(begun(S.ROLLED_BACK, kind=ChangeKind.RESTART)) == {K.GRAFANA_END, K.PAGERDUTY}
    assert wanted_at_begin(a_catalog(), again) == (K.GRAFANA_BEGIN,)


def test_what_has_no_version_is_no_release():
    wanted = Revision(task_definition="arn:aws:ecs:x:1:task-definition/api:7", image="api@sha256:4")
    nameless = a_change(state=S.SUCCEEDED, started_at=NOW, version=None, plan=a_plan(wanted=wanted))

    assert release_of(nameless) is None
    assert K.SENTRY not in at_end(nameless)


def test_every_kind_is_of_one_phase_and_names_its_system():
    assert [kind for kind in K if kind.phase is MarkPhase.BEGIN] == [K.GRAFANA_BEGIN]
    assert {kind.system for kind in K} == {"Grafana", "CloudFront", "Sentry", "PagerDuty"}
