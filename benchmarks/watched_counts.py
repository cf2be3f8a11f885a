"""What the records of AWS's and Slack's calls say: how many, how often, and how late."""

import math
from collections.abc import Collection, Iterable, Sequence

from benchmarks.watched_fleet import OURS
from benchmarks.watched_rollouts import EDIT, Watched
from sandbox.aws.calls import AwsCall
from sandbox.workspace.limits import PER_MINUTE

VERIFYING = frozenset(
    {
        "BatchGetImage",
        "DescribeClusters",
        "DescribeImageScanFindings",
        "DescribeLogGroups",
        "DescribeParameters",
        "DescribeRules",
        "DescribeScalableTargets",
        "DescribeSecret",
        "DescribeTargetGroups",
        "GetDownloadUrlForLayer",
        "GetRole",
    }
)
"""What only verification asks, all at once: left out of the calls before a rollout."""
WATCHING = "DescribeServices"
CREDENTIALS = "sts"
"""Asked once an hour for all calls of an account: not counted as one of a deploy's."""


def calls_before(calls: Iterable[AwsCall], watched: Watched) -> list[str]:
    """The operations from the command to UpdateService, without it and without verification's."""
    return [
        call.operation
        for call in counted(calls, after=watched.asked_at, until=watched.updated_at)
        if call.operation not in VERIFYING and call.at < watched.updated_at
    ]


def counted(calls: Iterable[AwsCall], *, after: float, until: float) -> list[AwsCall]:
    """The bot's calls of that time, but for those that only fetch credentials."""
    return [
        call
        for call in calls
        if call.account == OURS and call.service != CREDENTIALS and after < call.at <= until
    ]


def described(calls: Iterable[AwsCall], *, since: float) -> set[str]:
    """The services that the bot has looked at."""
    return {
        name
        for call in list(calls)
        if call.account == OURS and call.operation == WATCHING and call.at >= since
        for name in call.parameters["services"]
    }


def a_second(
    calls: Sequence[AwsCall], *, after: float, until: float, only: str | None = None
) -> float | None:
    """How many of the bot's calls there were a second; None of no time at all."""
    if until <= after:
        return None
    found = counted(calls, after=after, until=until)
    return sum(only in {None, call.operation} for call in found) / (until - after)


def busiest_second(calls: Sequence[AwsCall], *, after: float, until: float, only: str) -> int:
    """The most calls of an operation within any one second."""
    times = [c.at for c in counted(calls, after=after, until=until) if c.operation == only]
    return max((sum(at <= other < at + 1.0 for other in times) for at in times), default=0)


def waits_slack_allows(ends: Collection[float], edits: Iterable[float]) -> list[float]:
    """Seconds from each end to its edit, if nothing but Slack's limit of edits held it back.

    `edits` are the moments of those made before; from the first end on nobody makes any other.
    """
    most, every_s = float(PER_MINUTE[EDIT]), 60.0 / PER_MINUTE[EDIT]
    ordered = sorted(ends)
    tokens, last = most, -math.inf
    for at in sorted(edit for edit in edits if edit < ordered[0]):
        tokens = min(most, tokens + (at - last) / every_s) - 1.0
        last = at
    waits = []
    for end in ordered:
        at = max(end, last)
        tokens = min(most, tokens + (at - last) / every_s)
        at += max(0.0, 1.0 - tokens) * every_s
        tokens, last = max(tokens, 1.0) - 1.0, at
        waits.append(at - end)
    return waits
