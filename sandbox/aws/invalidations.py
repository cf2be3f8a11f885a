"""CloudFront's invalidations as they are in AWS: in progress first, and limited.

moto finishes them at birth with a status that no waiter knows, and takes any path and reference.

Sources: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_InvalidationBatch.html and
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
"""

import random
import string
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.aws.errors import Refused
from sandbox.aws.schedule import Schedule

TAKES_S = 5.0
"""At pace 1; CloudFront needs some seconds to some minutes."""
FILES_IN_PROGRESS = 3000
WILDCARDS_IN_PROGRESS = 15
LONGEST_PATH = 4000
IN_PROGRESS, COMPLETED = "InProgress", "Completed"


@dataclass(slots=True)
class Invalidation:
    """`created_at` is in epoch seconds."""

    id: str
    distribution: str
    reference: str
    paths: tuple[str, ...]
    created_at: float
    status: str = IN_PROGRESS


class Invalidations:
    """Those of one account. Not thread-safe: its owner holds the world's lock."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._made: list[Invalidation] = []

    def of(self, distribution: str) -> list[Invalidation]:
        """Newest first, as CloudFront lists them."""
        return [each for each in reversed(self._made) if each.distribution == distribution]

    def create(self, distribution: str, reference: str, paths: Sequence[str]) -> Invalidation:
        """Begin to invalidate; the same reference with the same paths is the same invalidation.

        Raises:
            Refused: in CloudFront's words.
        """
        _check_paths(paths)
        for known in self.of(distribution):
            if known.reference == reference:
                if set(known.paths) != set(paths):
                    raise Refused(
                        "InvalidationBatchAlreadyExists",
                        "An invalidation batch with this caller reference and other paths exists.",
                    )
                return known
        self._check_room(distribution, paths)
        made = Invalidation(_new_id(), distribution, reference, tuple(paths), self._schedule.now)
        self._made.append(made)
        self._schedule.after(TAKES_S, _complete, made)
        return made

    def _check_room(self, distribution: str, paths: Sequence[str]) -> None:
        under_way = [
            path
            for each in self.of(distribution)
            if each.status == IN_PROGRESS
            for path in each.paths
        ]
        for wildcard, most in ((True, WILDCARDS_IN_PROGRESS), (False, FILES_IN_PROGRESS)):
            if sum(path.endswith("*") is wildcard for path in (*under_way, *paths)) > most:
                raise Refused(
                    "TooManyInvalidationsInProgress",
                    "Processing your request will cause you to exceed the maximum number of "
                    "in-progress wildcard invalidations."
                    if wildcard
                    else "Processing your request will cause you to exceed the maximum number of "
                    "in-progress invalidations.",
                )


def _complete(invalidation: Invalidation) -> None:
    invalidation.status = COMPLETED


def _check_paths(paths: Sequence[str]) -> None:
    if len(paths) > FILES_IN_PROGRESS:
        raise Refused("BatchTooLarge", "Invalidation batch specified is too large.", status=413)
    if not paths or any(not path.startswith("/") or len(path) > LONGEST_PATH for path in paths):
        raise Refused(
            "InvalidArgument", "Your request contains one or more invalid invalidation paths."
        )


def _new_id() -> str:
    return "I" + "".join(random.choices(string.ascii_uppercase + string.digits, k=13))
