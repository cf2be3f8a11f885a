"""CloudWatch's alarm mute rules, which moto does not know.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.aws.errors import Refused
from sandbox.aws.metrics import invalid, seconds
from sandbox.aws.model import Json

SCHEDULED, ACTIVE, EXPIRED = "SCHEDULED", "ACTIVE", "EXPIRED"
STATUSES = (SCHEDULED, ACTIVE, EXPIRED)
MOST_ALARMS = 100
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=15)
_ONCE = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2})\)")
_RECURRING = re.compile(r"cron\(\S+ \S+ \S+ \S+ \S+\)")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


@dataclass(slots=True)
class MuteRule:
    """`raw` is as it was put; `starts_at` is None for one that recurs. Moments: epoch seconds."""

    raw: Json
    arn: str
    updated_at: float
    starts_at: float | None
    length_s: float

    @property
    def name(self) -> str:
        return str(self.raw["Name"])

    @property
    def alarms(self) -> list[str]:
        return list(self.raw.get("MuteTargets", {}).get("AlarmNames", ()))

    @property
    def kind(self) -> str:
        return "RECURRING" if self.starts_at is None else "ONE_TIME"

    def status(self, now: float) -> str:
        """What it is at `now`; when one that recurs is active, nobody works out here."""
        expires = self.raw.get("ExpireDate")
        if expires is not None and seconds(expires) <= now:
            return EXPIRED
        if self.starts_at is None or now < self.starts_at:
            return SCHEDULED
        return ACTIVE if now < self.starts_at + self.length_s else EXPIRED


def made(raw: Json, *, arn: str, alarms: frozenset[str], now: float) -> MuteRule:
    """Read a rule as it is put.

    Raises:
        Refused: it is none.
    """
    schedule = raw.get("Rule", {}).get("Schedule", {})
    targets = raw.get("MuteTargets", {}).get("AlarmNames", [])
    if not 1 <= len(raw.get("Name") or "") <= 255:
        raise invalid("Name must have 1 to 255 characters")
    if len(targets) > MOST_ALARMS:
        raise invalid(f"AlarmNames must have at most {MOST_ALARMS} members")
    if absent := [name for name in targets if name not in alarms]:
        raise Refused("ResourceNotFoundException", f"Alarms do not exist: {', '.join(absent)}")
    expression, length = schedule.get("Expression", ""), _length(schedule.get("Duration", ""))
    if not SHORTEST <= length <= LONGEST:
        raise invalid("Duration must be between PT1M and P15D")
    return MuteRule(
        raw=raw,
        arn=arn,
        updated_at=now,
        starts_at=_start(expression, schedule.get("Timezone") or "UTC"),
        length_s=length.total_seconds(),
    )


def _start(expression: str, timezone: str) -> float | None:
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise invalid(f"{timezone} is no time zone") from None
    once = _ONCE.fullmatch(expression)
    if once is None:
        if _RECURRING.fullmatch(expression) is None:
            raise invalid(f"Expression {expression!r} is neither at(…) nor cron(…)")
        return None
    try:
        return datetime.fromisoformat(once[1]).replace(tzinfo=zone).timestamp()
    except ValueError:
        raise invalid(f"Expression {expression!r} names no moment") from None


def _length(written: str) -> timedelta:
    read = _DURATION.fullmatch(written)
    if read is None or not any(read.groups()):
        raise invalid(f"Duration {written!r} is no ISO 8601 duration of days, hours and minutes")
    days, hours, minutes = (int(part or 0) for part in read.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
