"""Which of a service's deployments our own changes asked for, the way back included.

By name, where the change knows what ECS called it. Otherwise by what it was to run and when: the
answer that named it may have been lost, and ECS may name the one before. What ECS rolls back by
itself stays the same service deployment.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.changes.service_deployments import CLOCKS_APART
from bot.domain.change import Change, ChangeState, Origin, Rollout
from bot.domain.rollout import Verdict
from bot.storage.history import Attempt
from integrations.aws.models import ServiceDeployment, ServiceRevision

Revisions = Mapping[str, ServiceRevision]


@dataclass(frozen=True, slots=True)
class Claim:
    """One request to ECS that a change of ours made, or may have made. It has one deployment."""

    service_deployment: str | None
    task_definition: str | None
    since: datetime
    at: datetime
    """When ECS had answered; or else, when it was asked."""
    until: datetime

    def names(self, one: ServiceDeployment) -> bool:
        return one.arn == self.service_deployment and began(one) >= self.since

    def fits(self, one: ServiceDeployment, revisions: Revisions) -> bool:
        target = revisions.get(one.target_revision_arn or "")
        is_same = target is not None and target.task_definition == self.task_definition
        return is_same and self.since <= began(one) <= self.until


def claims_of(attempts: Iterable[Attempt]) -> tuple[Claim, ...]:
    """What our changes may have asked ECS for."""
    return tuple(
        claim for attempt in attempts for claim in _claims(attempt.change, attempt.asked_ecs_at)
    )


def _claims(change: Change, asked_at: datetime) -> Iterator[Claim]:
    if change.plan is None:
        return
    since = asked_at - CLOCKS_APART
    until = (change.finished_at or change.changed_at) + CLOCKS_APART
    if change.origin is Origin.BOT and change.rollout is not None:
        yield _claim(change.rollout, since)
    elif change.origin is Origin.BOT:  # nothing is known but that ECS may have been asked
        yield Claim(None, change.plan.wanted.task_definition, since, asked_at, until)
    if change.back is not None:
        if change.verdict is not Verdict.ROLLED_BACK_BY_ECS:  # that is no deployment of its own
            yield _claim(change.back, since)
    elif change.state is ChangeState.UNPROVEN:  # it may have been asked to go back, unanswered
        yield Claim(None, change.plan.running.task_definition, since, until, until)


def _claim(rollout: Rollout, since: datetime) -> Claim:
    at = rollout.began_at
    return Claim(rollout.service_deployment, rollout.task_definition, since, at, at + CLOCKS_APART)


def named(listed: Iterable[ServiceDeployment], claims: Iterable[Claim]) -> frozenset[str]:
    """The ARNs of those that our changes know by name."""
    wanted = tuple(claims)
    return frozenset(one.arn for one in listed if any(claim.names(one) for claim in wanted))


def unnamed(listed: Sequence[ServiceDeployment], claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The claims that no listed deployment fulfils by name."""
    return tuple(claim for claim in claims if not any(claim.names(one) for one in listed))


def claimed(
    found: Sequence[ServiceDeployment], revisions: Revisions, claims: Iterable[Claim]
) -> frozenset[str]:
    """The ARNs of those that were to run what our changes asked for, each the nearest in time."""
    ours = set()
    for claim in claims:
        fitting = [one for one in found if claim.fits(one, revisions)]
        if fitting:
            ours.add(min(fitting, key=lambda one: abs(began(one) - claim.at)).arn)
    return frozenset(ours)


def began(one: ServiceDeployment) -> datetime:
    """When it was asked for."""
    return one.created_at or one.started_at or _LONG_AGO


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
