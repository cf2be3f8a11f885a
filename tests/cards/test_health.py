"""The card of `health`: of one place, of several, and while nobody has answered yet."""

from datetime import timedelta

import pytest

from bot.cards.answer_card import AGAIN, AnswerView
from bot.cards.blocks import button
from bot.cards.health import card
from bot.domain.alert import Severity
from bot.domain.health import GRAFANA, Health, Part, written
from bot.domain.health.facts import (
    Alarms,
    AlarmSeen,
    Alerts,
    Held,
    Known,
    LastChange,
    NewIssue,
    OnDuty,
    OpenIncident,
    Scaling,
    SilencedAlert,
    SloSeen,
    Targets,
    Tasks,
    Version,
)
from bot.domain.question import Question, QuestionKind
from tests.cards.golden import assert_golden
from tests.changes.builders import ALICE, NEW_DIGEST, NOW
from tests.domain.test_health import an_alert, an_slo

HOUR = timedelta(hours=1)
VERSION = Version(
    name="v1.2.0", digest=NEW_DIGEST, revision="credlink-api:42", since=NOW - 30 * HOUR
)
ZONES = {"us-east-1a": 2, "us-east-1b": 1, "us-east-1c": 1}
CALM = (0.001, 0.0012, 0.001, 0.002, 0.001, 0.001, 0.001, 0.0011, 0.001, 0.001, 0.001, 0.001)
RISEN = (*CALM[:9], 0.004, 0.03, 0.042)
SLOS = (
    an_slo(value=0.001, cells=CALM, has_budget=True, budget_over="30 d", url="https://p.test/e"),
    SloSeen(
        name="latency",
        unit="s",
        value=0.305,
        cells=(0.3,) * 12,
        bad_above=1.0,
        url="https://p.test/l",
    ),
    SloSeen(name="traffic", unit="req/s", value=212.0, cells=(200.0,) * 12, needed=1.0),
)
LINKS = {
    **{part.value: f"https://{part.name.lower()}.test/" for part in Part},
    GRAFANA: "https://grafana.test/d/credlink-prod",
}
CHANGE = LastChange(
    mark="🟢",
    words="Deployed: v1.2.0 in 13 min",
    by=f"by <@{ALICE}>",
    at=NOW - 30 * HOUR,
    url="https://slack.test/archives/C1/p1",
)


def a_health(**said):
    return Health(
        **{
            "service": "credlink-api",
            "environment": "prod",
            "asked_at": NOW,
            "asked": (*Part,),
            "answered": (*Part,),
            "known": Known(version=VERSION, desired=4, running=4, seen_at=NOW, change=CHANGE),
            "tasks": Tasks(version=VERSION, desired=4, running=4, pending=0, rollout="COMPLETED"),
            "zones": ZONES,
            "targets": Targets(states={"healthy": 4}),
            "scaling": Scaling(minimum=3, maximum=10),
            "slos": SLOS,
            "budgets": {"errors": 0.97},
            "alerts": Alerts(silenced=(SilencedAlert("DiskFillsUp", NOW + 4 * HOUR),)),
            "alarms": Alarms(well=3),
            "on_duty": (OnDuty(name="Carol", slack_id="U0CAROL01", until=NOW + 20 * HOUR),),
            "links": LINKS,
            **said,
        }
    )


def a_sick_one():
    return a_health(
        tasks=Tasks(version=VERSION, desired=4, running=3, pending=1, rollout="COMPLETED"),
        targets=Targets(
            states={"healthy": 3, "unhealthy": 1, "draining": 1},
            troubles=("Target.ResponseCodeMismatch Health checks failed with these codes: [503]",),
        ),
        scaling=Scaling(minimum=3, maximum=10, is_suspended=True),
        slos=(an_slo(value=0.042, cells=RISEN, has_budget=True, budget_over="30 d"), *SLOS[1:]),
        budgets={"errors": -0.4},
        alerts=Alerts(
            firing=(
                an_alert(since=NOW - HOUR / 10, acknowledged_by="<@U0CAROL01>", url="https://a.t"),
                an_alert(Severity.WARNING, name="HighLatency", times=2, since=NOW - HOUR / 12),
            )
        ),
        alarms=Alarms(
            well=2,
            raised=(AlarmSeen("prod-5xx", NOW),),
            silent=(AlarmSeen("prod-queue", NOW - 30 * HOUR),),
        ),
        incidents=(
            OpenIncident(
                label="#4711",
                title="HighErrorRatio: 4.2 % of requests fail",
                status="triggered",
                is_severe=True,
                url="https://pd.test/4711",
            ),
        ),
        issues=(
            NewIssue(
                short_id="CRED-812",
                title="TypeError in sign()",
                events=214,
                users=61,
                first_seen_at=NOW - HOUR / 10,
                url="https://sentry.test/812",
            ),
        ),
        known=Known(
            version=VERSION,
            change=CHANGE,
            lock=Held(owner="<@U0BOB0001>", reason="looking into errors", until=NOW + HOUR),
        ),
        buttons=(
            button("Acknowledge", action_id="alert.acknowledge", subject_id="g", revision=1),
            button("Roll back to v1.1.9", action_id="change.rollback", subject_id="c", revision=7),
        ),
    )


