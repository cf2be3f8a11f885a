"""May this happen now? One pure place answers, with its reasons and the way past each.

Nothing else decides. It is asked when a command is typed and again at the press of every button:
between the two a person may have left a group, a lock may have been set, a digest have changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.catalog import ANY, People, Verb
from bot.domain.access import is_among, may, who_may
from bot.domain.asked import Actor
from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.freeze import Frozen
from bot.domain.lock import BOT, Lock
from bot.domain.place import listed
from bot.domain.situation import Severe, Situation
from bot.domain.words import in_place, named, roughly, told


class Obstacle(StrEnum):
    """What a reason is about, in the order people are told."""

    RIGHTS = "rights"
    UNDER_WAY = "rollout"
    LOCK = "lock"
    FREEZE = "freeze"
    INCIDENT = "incidents"
    ORDER = "order"
    SCAN = "scan"
    APPROVAL = "approvals"
    BOUNDS = "bounds"
    """What the catalogue lets a service be scaled to."""


VERBS = {
    ChangeKind.DEPLOY: Verb.DEPLOY,
    ChangeKind.ROLLBACK: Verb.ROLLBACK,
    ChangeKind.RESTART: Verb.RESTART,
}
"""The right it takes to ask for a change and to begin it."""
FORCIBLE = frozenset(Obstacle) - {Obstacle.RIGHTS, Obstacle.UNDER_WAY}
"""What somebody with the right to force may pass: never the rights, never a rollout under way."""
RUNS_THE_SAME = frozenset({Verb.RESTART, Verb.SCALE})
"""Verbs after which the same runs as before: nothing is new that an order, a scan or approvals
could be about, and nothing is bad that a rollback locked out. An incident is when people need them.
Locks of people and freezes hold them, as they hold everything."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, and how it could come to be allowed. Both are plain sentences."""

    text: str
    way_past: str
    obstacle: Obstacle = Obstacle.RIGHTS


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed, or refused for every one of these reasons."""

    reasons: tuple[Reason, ...] = ()
    overridden: tuple[Reason, ...] = ()
    """What stood in the way and was passed by force."""

    @property
    def allowed(self) -> bool:
        return not self.reasons

    @property
    def text(self) -> str:
        """The reasons with their ways past, for the person who asked."""
        return "\n".join(f"{reason.text} {reason.way_past}" for reason in self.reasons)


def may_begin(
    situation: Situation,
    actor: Actor,
    verb: Verb,
    *,
    fast_lane: bool = False,
    forced: bool = False,
) -> Decision:
    """Decide whether this may begin now, as `actor` would do it.

    The fast lane, for a rollback to a revision known to be good, asks only for the right and for
    the place to be free; a verb of RUNS_THE_SAME is also asked for locks and freezes. By force
    everything else is passed, by those who may; for others it stands, with a word on who may.
    """
    reasons = list(decide(situation.people, actor, verb, *_place(situation)).reasons)
    if situation.under_way is not None:
        reasons.append(_under_way(situation.under_way))
    passable = () if fast_lane else tuple(_passable(situation, verb))
    return _unless_forced(situation, actor, reasons, passable, forced=forced)


def may_scale(
    situation: Situation, actor: Actor, *, beyond: Sequence[str] = (), forced: bool = False
) -> Decision:
    """Decide whether this place may be scaled now, as `actor` would do it.

    As `may_begin`, except that a rollout under way is not in its way: ECS starts and stops tasks
    beside it. `beyond` is what of it the catalogue's bounds do not allow, which force passes.
    """
    reasons = decide(situation.people, actor, Verb.SCALE, *_place(situation)).reasons
    force = _or_by_force(situation)
    bounds = [Reason(text, f"Stay within them.{force}", Obstacle.BOUNDS) for text in beyond]
    passable = (*_passable(situation, Verb.SCALE), *bounds)
    return _unless_forced(situation, actor, reasons, passable, forced=forced)


def _unless_forced(
    situation: Situation,
    actor: Actor,
    reasons: Sequence[Reason],
    passable: Sequence[Reason],
    *,
    forced: bool,
) -> Decision:
    """Refused for all of it, or past what may be passed, by those who may force."""
    if not forced or not passable:
        return Decision((*reasons, *passable))
    by_force = decide(situation.people, actor, Verb.FORCE, *_place(situation))
    if by_force.allowed:
        return Decision(tuple(reasons), overridden=tuple(passable))
    return Decision((*reasons, *passable, *by_force.reasons))


def still_in_the_way(situation: Situation, verb: Verb) -> Decision:
    """Decide whether what was allowed to begin may still: nobody's rights are asked for again."""
    return Decision(tuple(_passable(situation, verb)))


