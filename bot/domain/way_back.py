"""Where a rollback goes: to what proved itself last, or else to what was replaced."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.change import CAN_BE_UNDONE, Change, ChangeKind
from bot.domain.plan import GoodRevision, Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What our own rows know of a place before AWS is asked."""

    good: Sequence[GoodRevision] = ()
    """The last one first."""
    latest: Change | None = None
    """The change that last asked ECS for another revision there."""
    under_way: Change | None = None


def way_back(known: Known, running: str, version: str | None = None) -> Revision | None:
    """Where a rollback goes: the last good revision that is not `running`, a task definition.

    Where nothing else is known to be good, it goes to what the deploy of `running` replaced.
    """
    for candidate in known.good:
        if candidate.task_definition != running and version in {None, candidate.version}:
            return Revision(
                task_definition=candidate.task_definition,
                image=candidate.image,
                version=candidate.version,
                digest=candidate.digest,
            )
    latest = known.latest
    if latest is None or latest.kind is not ChangeKind.DEPLOY or latest.plan is None:
        return None
    if latest.rollout is None or latest.rollout.task_definition != running:
        return None
    replaced = latest.plan.running
    return replaced if version in {None, replaced.version} else None


def undone_to(known: Known, change: Change) -> Revision | None:
    """What rolling this change back would return to; None where that has no place: it is no
    deploy, or something newer was started since, or nothing earlier is known."""
    if change.kind is not ChangeKind.DEPLOY or change.state not in CAN_BE_UNDONE:
        return None
    if change.rollout is None or known.latest is None or known.latest.id != change.id:
        return None
    return way_back(known, change.rollout.task_definition)
