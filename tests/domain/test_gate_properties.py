"""Whatever happens in whatever order, nothing begins without its conditions."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.catalog import ANY, Verb
from bot.domain.asked import Actor
from bot.domain.freeze import Frozen
from bot.domain.gate import FORCIBLE, Obstacle, decide, may_approve, may_begin
from bot.domain.lock import Lock
from bot.domain.plan import Binding
from bot.domain.situation import Situation
from tests.domain.situations import (
    ALICE,
    BOB,
    CAROL,
    FRANK,
    MALLORY,
    NOW,
    PEOPLE,
    a_finding,
    a_freeze,
    a_lock,
    a_situation,
    an_approval,
    severe,
)

PERSONS = (ALICE, BOB, CAROL, FRANK, MALLORY, Actor("U0DAVE001", frozenset({"S0APPROVE"})))
persons = st.sampled_from(PERSONS)
bindings = st.builds(
    Binding, st.sampled_from([None, "sha256:4b", "sha256:5c"]), st.sampled_from(["h1", "h2"])
)
moments = st.integers(-48, 48).map(lambda hours: NOW + timedelta(hours=hours))
locks = st.builds(
    lambda service, environment, expires, released: a_lock(
        service=service, environment=environment, expires_at=expires, released_at=released
    ),
    st.sampled_from(["api", "web", ANY]),
    st.sampled_from(["prod", "staging"]),
    st.none() | moments,
    st.none() | moments,
)
freezes = st.builds(
    lambda begins, hours: a_freeze(begins_at=begins, ends_at=begins + timedelta(hours=hours)),
    moments,
    st.integers(0, 72),
)
approvals = st.builds(
    lambda by, binding, voided: an_approval(by, binding=binding, voided_at=voided),
    persons,
    bindings,
    st.none() | moments,
)
situations = st.builds(
    lambda **said: a_situation(**said),
    asked_by=persons.map(lambda actor: actor.id),
    required=st.integers(0, 3),
    binding=st.none() | bindings,
    approvals=st.lists(approvals, max_size=6).map(tuple),
    locks=st.lists(locks, max_size=3).map(tuple),
    freezes=st.lists(freezes, max_size=3).map(tuple),
    severe=st.lists(st.just(severe()), max_size=1).map(tuple),
    after=st.sampled_from([None, "staging"]),
    is_good_there=st.sampled_from([None, True, False]),
    scanned=st.sampled_from([None, a_finding()]),
)


def conditions_hold(situation: Situation) -> bool:
    """The conditions, counted another way than the gate counts them."""
    for lock in situation.locks:
        is_here = lock.environment == "prod" and lock.service != "web"
        is_over = lock.expires_at is not None and lock.expires_at <= situation.now
        if is_here and lock.released_at is None and not is_over:
            return False
    for frozen in situation.freezes:
        if frozen.begins_at <= situation.now and situation.now < frozen.ends_at:
            return False
    if (
        situation.severe
        or situation.scanned
        or (situation.after and situation.is_good_there is not True)
    ):
        return False
    others = {
        approval.by
        for approval in situation.approvals
        if approval.voided_at is None and approval.binding == situation.binding
    } - {situation.asked_by}
    return len(others) >= situation.required


@given(situations, persons)
def test_what_begins_has_every_condition_and_what_has_every_condition_begins(situation, actor):
    allowed = may_begin(situation, actor, Verb.DEPLOY).allowed

    has_the_right = decide(PEOPLE, actor, Verb.DEPLOY, "prod", "api").allowed
    assert allowed == (has_the_right and conditions_hold(situation))


@given(situations, persons)
def test_only_those_who_may_force_pass_anything_and_every_thing_passed_is_told(situation, actor):
    plain = may_begin(situation, actor, Verb.DEPLOY)
    forced = may_begin(situation, actor, Verb.DEPLOY, forced=True)

    if forced.overridden or (forced.allowed and not plain.allowed):
        assert actor is FRANK
    assert all(reason.obstacle in FORCIBLE for reason in forced.overridden)
    if actor is FRANK:
        assert forced.reasons + forced.overridden == plain.reasons


@given(situations, persons)
def test_the_fast_lane_is_only_ever_wider_and_never_passes_the_rights(situation, actor):
    fast = may_begin(situation, actor, Verb.ROLLBACK, fast_lane=True)

    assert fast.allowed == decide(PEOPLE, actor, Verb.ROLLBACK, "prod", "api").allowed
    assert {reason.obstacle for reason in fast.reasons} <= {Obstacle.RIGHTS}


@given(situations, persons)
def test_nobody_approves_their_own_and_nobody_without_the_right_approves(situation, actor):
    if may_approve(situation, actor).allowed:
        assert actor.id != situation.asked_by
        assert "S0APPROVE" in actor.groups


class Proposal(RuleBasedStateMachine):
    """A proposal in prod that needs two approvals, and everything that can happen around it."""

    def __init__(self) -> None:
        super().__init__()
        self.situation = a_situation(required=2, after="staging", is_good_there=False)
        self.words: set[tuple[str, Binding]] = set()
        """Whose word stands for what, kept beside the gate."""
        self.locked_until: dict[str, datetime | None] = {}
        self.frozen: list[Frozen] = []

    @rule(actor=persons)
    def somebody_approves_if_they_may(self, actor: Actor) -> None:
        if may_approve(self.situation, actor).allowed:
            self.words.add((actor.id, self.situation.binding))
            approval = an_approval(actor, binding=self.situation.binding, at=self.situation.now)
            self._set(approvals=(*self.situation.approvals, approval))

    @rule(why=st.sampled_from(["the image differs", "refused"]))
    def all_approvals_are_voided(self, why: str) -> None:
        self.words.clear()
        self._set(
            approvals=tuple(
                replace(one, voided_at=one.voided_at or self.situation.now, void_why=why)
                for one in self.situation.approvals
            )
        )

    @rule(binding=bindings)
    def what_would_be_done_changes(self, binding: Binding) -> None:
        self._set(binding=binding, is_good_there=False)

    @rule()
    def the_image_proves_itself_in_staging(self) -> None:
        self._set(is_good_there=True)

    @rule(service=st.sampled_from(["api", ANY]), hours=st.none() | st.integers(1, 30))
    def somebody_locks(self, service: str, hours: int | None) -> None:
        if service in self.locked_until:
            return
        ends = None if hours is None else self.situation.now + timedelta(hours=hours)
        self.locked_until[service] = ends
        lock: Lock = a_lock(service=service, at=self.situation.now, expires_at=ends)
        self._set(locks=(*self.situation.locks, lock))

    @rule(service=st.sampled_from(["api", ANY]))
    def somebody_unlocks(self, service: str) -> None:
        self.locked_until.pop(service, None)
        self._set(
            locks=tuple(
                replace(lock, released_at=lock.released_at or self.situation.now)
                if lock.service == service
                else lock
                for lock in self.situation.locks
            )
        )

    @rule(in_hours=st.integers(0, 20), hours=st.integers(1, 70))
    def somebody_freezes(self, in_hours: int, hours: int) -> None:
        begins = self.situation.now + timedelta(hours=in_hours)
        self.frozen.append(a_freeze(begins_at=begins, ends_at=begins + timedelta(hours=hours)))
        self._set(freezes=tuple(self.frozen))

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        self._set(now=self.situation.now + timedelta(hours=hours))
        self.locked_until = {
            service: ends
            for service, ends in self.locked_until.items()
            if ends is None or ends > self.situation.now
        }

    @rule(is_open=st.booleans())
    def an_incident_opens_or_is_resolved(self, is_open: bool) -> None:
        self._set(severe=(severe(),) if is_open else ())

    @invariant()
    def nothing_begins_without_its_conditions(self) -> None:
        now = self.situation
        may = (
            len({by for by, what in self.words if what == now.binding}) >= 2
            and now.is_good_there is True
            and not self.locked_until
            and not any(one.begins_at <= now.now < one.ends_at for one in self.frozen)
            and not now.severe
        )
        assert may_begin(now, ALICE, Verb.DEPLOY).allowed == may
        assert not may_begin(now, MALLORY, Verb.DEPLOY, forced=True).allowed
        assert may_begin(now, FRANK, Verb.DEPLOY, forced=True).allowed

    @invariant()
    def the_asker_has_never_approved(self) -> None:
        assert ALICE.id not in {by for by, _ in self.words}
        assert all(one.by != self.situation.asked_by for one in self.situation.counted)

    def _set(self, **said: object) -> None:
        self.situation = replace(self.situation, **said)


Proposal.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestProposal = Proposal.TestCase