def needs_approval(situation: Situation, verb: Verb) -> bool:
    """Whether other people have to say yes before this may begin there."""
    return situation.required > 0 and verb not in RUNS_THE_SAME


def may_approve(situation: Situation, actor: Actor) -> Decision:
    """Decide whether `actor` may give their word for this change: never their own, never twice."""
    reasons = list(_may_judge(situation, actor, "nobody approves their own"))
    if any(approval.by == actor.id for approval in situation.counted):
        reasons.append(
            Reason("You have approved this already.", "It counts once.", Obstacle.APPROVAL)
        )
    return Decision(tuple(reasons))


def may_refuse(situation: Situation, actor: Actor) -> Decision:
    """Decide whether `actor` may say no for good: whoever could approve it."""
    return Decision(tuple(_may_judge(situation, actor, "cancel it instead")))


def _may_judge(situation: Situation, actor: Actor, own: str) -> Iterator[Reason]:
    yield from decide(situation.people, actor, Verb.APPROVE, *_place(situation)).reasons
    if actor.id == situation.asked_by:
        approvers = who_may(situation.people, Verb.APPROVE, *_place(situation))
        yield Reason(f"You asked for this: {own}.", _ask(approvers), Obstacle.APPROVAL)


def decide(
    people: Mapping[str, People], actor: Actor, verb: Verb, environment: str, service: str
) -> Decision:
    """Decide whether `actor` has the right to do this there; what nobody grants is refused."""
    granted = any(
        is_among(group, actor) and may(group, verb, environment, service)
        for group in people.values()
    )
    return Decision() if granted else Decision((_no_right(people, verb, environment, service),))


def only_the_asker(asked_by: str, actor: Actor) -> Decision:
    """Decide on what belongs to the person who asked: to confirm a change, or to cancel it."""
    if actor.id == asked_by:
        return Decision()
    return Decision(
        (
            Reason(
                "Only the person who asked for this may confirm or cancel it.",
                "Ask for it yourself with the same command.",
            ),
        )
    )


def _place(situation: Situation) -> tuple[str, str]:
    return situation.environment, situation.service


def _no_right(people: Mapping[str, People], verb: Verb, environment: str, service: str) -> Reason:
    act = f"{_SPOKEN.get(verb, verb.value)} {in_place(service, environment)}"
    groups = who_may(people, verb, environment, service)
    if not groups:
        return Reason(
            f"Nobody may {act}.",
            f"To allow it, name `{verb.value}` for {environment} under `people` in the catalogue.",
        )
    return Reason(f"Only {_groups(groups)} may {act}.", "Ask one of them.")


_SPOKEN = {
    Verb.ROLLBACK: "roll back",
    Verb.APPROVE: "approve changes of",
    Verb.FORCE: "force changes of",
    Verb.STATUS: "see the status of",
    Verb.HEALTH: "see the health of",
    Verb.HISTORY: "see the history of",
    Verb.AUDIT: "see the audit of",
    Verb.LOGS: "read the logs of",
    Verb.ALARMS: "see the alarms of",
    Verb.MUTE: "mute the alarms of",
    Verb.QUERY: "query",
    Verb.PROMQL: "ask Prometheus in their own words about",
}
"""Verbs whose word alone does not make a sentence."""


def _groups(names: tuple[str, ...]) -> str:
    return listed(f"`{name}`" for name in names)


def _ask(names: tuple[str, ...]) -> str:
    return f"Ask somebody of {_groups(names)}." if names else "The catalogue names nobody who may."


def _passable(situation: Situation, verb: Verb) -> Iterator[Reason]:
    """Everything in the way that somebody may pass by force."""
    force = _or_by_force(situation)
    for lock in situation.locks:
        if verb in RUNS_THE_SAME and lock.keeps_a_version_out:
            continue
        if lock.stands(situation.now) and lock.covers(*_place(situation)):
            yield _locked(lock, situation, force)
    for frozen in situation.freezes:
        if frozen.stands(situation.now):
            yield _frozen(frozen, force)
    if verb not in RUNS_THE_SAME:
        yield from _about_what_is_new(situation, force)


