"""The card of an alert group in each of its states, and in the face of hostile words."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.alert import ACKNOWLEDGE, RESOLVE, AlertView, card, headline
from bot.cards.alert_lines import alert_lines
from bot.cards.alert_thread import (
    alerts_entries,
    joined_entries,
    resolved_entry,
    worse_entries,
)
from bot.cards.blocks import Message
from bot.cards.change_buttons import ROLL_BACK
from bot.cards.incident_news import moved_entry
from bot.cards.links import link
from bot.cards.responding import MENU
from bot.cards.silence_words import END, FORM
from bot.cards.suspects import NOT_THIS, THIS_WAS_IT
from bot.domain.alert import Alert, AlertGroup, Condition, GroupState, Peak, Severity
from bot.domain.change import ChangeState
from bot.domain.evidence.on_call import SOURCE as ON_CALL
from bot.domain.finding import CHART, Finding, Phase
from bot.domain.incident import (
    IncidentStatus,
    Moved,
    PagerDutyIncident,
    Responder,
    Response,
    ResponseKind,
    ResponseState,
)
from bot.domain.mended import Mended
from bot.domain.oncall import Level, OnCall, Shift
from bot.domain.silence import Covering, Silence, SilenceState
from bot.domain.silence.matchers import read
from bot.domain.suspects import Deed, DeedKind, Onset, Verdict, rank
from bot.domain.unit import Unit
from sandbox.workspace.blockkit.surfaces import MESSAGE_CHARACTERS
from tests.cards.golden import assert_golden
from tests.changes.builders import NOW, a_change, a_plan, a_rollout
from tests.domain.test_alert import a_group, an_incident

ONSET = datetime(2026, 11, 23, 14, 33, tzinfo=UTC)
CAROL = Responder("PUCAROL", "Carol Méndez", slack_id="U0CAROL01")
STRANGER = Responder("PUX", "Sam <!channel>")
EVIL = "<!channel> <@U0MALLORY> <https://evil.example|x> & `*_~"
RATIO = Condition("errors / requests", ">", 0.01, unit=Unit.RATIO)


def an_alert(fingerprint: str = "a1", **labels: str) -> Alert:
    return Alert(
        fingerprint=fingerprint,
        starts_at=ONSET,
        labels={
            "alertname": "HighErrorRatio",
            "env": "prod",
            "service": "credlink-api",
            "severity": "critical",
            **labels,
        },
        annotations={
            "summary": "4.2 % of requests fail",
            "runbook_url": "https://runbooks.example/errors?a=1&b=2",
        },
        source_url="http://prometheus.example/graph?g0.expr=x",
        value=0.042,
    )


def firing(**said) -> AlertGroup:
    return a_group(
        **{
            "started_at": ONSET,
            "condition": RATIO,
            "value": 0.042,
            "normal": 0.001,
            "peak": Peak(0.042, ONSET),
            **said,
        }
    )


def a_view(group: AlertGroup, **said) -> AlertView:
    return AlertView(
        **{
            "group": group,
            "alerts": (an_alert(),),
            "now": ONSET + timedelta(minutes=6),
            **said,
        }
    )


def the_incident(status: IncidentStatus = IncidentStatus.TRIGGERED, **said) -> PagerDutyIncident:
    return an_incident(status, ONSET, assignees=("Carol Méndez",), **said)


def asked(state: ResponseState, why: str = "", kind=ResponseKind.ACKNOWLEDGE) -> Response:
    return Response(
        id="r1",
        group_id="g1",
        incident_id="P1",
        kind=kind,
        by="U0CAROL01",
        email="carol@credlink.example",
        asked_at=ONSET,
        state=state,
        why=why,
    )


DEPLOY = a_change(
    state=ChangeState.SUCCEEDED, plan=a_plan(), started_at=ONSET - timedelta(minutes=2)
)
ROLLBACK = Mended("rollback to v1.1.9", ONSET + timedelta(minutes=12))
AN_ONSET = Onset(
    fired_at=ONSET,
    environment="prod",
    service="credlink-api",
    turned_at=ONSET - timedelta(minutes=1),
)
SUSPECT = Deed(
    kind=DeedKind.DEPLOY,
    id="change-1",
    name="deploy of v1.2.0 <!channel>",
    environment="prod",
    service="credlink-api",
    began_at=ONSET - timedelta(minutes=3),
    settled_at=ONSET - timedelta(minutes=1),
    by="U0ALICE01",
    version="v1.2.0",
    new_issues=2,
    traffic=100.0,
    firings_before=1,
)
RESTARTED = replace(
    SUSPECT,
    kind=DeedKind.RESTART,
    id="change-0",
    name="restart of v1.1.9",
    began_at=ONSET - timedelta(hours=2),
    settled_at=ONSET - timedelta(hours=2),
    by=None,
    version=None,
    new_issues=None,
)
PAYMENTS = replace(
    RESTARTED, kind=DeedKind.SCALING, id="s1", name="scaling 3–10 → 2–10", service="payments"
)
BY_CAROL = Verdict(is_cause=True, by="U0CAROL01", at=ONSET + timedelta(minutes=2))
MISSING = Finding(
    source="chart",
    phase=Phase.ONSET,
    missing="No chart: Prometheus did not answer within 8 s.",
    found_at=ONSET,
)
ACKNOWLEDGED = the_incident(
    IncidentStatus.ACKNOWLEDGED,
    acknowledged_by=CAROL,
    acknowledged_at=ONSET + timedelta(minutes=3),
)
OVER = firing(
    state=GroupState.RESOLVED,
    state_revision=3,
    peak=Peak(0.051, ONSET + timedelta(minutes=6)),
    resolved_at=ONSET + timedelta(minutes=14),
    acknowledged_at=ONSET + timedelta(minutes=3),
)
BY_BOB = Silence(
    id="5b3f7e2a-0000",
    alertmanager_id="5b3f7e2a-0000",
    is_ours=False,
    state=SilenceState.LIVE,
    matchers=read('alertname="HighErrorRatio", env="prod"'),
    starts_at=ONSET,
    ends_at=ONSET + timedelta(hours=3),
    created_by="bob <!channel>",
    reason="deploying <v2>",
)
VIEWS = {
    "firing": a_view(
        firing(),
        incidents=(the_incident(),),
        picture="F0CHART",
        ranking=rank(AN_ONSET, [SUSPECT, RESTARTED, PAYMENTS]),
        change=DEPLOY,
        way_back="v1.1.9",
    ),
    "suspect_blamed": a_view(
        firing(state_revision=2),
        ranking=rank(AN_ONSET, [replace(SUSPECT, verdict=BY_CAROL), PAYMENTS]),
        change=DEPLOY,
        way_back="v1.1.9",
    ),
    "suspect_cleared": a_view(
        firing(state_revision=2),
        ranking=rank(AN_ONSET, [replace(SUSPECT, verdict=replace(BY_CAROL, is_cause=False))]),
    ),
    "nothing_explains_it": a_view(firing(), ranking=rank(AN_ONSET, [RESTARTED, PAYMENTS])),
    "nothing_was_changed": a_view(firing(), ranking=rank(AN_ONSET, [])),
    "just_begun": a_view(firing(normal=None)),
    "several": a_view(
        firing(truncated=3),
        alerts=tuple(an_alert(f"a{n}", instance=f"10.0.0.{n}:9090") for n in range(7)),
    ),
    "warning_unrouted": a_view(
        firing(severity=Severity.WARNING, is_routed=False, occurrence=3, mention="S0DEPLOY"),
        findings=(MISSING,),
    ),
    "no_query": a_view(
        firing(
            condition=None,
            condition_note="No chart: the alert does not carry its query.",
            value=None,
            peak=None,
            normal=None,
        )
    ),
    "missing": a_view(
        firing(
            condition=Condition("up", note="Look for gaps.", is_absence=True),
            value=1.0,
            peak=Peak(1.0, ONSET),
            normal=1.0,
        ),
    ),
    "resolved_not_measured_yet": a_view(
        OVER,
        findings=(Finding(source=CHART, phase=Phase.ONSET, picture="chart onset", found_at=ONSET),),
    ),
    "acknowledging": a_view(
        firing(state_revision=2),
        incidents=(the_incident(),),
        response=asked(ResponseState.PENDING),
    ),
    "not_acknowledged": a_view(
        firing(state_revision=3),
        incidents=(the_incident(),),
        response=asked(
            ResponseState.FAILED,
            "PagerDuty did not allow it (HTTP 403). Nothing has changed there.",
        ),
    ),
    "acknowledged": a_view(
        firing(state=GroupState.ACKNOWLEDGED, state_revision=2, value=0.039),
        incidents=(ACKNOWLEDGED,),
    ),
    "silenced": a_view(
        firing(), incidents=(the_incident(),), silences=(Covering(BY_BOB, frozenset({"a1"})),)
    ),
    "silenced_in_part": a_view(
        firing(),
        alerts=(an_alert("a1", instance="10.0.0.1"), an_alert("a2", instance="10.0.0.2")),
        silences=(Covering(replace(BY_BOB, by="U0BOB0001"), frozenset({"a0", "a1"})),),
    ),
    "shared_incident": a_view(
        firing(), incidents=(the_incident(),), shared_with=("HighLatencyP95", "LowTraffic")
    ),
    "incident_resolved": a_view(
        firing(state_revision=2),
        incidents=(the_incident(IncidentStatus.RESOLVED, resolved_by=STRANGER),),
    ),
    "resolved": a_view(
        OVER,
        incidents=(replace(ACKNOWLEDGED, status=IncidentStatus.RESOLVED, resolved_by=None),),
        picture="F0CHART",
        change=DEPLOY,
        mended=ROLLBACK,
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_golden_the_card_in_each_state(name: str):
    assert_golden(card(VIEWS[name]), f"alert_{name}")


def test_the_first_post_names_nobody_as_the_one_who_did_it_since_that_would_call_them():
    edited = VIEWS["firing"]
    first = replace(edited, is_posted=False)

    assert "by <@U0ALICE01>" in str(card(edited).blocks)
    assert "<@U0ALICE01>" not in str(card(first).blocks)
    assert "likely cause*  deploy of v1.2.0" in str(card(first).blocks)


@pytest.mark.parametrize("name", VIEWS)
def test_the_first_line_is_short_and_has_its_word_beside_the_mark(name: str):
    line = headline(VIEWS[name].group)

    assert len(line) < 80
    assert any(word in line for word in ("critical", "warning", "Resolved"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("firing", [ACKNOWLEDGE, RESOLVE, FORM, MENU, THIS_WAS_IT, NOT_THIS, ROLL_BACK]),
        ("suspect_blamed", [FORM, NOT_THIS, ROLL_BACK]),
        ("suspect_cleared", [FORM]),
        ("nothing_explains_it", [FORM]),
        ("just_begun", [FORM]),
        ("acknowledging", [FORM]),
        ("not_acknowledged", [ACKNOWLEDGE, RESOLVE, FORM, MENU]),
        ("acknowledged", [RESOLVE, FORM, MENU]),
        ("incident_resolved", [FORM]),
        ("silenced", [ACKNOWLEDGE, RESOLVE, END, MENU]),
        ("resolved", []),
    ],
)
def test_a_button_is_there_only_while_it_would_do_something(name: str, expected: list[str]):
    assert actions_of(card(VIEWS[name])) == expected


def actions_of(shown: Message) -> list[str]:
    return [
        element["action_id"]
        for block in shown.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@pytest.mark.parametrize("name", VIEWS)
def test_nothing_from_outside_is_markup_wherever_it_stands(name: str):
    view = VIEWS[name]
    evil = replace(
        view,
        group=replace(
            view.group,
            name=EVIL,
            service=EVIL,
            environment=EVIL,
            mention=None,
            condition=Condition(EVIL, ">", 1.0, note=EVIL),
            condition_note=EVIL,
        ),
        alerts=tuple(
            replace(
                an_alert(f"a{n}", **{EVIL: EVIL + str(n)}),
                annotations={"summary": EVIL, "runbook": EVIL},
                source_url=f"https://x.example/{EVIL}",
            )
            for n in range(3)
        ),
        incidents=tuple(
            replace(i, number=None, id=EVIL, url="https://x|y>" + EVIL, assignees=(EVIL,))
            for i in view.incidents
        ),
        response=view.response and replace(view.response, why=EVIL),
        findings=(replace(MISSING, missing=EVIL, note=EVIL),),
        shared_with=(EVIL,),
    )
    group = evil.group

    entries = [
        *alerts_entries(group, evil.alerts),
        *joined_entries(group, 1, evil.alerts[:1]),
        *worse_entries(Severity.WARNING, group, 1, evil.alerts),
        resolved_entry(replace(group, resolved_at=ONSET)),
        moved_entry(
            the_incident(IncidentStatus.ACKNOWLEDGED, acknowledged_by=STRANGER),
            (Moved.STATUS,),
            None,
        ),
    ]
    for shown in (card(evil), *entries):
        for text in mrkdwn_of(shown):
            for markup in ("<!channel>", "<@U0MALLORY>", "<https://evil", "<https://x"):
                assert markup not in text
    assert any("&lt;!channel&gt;" in text for text in mrkdwn_of(card(evil)))


def mrkdwn_of(shown: Message) -> list[str]:
    """Every text of a message that Slack reads as markup."""
    found = [shown.text]

    def walk(part) -> None:
        if isinstance(part, dict):
            if part.get("type") == "mrkdwn":
                found.append(part["text"])
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list | tuple):
            for inner in part:
                walk(inner)

    walk(shown.blocks)
    return found


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://a|b",
        "https://a>b",
        "",
        "//a",
        "https://",
        "http://[",
        "x" * 9,
    ],
)
def test_what_is_no_address_is_no_link(address: str):
    assert link(address, "Runbook <1>") == "Runbook &lt;1&gt;"


def test_an_address_keeps_its_query():
    assert link("https://a.example/?b=1&c=2", "x|y") == "<https://a.example/?b=1&amp;c=2|x¦y>"


def test_a_huge_group_stays_within_what_slack_takes():
    alerts = tuple(
        an_alert(f"a{n}", **{f"label{m}": f"{n} & " * 100 for m in range(60)}) for n in range(500)
    )

    shown = card(a_view(firing(name="n" * 500), alerts=alerts))
    entries = alerts_entries(firing(), alerts)

    assert len(entries) == 5
    for message in (shown, *entries):
        assert len(message.blocks) <= 50
        assert all(len(text) <= 3000 for text in mrkdwn_of(message)[1:])
        assert sum(map(len, mrkdwn_of(message)[1:])) < MESSAGE_CHARACTERS
    lines = sum(text.count("• ") for entry in entries for text in mrkdwn_of(entry))
    assert f"\nand {500 - lines} more, not listed here" in mrkdwn_of(entries[-1])[-1]


def test_three_hundred_instances_are_all_listed_in_the_thread():
    alerts = tuple(an_alert(f"a{n}", instance=f"10.0.{n // 250}.{n % 250}") for n in range(300))

    [entry] = alerts_entries(firing(), alerts)

    said = "\n".join(mrkdwn_of(entry)[1:])
    assert entry.text == "300 alerts firing"
    assert all(f"instance={alert.labels['instance']} ·" in said for alert in alerts)
    assert "not listed" not in said


def test_the_worst_instances_stand_on_the_card():
    values = [0.02, 0.09, None, 0.04, float("nan"), 0.5, 0.03]
    alerts = tuple(
        replace(an_alert(f"a{n}", instance=str(n)), value=value) for n, value in enumerate(values)
    )

    lines = alert_lines(firing(condition=RATIO), alerts)

    assert [line.split(" ")[1] for line in lines[:5]] == [f"instance={n}" for n in (5, 1, 3, 6, 0)]
    lower = firing(condition=replace(RATIO, operator="<"))
    assert [line.split(" ")[1] for line in alert_lines(lower, alerts)[:2]] == [
        "instance=0",
        "instance=6",
    ]


def test_many_short_lines_are_not_more_blocks_than_slack_takes():
    alerts = tuple(an_alert(f"a{n}", i=str(n)) for n in range(1000))

    entries = alerts_entries(firing(), alerts)

    assert [entry.text.rpartition(", ")[2] for entry in entries] == [
        "part 1 of 3",
        "part 2 of 3",
        "part 3 of 3",
    ]
    assert all(len(entry.blocks) <= 50 for entry in entries)
    assert "not shown" not in json.dumps([entry.blocks for entry in entries])


def test_a_name_may_neither_hide_where_it_is_nor_turn_the_text_round():
    group = firing(name="\u202eevil\n" + "n" * 10_000, service="s" * 10_000)

    head = card(a_view(group)).blocks[0]["text"]["text"]

    assert head.endswith(" in prod · critical")
    assert len(head) <= 150
    assert "\n" not in head
    assert "\u202e" not in json.dumps(card(a_view(group)).blocks, ensure_ascii=False)


def test_the_way_back_from_the_change_before_it_stands_beside_the_alert():
    deployed = a_change(
        state=ChangeState.SUCCEEDED,
        state_revision=6,
        plan=a_plan(),
        rollout=a_rollout(),
        started_at=NOW,
        finished_at=NOW,
    )

    def labels(**said) -> list[str]:
        shown = card(a_view(firing(), **said))
        return [
            element["text"]["text"]
            for block in shown.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        ]

    assert "Roll back to v1.1.9" in labels(change=deployed, way_back="v1.1.9")
    assert "Roll back to v1.1.9" not in labels(change=deployed)
    held = replace(deployed, state=ChangeState.HELD, steady_at=NOW)
    assert "Roll back" in labels(change=held, way_back="v1.1.9")
    going = replace(deployed, state=ChangeState.ROLLING_BACK)
    assert labels(change=going, way_back="v1.1.9") == labels()


@pytest.mark.parametrize(
    ("on_call", "incidents", "is_shown"),
    [
        pytest.param(("Carol Méndez",), ("Carol Méndez",), False, id="who is paged is on call"),
        pytest.param(("Carol Méndez",), ("Bob", "Carol Méndez"), False, id="and another is paged"),
        pytest.param(("Dave",), ("Carol Méndez",), True, id="another one is paged"),
        pytest.param(("Carol Méndez", "Dave"), ("Carol Méndez",), True, id="one of two is paged"),
        pytest.param((), ("Carol Méndez",), True, id="nobody is on call"),
        pytest.param(("Carol Méndez",), None, True, id="nobody is paged"),
    ],
)
def test_who_is_on_call_is_said_once(
    on_call: tuple[str, ...], incidents: tuple[str, ...] | None, is_shown: bool
):
    current = tuple(Shift(level=1, person=person) for person in on_call)
    found = Finding(
        source=ON_CALL,
        phase=Phase.ONSET,
        said=OnCall(levels=(Level(level=1, current=current),)),
        found_at=ONSET,
    )
    paged = () if incidents is None else (replace(the_incident(), assignees=incidents),)

    shown = mrkdwn_of(card(a_view(firing(), findings=(found,), incidents=paged)))

    assert any("*on call*" in text for text in shown) is is_shown
    assert any("nobody is on call" in text for text in shown) is (on_call == ())
