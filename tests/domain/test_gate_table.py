"""The gate as a table: each row is a sentence about when a change may begin."""

from datetime import timedelta

import pytest

from bot.catalog import ANY, Verb
from bot.domain.change import ChangeState
from bot.domain.gate import FORCIBLE, Obstacle, may_approve, may_begin, may_refuse
from tests.changes.builders import a_change, a_plan
from tests.domain.situations import (
    ALICE,
    BOB,
    CAROL,
    FRANK,
    MALLORY,
    NOW,
    REBUILT,
    TEAM,
    a_finding,
    a_freeze,
    a_lock,
    a_situation,
    an_approval,
    severe,
)

O = Obstacle  # noqa: E741  a table reads better with short words
HOUR = timedelta(hours=1)
ROLLING = a_change("change-0", state=ChangeState.ROLLING_OUT, plan=a_plan(), started_at=NOW)
EVERYTHING = {
    "locks": (a_lock(),),
    "freezes": (a_freeze(),),
    "severe": (severe(),),
    "after": "staging",
    "is_good_there": False,
    "scanned": a_finding(),
    "required": 1,
}


@pytest.mark.parametrize(
    ("sentence", "said", "in_the_way"),
    [
        ("a deployer may begin where nothing is in the way", {}, ""),
        ("a lock on the service refuses it", {"locks": (a_lock(),)}, O.LOCK),
        ("a lock on all of prod refuses it", {"locks": (a_lock(service=ANY),)}, O.LOCK),
        ("a lock on another service does not", {"locks": (a_lock(service="web"),)}, ""),
        ("a lock on staging does not", {"locks": (a_lock(environment="staging"),)}, ""),
        ("a released lock does not", {"locks": (a_lock(released_at=NOW - HOUR),)}, ""),
        ("a lock whose time is over does not", {"locks": (a_lock(expires_at=NOW),)}, ""),
        ("a lock with time left does", {"locks": (a_lock(expires_at=NOW + HOUR),)}, O.LOCK),
        ("one's own lock refuses oneself, too", {"locks": (a_lock(owner=ALICE.id),)}, O.LOCK),
        ("a freeze refuses it", {"freezes": (a_freeze(),)}, O.FREEZE),
        ("a freeze refuses it from its first moment", {"freezes": (a_freeze(begins_at=NOW),)},
         O.FREEZE),
        ("a freeze is over at its end", {"freezes": (a_freeze(ends_at=NOW),)}, ""),
        ("a freeze to come refuses nothing", {"freezes": (a_freeze(begins_at=NOW + HOUR),)}, ""),
        ("the next freeze refuses nothing", {"next_freeze": a_freeze()}, ""),
        ("a severe incident refuses it", {"severe": (severe(),)}, O.INCIDENT),
        ("an image that is not good in staging is refused",
         {"after": "staging", "is_good_there": False}, O.ORDER),
        ("an image nobody knows yet is not good in staging",
         {"after": "staging", "is_good_there": None}, O.ORDER),
        ("an image that is good in staging may go on",
         {"after": "staging", "is_good_there": True}, ""),
        ("without an order nobody asks where it is good", {"is_good_there": False}, ""),
        ("a rollout under way refuses it", {"under_way": ROLLING}, O.UNDER_WAY),
        ("findings that the catalogue blocks refuse it", {"scanned": a_finding()}, O.SCAN),
        ("a missing approval refuses it", {"required": 1}, O.APPROVAL),
        ("an approval is enough where one is required",
         {"required": 1, "approvals": (an_approval(),)}, ""),
        ("one of two approvals is not enough",
         {"required": 2, "approvals": (an_approval(),)}, O.APPROVAL),
        ("two approvals of two people are enough for two",
         {"required": 2, "approvals": (an_approval(BOB), an_approval(CAROL))}, ""),
        ("two approvals of one person count once",
         {"required": 2, "approvals": (an_approval(BOB), an_approval(BOB, at=NOW - HOUR))},
         O.APPROVAL),
        ("one's own approval does not count",
         {"required": 1, "approvals": (an_approval(ALICE),)}, O.APPROVAL),
        ("a void approval does not count",
         {"required": 1, "approvals": (an_approval(voided_at=NOW),)}, O.APPROVAL),
        ("an approval of another image does not count",
         {"required": 1, "approvals": (an_approval(binding=REBUILT),)}, O.APPROVAL),
        ("an approval of what nobody knows exactly does not count",
         {"required": 1, "binding": None, "approvals": (an_approval(),)}, O.APPROVAL),
    ],
)  # fmt: skip
def test_whether_a_deploy_may_begin(sentence, said, in_the_way):
    decision = may_begin(a_situation(**said), ALICE, Verb.DEPLOY)

    assert [reason.obstacle for reason in decision.reasons] == ([in_the_way] if in_the_way else [])
    assert decision.allowed is not bool(in_the_way), sentence