def shown(*places, complete=True, round=1):  # noqa: A002  the question's own word
    question = Question(
        id="answer-1",
        kind=QuestionKind.HEALTH,
        asked_by=ALICE,
        asked_at=NOW,
        channel="C0PROD001",
        words={},
        round=round,
        found=written(places) if places else None,
        is_complete=complete,
        completed_at=NOW if complete else None,
    )
    return card(AnswerView(question=question, now=NOW))


def text_of(message):
    return "\n".join([message.text, *(str(block) for block in message.blocks)])


def silent(*parts, why="did not answer within 2 s", **said):
    return {
        "answered": tuple(part for part in Part if part not in parts),
        "silent": dict.fromkeys(parts, why),
        **said,
    }


def test_a_healthy_place_golden():
    assert_golden(shown(a_health()), "health_well")


def test_what_was_cut_off_is_not_looked_at_for_ever():
    cut_off = a_health(answered=(Part.TASKS,), silent={})

    said = text_of(shown(cut_off, complete=True))

    assert "⚪ prod not known" in said
    assert "being looked at" not in said
    assert "was not asked to the end" in said
    assert "being looked at" in text_of(shown(cut_off, complete=False))


def test_a_sick_place_golden():
    assert_golden(shown(a_sick_one()), "health_sick")


def test_two_silent_sources_golden():
    health = a_health(**silent(Part.SLOS, Part.BUDGETS, Part.ISSUES, slos=(), budgets={}))

    assert_golden(shown(health), "health_two_silent")


def test_before_anybody_has_answered_golden():
    health = a_health(
        answered=(), tasks=None, zones={}, targets=None, scaling=None, slos=(), budgets={},
        alerts=None, alarms=None, on_duty=(),
    )  # fmt: skip

    assert_golden(shown(health, complete=False), "health_asking")


def test_all_places_golden():
    elsewhere = a_health(environment="staging", asked=(Part.TASKS, Part.ALERTS), slos=())
    unknown = a_health(environment="eu", **silent(Part.TASKS, Part.SLOS, tasks=None, slos=()))

    assert_golden(shown(a_health(), elsewhere, unknown, a_sick_one()), "health_of_all")


def test_all_places_well_are_said_in_one_line():
    assert shown(a_health(), a_health(environment="eu")).text.startswith("🟢 All 2 places healthy")


def test_a_place_nobody_has_ever_looked_at_says_so():
    nothing = Health(
        service="api", environment="moon", asked_at=NOW, asked=(Part.TASKS,),
        silent={Part.TASKS: "there is no service moon/api"},
    )  # fmt: skip

    said = text_of(shown(nothing))

    assert "⚪ moon not known · api" in said
    assert "*ECS* did not say: there is no service moon/api" in said
    assert "*SLOs* none in the catalogue" in said


def test_the_first_card_and_one_that_never_found_anything():
    assert shown(complete=False).text == "🔵 Looking…"
    assert shown().text == "⚪ Health not known"


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (
            "lacks elasticloadbalancing:DescribeTargetHealth (User: arn:aws:sts::1:x is not …)",
            "refuses: the bot lacks `elasticloadbalancing:DescribeTargetHealth`",
        ),
        ("rate limited", "did not say: rate limited"),
        ("did not answer within 2 s", "did not answer within 2 s"),
    ],
)
def test_who_is_silent_is_named_with_the_reason(why, said):
    health = a_health(**silent(Part.TARGETS, why=why, targets=None))

    assert f"⚪ *Elastic Load Balancing* {said}" in text_of(shown(health))


