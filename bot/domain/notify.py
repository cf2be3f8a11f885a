"""Is there anything new to say about an alert group, and why: a reason, not a yes or no."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.alert import Severity


class PostReason(StrEnum):
    FIRST_ALERT = "first alert of the group"
    MORE_ALERTS = "more alerts joined"
    WORSE = "severity went up"
    ALL_RESOLVED = "every alert resolved"


@dataclass(frozen=True, slots=True)
class Picture:
    """What fires (fingerprints), and the worst of it."""

    firing: frozenset[str]
    severity: Severity


def reason_to_post(before: Picture | None, now: Picture) -> PostReason | None:
    """Say why this is worth an entry in the thread, or None if it is not.

    `before` is what card and thread last told, not the last webhook: alerts that come and go
    without being told must not hide the next one.
    """
    if before is None:
        return PostReason.FIRST_ALERT if now.firing else None
    if not now.firing:
        return PostReason.ALL_RESOLVED if before.firing else None
    if now.severity > before.severity:
        return PostReason.WORSE
    if now.firing - before.firing:
        return PostReason.MORE_ALERTS
    return None