@pytest.mark.parametrize(
    ("sentence", "actor", "options", "in_the_way", "overridden"),
    [
        ("everything in the way is told at once", ALICE, {},
         [O.LOCK, O.FREEZE, O.INCIDENT, O.ORDER, O.SCAN, O.APPROVAL], []),
        ("whoever lacks the right is told that first", MALLORY, {},
         [O.RIGHTS, O.LOCK, O.FREEZE, O.INCIDENT, O.ORDER, O.SCAN, O.APPROVAL], []),
        ("the fast lane passes all of it", ALICE, {"fast_lane": True}, [], []),
        ("the fast lane asks for the right", MALLORY, {"fast_lane": True}, [O.RIGHTS], []),
        ("whoever may force passes all of it, and it is written down", FRANK, {"forced": True},
         [], [O.LOCK, O.FREEZE, O.INCIDENT, O.ORDER, O.SCAN, O.APPROVAL]),
        ("whoever may force passes nothing without saying so", FRANK, {},
         [O.LOCK, O.FREEZE, O.INCIDENT, O.ORDER, O.SCAN, O.APPROVAL], []),
        ("whoever may not force is told who may", ALICE, {"forced": True},
         [O.LOCK, O.FREEZE, O.INCIDENT, O.ORDER, O.SCAN, O.APPROVAL, O.RIGHTS], []),
        ("force does not replace the right", MALLORY, {"forced": True},
         [O.RIGHTS, O.LOCK, O.FREEZE, O.INCIDENT, O.ORDER, O.SCAN, O.APPROVAL, O.RIGHTS], []),
    ],
)  # fmt: skip
def test_who_passes_what_when_everything_is_in_the_way(
    sentence, actor, options, in_the_way, overridden
):
    decision = may_begin(a_situation(**EVERYTHING), actor, Verb.DEPLOY, **options)

    assert [reason.obstacle for reason in decision.reasons] == in_the_way, sentence
    assert [reason.obstacle for reason in decision.overridden] == overridden, sentence


@pytest.mark.parametrize("options", [{}, {"fast_lane": True}, {"forced": True}])
def test_nothing_passes_a_rollout_under_way(options):
    decision = may_begin(a_situation(under_way=ROLLING), FRANK, Verb.DEPLOY, **options)

    assert [reason.obstacle for reason in decision.reasons] == [O.UNDER_WAY]
    assert "Wait for it, or abort it on its card." in decision.text


def test_force_where_nothing_is_in_the_way_needs_no_right_and_overrides_nothing():
    decision = may_begin(a_situation(), ALICE, Verb.DEPLOY, forced=True)

    assert decision.allowed
    assert decision.overridden == ()


