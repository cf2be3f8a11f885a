"""Which open incident somebody means who writes `ack`: one clear one, or they are asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.alert import AlertGroup
from bot.domain.incident import PagerDutyIncident


@dataclass(frozen=True, slots=True)
class Answerable:
    """An open alert group with the incident that calls people for it, if there is one."""

    group: AlertGroup
    incident: PagerDutyIncident | None
    shared_with: tuple[str, ...] = ()
    """The names of other open groups whose alerts PagerDuty has joined in the same incident."""


def meant(
    there: Sequence[Answerable], wanted: str | None, environment: str | None
) -> tuple[Answerable, ...]:
    """Those a person means by an alert's name, an incident's number or id, and an environment.

    A whole name wins over the beginning of one; case does not matter.
    """
    here = [one for one in there if environment in (None, one.group.environment)]
    if wanted is None:
        return tuple(here)
    word = wanted.casefold()
    if by_incident := [one for one in here if is_incident(one, wanted)]:
        return tuple(by_incident)
    named = [one for one in here if one.group.name.casefold() == word]
    return tuple(named or (one for one in here if one.group.name.casefold().startswith(word)))


def is_incident(one: Answerable, wanted: str) -> bool:
    """Whether its incident itself is named: `#4711`, `4711` or PagerDuty's id."""
    incident = one.incident
    if incident is None:
        return False
    known = {incident.id.casefold()}
    if incident.number is not None:
        known |= {f"#{incident.number}", str(incident.number)}
    return wanted.casefold() in known
