"""Who is asking, and who may: Slack user groups against the catalogue's `people`."""

from collections.abc import Mapping

from bot.catalog import ANY, People, Verb
from bot.domain.asked import Actor
from bot.domain.pipeline import is_meant


def is_among(people: People, actor: Actor) -> bool:
    """Whether `people` means this person or pipeline; with neither it means every person."""
    pipeline = actor.pipeline
    if people.pipeline is not None or pipeline is not None:
        return (
            people.pipeline is not None
            and pipeline is not None
            and is_meant(people.pipeline, pipeline)
        )
    return people.group is None or people.group in actor.groups


def may(people: People, verb: Verb, environment: str, service: str) -> bool:
    """Whether `people` may do this there.

    Who may do it to some services may not do it to all of them at once (`*`).
    """
    if people.services and service not in people.services:
        return False
    return verb in people.may.get(environment, ()) or verb in people.may.get(ANY, ())


def who_may(
    people: Mapping[str, People], verb: Verb, environment: str, service: str
) -> tuple[str, ...]:
    """The catalogue's names of those who may do this there."""
    return tuple(name for name, group in people.items() if may(group, verb, environment, service))
