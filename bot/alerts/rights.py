"""Who may say something of an alert group: to whoever pages, or to the record."""

from collections.abc import Mapping

from bot.catalog import ANY, People, Verb
from bot.domain.alert import AlertGroup
from bot.domain.asked import Actor
from bot.domain.gate import Decision, decide

NO_SERVICE = "alerts"
"""What an alert that names no service is about, in a refusal."""


def may_acknowledge(people: Mapping[str, People], by: Actor, group: AlertGroup) -> Decision:
    """Decide it where the group's alerts are; one that names no place is about any."""
    where = (group.environment or ANY, group.service or NO_SERVICE)
    return decide(people, by, Verb.ACKNOWLEDGE, *where)
