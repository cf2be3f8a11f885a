"""What CloudWatch says of an alarm, as people say it."""

import re

from bot.domain.unit import Unit, spoken_value

LONGEST = 200
"""Characters of CloudWatch's own words, where they are none that are known."""
VALUES = 3
COMPARED = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside of its usual band",
    "LessThanLowerThreshold": "below its usual band",
    "GreaterThanUpperThreshold": "above its usual band",
}
_OPERATORS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
_SPOKEN_OPERATORS = {
    "greater than or equal to the threshold": ">=",
    "less than or equal to the threshold": "<=",
    "greater than the threshold": ">",
    "less than the threshold": "<",
}
_UNITS = {
    "Percent": (Unit.PERCENT, 1.0),
    "Seconds": (Unit.SECONDS, 1.0),
    "Milliseconds": (Unit.SECONDS, 1e-3),
    "Microseconds": (Unit.SECONDS, 1e-6),
    "Bytes": (Unit.BYTES, 1.0),
    "Kilobytes": (Unit.BYTES, 1024.0),
    "Megabytes": (Unit.BYTES, 1024.0**2),
    "Gigabytes": (Unit.BYTES, 1024.0**3),
    "Count/Second": (Unit.PER_SECOND, 1.0),
}
_BY_NAME = (
    (re.compile(r"(Utilization|Percent(age)?)$"), (Unit.PERCENT, 1.0)),
    (re.compile(r"^(TargetResponseTime|ApproximateAgeOfOldestMessage)$"), (Unit.SECONDS, 1.0)),
    (re.compile(r"Bytes$|^FreeableMemory$|^FreeStorageSpace$"), (Unit.BYTES, 1.0)),
)
"""Alarms seldom say a unit; these metrics have but one.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
"""
_CROSSED = re.compile(
    r"Threshold Crossed: (\d+) (?:out of the last (\d+) )?datapoints? \[(.*?)\] (?:was|were) (.+?) "
    r"the threshold \(([^)]+)\)"
)
_VALUE = re.compile(r"(-?[\d.]+(?:[eE][+-]?\d+)?) \(")
_TREATED = re.compile(r"no datapoints were received .*treated as \[?(\w+)", re.IGNORECASE)
_RULE = re.compile(r"(ALARM|OK|INSUFFICIENT_DATA)\(\"?([^\")]+)\"?\)")
_STATES = {"ALARM": "fires", "OK": "is OK", "INSUFFICIENT_DATA": "has no data"}


def unit_of(metric: str | None, unit: str | None) -> tuple[Unit, float]:
    """The unit of a metric's values, and what to multiply them by for it."""
    if unit in _UNITS:
        return _UNITS[unit]
    found = (known for pattern, known in _BY_NAME if metric and pattern.search(metric))
    return next(found, (Unit.PLAIN, 1.0))


def watched(
    *,
    metric: str | None,
    statistic: str | None,
    comparison: str | None,
    threshold: float | None,
    unit: Unit,
) -> str:
    """`Maximum DatabaseConnections above 180`; the threshold is in `unit`."""
    what = " ".join(filter(None, (statistic, metric))) or "an expression of metrics"
    how = COMPARED.get(comparison or "", comparison or "")
    if threshold is None:
        return f"{what} {how}".strip()
    return f"{what} {how} {spoken_value(threshold, unit)}".strip()


def followed(rule: str, prefix: str) -> str:
    """`5xx fires or latency-p95 fires`, of a composite alarm's rule."""
    said = _RULE.sub(lambda one: f"{one[2].removeprefix(prefix)} {_STATES[one[1]]}", rule)
    for word in ("AND", "OR", "NOT"):
        said = re.sub(rf"\b{word}\b", word.lower(), said)
    return _short(said)


def reasoned(reason: str, *, unit: Unit, scale: float = 1.0) -> str:
    """Why an alarm is in its state; CloudWatch's own words where they are none that are known."""
    crossed = _CROSSED.search(reason)
    if crossed is not None:
        return _crossed(crossed, unit, scale)
    if treated := _TREATED.search(reason):
        return f"no value came, which it takes as {treated[1]}"
    if reason.startswith("Insufficient Data"):
        return "no value came"
    if reason.startswith("Unchecked"):
        return "it has not been judged yet"
    return _short(reason)


def last_value(reason: str, *, scale: float = 1.0) -> float | None:
    """The newest value that CloudWatch gives as its reason, scaled; None where it gives none."""
    values = _VALUE.findall(reason)
    return float(values[0]) * scale if values else None


def operator_of(comparison: str | None, reason: str = "") -> str | None:
    """How an alarm compares, as `>`; of its reason where its configuration is not told."""
    if comparison:
        return _OPERATORS.get(comparison)
    return next((sign for words, sign in _SPOKEN_OPERATORS.items() if words in reason), None)


def _crossed(found: re.Match[str], unit: Unit, scale: float) -> str:
    number, of = int(found[1]), int(found[2] or found[1])
    values = [float(value) * scale for value in _VALUE.findall(found[3])][:VALUES]
    said = ", ".join(spoken_value(value, unit) for value in values)
    if of == 1:
        return f"{said} in the last period"
    return f"{number} of the last {of} values: {said}" if said else f"{number} of {of} values"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