def test_one_system_is_named_once_however_much_it_was_asked():
    health = a_health(**silent(Part.INCIDENTS, Part.ON_CALL, on_duty=()))

    assert text_of(shown(health)).count("*PagerDuty* did not answer") == 1


def test_an_environment_without_autoscaling_says_that_its_count_is_fixed():
    assert "none, the count is fixed" in text_of(shown(a_health(scaling=None)))


def test_no_data_is_said_as_such_for_a_value_and_for_a_budget():
    nothing = an_slo(value=None, cells=(None,) * 12, has_budget=True, budget_over="30 d")

    said = text_of(shown(a_health(slos=(nothing,), budgets={"errors": None})))

    assert "⚪ not known" not in said
    assert "⚪ prod not known" in said
    assert "⚪ no data (bad above 1 %)  `············`  budget no data" in said


def test_without_an_alertmanager_no_alert_means_that_nobody_told_us_of_one():
    asked = tuple(part for part in Part if part is not Part.ALERTS)

    said = text_of(shown(a_health(asked=asked, answered=asked, alerts=None)))

    assert "*<https://alerts.test/|alerts>* none that I was told of" in said


def test_nobody_on_call_is_not_passed_over():
    assert "🟠 nobody" in text_of(shown(a_health(on_duty=())))


def test_zones_that_are_no_letters_of_one_region_are_written_out():
    health = a_health(zones={"us-east-1a": 1, "us-east-1-bos-1a": 2})

    assert "zones us-east-1-bos-1a: 2 us-east-1a: 1" in text_of(shown(health))


def test_what_is_under_way_says_for_how_long():
    change = LastChange(
        mark="🟡", words="Held: v1.2.0", by="by <@U1>", at=NOW - HOUR, is_under_way=True
    )

    assert "🟡 Held: v1.2.0 by <@U1> for 1 h" in text_of(
        shown(a_health(known=Known(change=change)))
    )


def test_words_from_outside_call_nobody():
    hostile = "<!channel> & <@U1>"
    health = a_health(
        tasks=Tasks(version=Version(name=hostile), desired=1, running=1, pending=0),
        zones={hostile: 1},
        targets=Targets(states={hostile: 1, "unhealthy": 1}, troubles=(hostile,)),
        slos=(an_slo(name=hostile, value=1.0),),
        alerts=Alerts(
            firing=(an_alert(name=hostile, url=hostile),), silenced=(SilencedAlert(hostile, None),)
        ),
        alarms=Alarms(raised=(AlarmSeen(hostile, None),), silent=(AlarmSeen(hostile, None),)),
        incidents=(
            OpenIncident(label=hostile, title=hostile, status=hostile, is_severe=True, url=""),
        ),
        on_duty=(OnDuty(name=hostile),),
        issues=(
            NewIssue(short_id=hostile, title=hostile, events=1, users=1, first_seen_at=NOW, url=""),
        ),
        known=Known(lock=Held(owner="<@U2>", reason=hostile)),
        **silent(Part.SCALING, why=hostile),
    )

    for message in (shown(health), shown(health, health)):
        mrkdwn = [message.text, *_mrkdwn(message.blocks)]
        assert not [text for text in mrkdwn if "<!channel>" in text or "<@U1>" in text]


def _mrkdwn(blocks):
    for block in blocks:
        for holder in (block.get("text"), *block.get("elements", ())):
            if isinstance(holder, dict) and holder.get("type") == "mrkdwn":
                yield holder["text"]


def test_many_of_everything_stay_one_card():
    many = a_health(
        slos=tuple(an_slo(name=f"slo-{number}") for number in range(30)),
        alerts=Alerts(firing=tuple(an_alert(name=f"Alert{number}") for number in range(50))),
        alarms=Alarms(raised=tuple(AlarmSeen(f"a{n}", NOW) for n in range(40))),
    )

    said = text_of(shown(many))

    assert "and 22 more" in said
    assert "and 47 more" in said
    assert "and 37 more" in said
    assert len(shown(*[many] * 60).blocks) < 50


def test_refresh_asks_for_the_round_after_this_one():
    buttons = shown(a_sick_one(), round=3).blocks[-1]["elements"]

    assert [each["action_id"] for each in buttons] == [
        AGAIN, "alert.acknowledge", "change.rollback",
    ]  # fmt: skip
    assert '"revision":3' in buttons[0]["value"]