def test_only_rights_and_a_rollout_under_way_can_not_be_forced():
    assert frozenset(O) - FORCIBLE == {O.RIGHTS, O.UNDER_WAY}


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"locks": (a_lock(expires_at=NOW + HOUR),)},
         "api in prod is locked by @U0BOB0001 since 2026-11-27T14:55Z (2 h), until "
         '2026-11-27T18:00Z: "database migration". Ask @U0BOB0001, or clear it with '
         '`unlock prod api`. `forcers` may pass it with `--force "why"`.'),
        ({"locks": (a_lock(service=ANY, owner="bot"),)},
         'All of prod is locked by the bot since 2026-11-27T14:55Z (2 h): "database migration". '
         'Understand why, then clear it with `unlock prod`. '
         '`forcers` may pass it with `--force "why"`.'),
        ({"freezes": (a_freeze(),)},
         'Changes are frozen since 2026-11-27T16:00Z until 2026-11-30T08:00Z: "weekend". '
         'Wait until then. `forcers` may pass it with `--force "why"`.'),
        ({"freezes": (a_freeze(by="U0BOB0001"),)}, "Changes are frozen by @U0BOB0001 since"),
        ({"severe": (severe(),)},
         "PagerDuty's incident #4711 (P1) is open: Errors, since 2026-11-27T16:40Z. "
         "https://pd.example/4711 Wait until it is resolved."),
        ({"after": "staging", "is_good_there": False},
         "prod takes only an image that is good in staging; this one is not. Deploy it to staging "
         "first and let it prove itself there."),
        ({"after": "staging"}, "prod takes only an image that is good in staging first."),
        ({"required": 1},
         "1 other person must approve a change of api in prod. Ask somebody of `approvers`."),
        ({"required": 2, "approvals": (an_approval(),)},
         "2 other people must approve a change of api in prod; 1 of 2 have."),
        ({"under_way": ROLLING},
         "v1.2.0 is rolling out for credlink-api in prod now, by @U0ALICE01 since "
         "2026-11-27T17:00Z. Wait for it, or abort it on its card."),
    ],
)  # fmt: skip
def test_each_reason_says_who_since_when_how_long_and_the_way_past(said, text):
    assert text in may_begin(a_situation(**said), ALICE, Verb.DEPLOY).text


def test_where_nobody_may_force_nobody_is_told_to():
    people = {"deployers": a_situation().people["deployers"]}

    text = may_begin(a_situation(people=people, **EVERYTHING), ALICE, Verb.DEPLOY).text

    assert "--force" not in text
    assert "The catalogue names nobody who may." in text


@pytest.mark.parametrize(
    ("sentence", "actor", "said", "text"),
    [
        ("an approver may approve another's change", BOB, {}, ""),
        ("nobody approves their own", BOB, {"asked_by": BOB.id}, "nobody approves their own"),
        ("nobody approves twice", BOB, {"approvals": (an_approval(BOB),)}, "It counts once."),
        ("whoever approved what was voided may approve anew", BOB,
         {"approvals": (an_approval(BOB, voided_at=NOW),)}, ""),
        ("whoever approved another image may approve this one", BOB,
         {"approvals": (an_approval(BOB, binding=REBUILT),)}, ""),
        ("a deployer is no approver", FRANK, {},
         "Only `approvers` may approve changes of api in prod."),
    ],
)  # fmt: skip
def test_who_may_approve(sentence, actor, said, text):
    decision = may_approve(a_situation(**said), actor)

    assert decision.allowed is not bool(text), sentence
    assert text in decision.text, sentence


def test_whoever_may_approve_may_refuse_even_after_approving_but_not_their_own():
    assert may_refuse(a_situation(approvals=(an_approval(BOB),)), BOB).allowed
    assert "cancel it instead" in may_refuse(a_situation(asked_by=BOB.id), BOB).text
    assert not may_refuse(a_situation(), ALICE).allowed


@pytest.mark.parametrize(
    ("sentence", "service", "verb", "allowed"),
    [
        ("whose right is for some services has it there", "api", Verb.DEPLOY, True),
        ("and not for others", "web", Verb.DEPLOY, False),
        ("and not for all of an environment at once", ANY, Verb.LOCK, False),
    ],
)
def test_rights_may_be_for_some_services_alone(sentence, service, verb, allowed):
    assert may_begin(a_situation(service=service), TEAM, verb).allowed is allowed, sentence
