"""May this happen now? One pure function answers, with its reasons and the way past each.

Nothing else decides. It is asked when a command is typed and again at the press of every button:
between the two a person may have left a group.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.catalog import People, Verb
from bot.domain.access import is_among, may, who_may
from bot.domain.asked import Actor


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, and how it could come to be allowed. Both are plain sentences."""

    text: str
    way_past: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed, or refused for every one of these reasons."""

    reasons: tuple[Reason, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.reasons

    @property
    def text(self) -> str:
        """The reasons with their ways past, for the person who asked."""
        return "\n".join(f"{reason.text} {reason.way_past}" for reason in self.reasons)


def decide(
    people: Mapping[str, People], actor: Actor, verb: Verb, environment: str, service: str
) -> Decision:
    """Decide whether `actor` may do this there; what nobody grants is refused."""
    granted = any(
        is_among(group, actor) and may(group, verb, environment) for group in people.values()
    )
    return Decision() if granted else Decision((_no_right(people, verb, environment, service),))


def _no_right(people: Mapping[str, People], verb: Verb, environment: str, service: str) -> Reason:
    act = _SPOKEN.get(verb, verb.value)
    groups = who_may(people, verb, environment)
    if not groups:
        return Reason(
            f"Nobody may {act} {service} in {environment}.",
            f"To allow it, name `{verb.value}` for {environment} under `people` in the catalogue.",
        )
    named = " and ".join(f"`{name}`" for name in groups)
    return Reason(f"Only {named} may {act} {service} in {environment}.", "Ask one of them.")


_SPOKEN = {
    Verb.ROLLBACK: "roll back",
    Verb.STATUS: "see the status of",
    Verb.HEALTH: "see the health of",
    Verb.HISTORY: "see the history of",
    Verb.QUERY: "query",
}
"""Verbs whose word alone does not make a sentence."""


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