def _about_what_is_new(situation: Situation, force: str) -> Iterator[Reason]:
    """What is asked of a change only because something else would run after it."""
    for severe in situation.severe:
        yield _severe(severe, force)
    if situation.after is not None and not situation.is_good_there:
        yield _out_of_order(situation, situation.after, force)
    if situation.scanned is not None:
        yield Reason(situation.scanned.text, f"{situation.scanned.mend}{force}", Obstacle.SCAN)
    if situation.missing:
        yield _not_approved(situation, force)


def _or_by_force(situation: Situation) -> str:
    """` Or …`, where the catalogue lets anybody force changes there."""
    groups = who_may(situation.people, Verb.FORCE, *_place(situation))
    return f' {_groups(groups)} may pass it with `--force "why"`.' if groups else ""


def _under_way(change: Change) -> Reason:
    where = in_place(change.service, change.environment)
    is_restart = change.kind is ChangeKind.RESTART
    doing = (_RESTARTING if is_restart else _DOING).get(change.state, "is under way")
    by = f"by {named(change.asked_by)}" if change.asked_by else "asked for outside the bot"
    since = f" since {told(change.started_at)}" if change.started_at is not None else ""
    return Reason(
        f"{change.wanted_name} {doing} for {where} now, {by}{since}.",
        f"Wait for it, or {'abort it' if change.leads_back else 'end its watch'} on its card.",
        Obstacle.UNDER_WAY,
    )


_DOING = {
    ChangeState.STARTING: "is starting",
    ChangeState.ROLLING_OUT: "is rolling out",
    ChangeState.BAKING: "is baking",
    ChangeState.HELD: "is held",
    ChangeState.ROLLING_BACK: "is going back",
}
_RESTARTING = {
    ChangeState.STARTING: "is about to be restarted",
    ChangeState.ROLLING_OUT: "is being restarted",
    ChangeState.BAKING: "is watched after a restart",
    ChangeState.HELD: "is watched after a restart",
    ChangeState.ROLLING_BACK: "has its restart undone",
}


def _locked(lock: Lock, situation: Situation, force: str) -> Reason:
    age = roughly(situation.now - lock.at)
    until = f", until {told(lock.expires_at)}" if lock.expires_at is not None else ""
    target = "" if lock.service == ANY else f" {lock.service}"
    ask = "Understand why, then" if lock.owner == BOT else f"Ask {named(lock.owner)}, or"
    return Reason(
        f"{_initial(in_place(lock.service, lock.environment))} is locked by {named(lock.owner)} "
        f'since {told(lock.at)} ({age}){until}: "{lock.reason}".',
        f"{ask} clear it with `unlock {lock.environment}{target}`.{force}",
        Obstacle.LOCK,
    )


def _frozen(frozen: Frozen, force: str) -> Reason:
    by = f" by {named(frozen.by)}" if frozen.by is not None else ""
    return Reason(
        f"Changes are frozen{by} since {told(frozen.begins_at)} until {told(frozen.ends_at)}: "
        f'"{frozen.reason}".',
        f"Wait until then.{force}",
        Obstacle.FREEZE,
    )


def _severe(severe: Severe, force: str) -> Reason:
    link = f" {severe.link}" if severe.link else ""
    return Reason(
        f"{severe.words} since {told(severe.since)}.{link}",
        f"Wait until it is resolved.{force}",
        Obstacle.INCIDENT,
    )


def _out_of_order(situation: Situation, after: str, force: str) -> Reason:
    where = situation.environment
    if situation.is_good_there is None:
        return Reason(
            f"{_initial(where)} takes only an image that is good in {after} first.",
            f"Deploy it to {after} and let it prove itself there.{force}",
            Obstacle.ORDER,
        )
    return Reason(
        f"{_initial(where)} takes only an image that is good in {after}; this one is not.",
        f"Deploy it to {after} first and let it prove itself there.{force}",
        Obstacle.ORDER,
    )


def _not_approved(situation: Situation, force: str) -> Reason:
    required, counted = situation.required, len(situation.counted)
    people = "1 other person" if required == 1 else f"{required} other people"
    has = f"; {counted} of {required} have" if counted else ""
    return Reason(
        f"{_initial(people)} must approve a change of "
        f"{in_place(situation.service, situation.environment)}{has}.",
        _ask(who_may(situation.people, Verb.APPROVE, *_place(situation))) + force,
        Obstacle.APPROVAL,
    )


def _initial(text: str) -> str:
    """With a capital where it begins a sentence; names stay as they are."""
    return f"All{text[3:]}" if text.startswith("all of ") else text
