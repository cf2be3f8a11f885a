"""CloudWatch's alarms as alert groups: one alarm is one group, known by its ARN.

An alarm names no service, environment or severity of ours: the catalogue says what its name
begins with in each place, and how bad which names are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from bot.alerts.normalise import GroupUpdate, dedup_key_of, possible
from bot.cards.aws_console import alarm_page
from bot.catalog import Catalog
from bot.domain.alarms.words import followed, last_value, operator_of, reasoned, unit_of
from bot.domain.alert import Alert, Condition, Source
from bot.domain.place import Place, places
from bot.domain.secrecy import masked
from integrations.aws.alarm_news import ALARM, NO_DATA, OK, AlarmNews

RECEIVER = "cloudwatch"
BLIND = (
    "CloudWatch has no data for this alarm: that is neither a failure nor a sign that it is well."
)
GONE = "The alarm is gone from CloudWatch: that is no sign that it is well."
LONGEST_DESCRIPTION = 300


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where the catalogue puts an alarm: places whose names for alarms it begins with."""

    places: tuple[Place, ...]

    @property
    def service(self) -> str | None:
        return _only(place.service for place in self.places)

    @property
    def environment(self) -> str | None:
        return _only(place.environment for place in self.places)

    @property
    def prefix(self) -> str:
        return (self.places[0].config.alarms or "") if self.places else ""


def mapped(catalog: Catalog, arn: str) -> Mapped:
    """The places of an alarm, in its account and region: those of the longest beginning."""
    _, _, _, region, account, _, name = arn.split(":", 6)
    begun = [
        place
        for place in places(catalog)
        if (place.config.account, place.config.region) == (account, region)
        and place.config.alarms is not None
        and name.startswith(place.config.alarms)
    ]
    longest = max((len(place.config.alarms or "") for place in begun), default=0)
    return Mapped(tuple(place for place in begun if len(place.config.alarms or "") == longest))


def from_cloudwatch(news: AlarmNews, catalog: Catalog, *, begun: datetime | None) -> GroupUpdate:
    """`begun` is when it began to fire, where that is known already: its occurrence goes on.

    An alarm without data goes on as it is, blind: it has neither ended nor does it fire.
    """
    place = mapped(catalog, news.arn)
    condition = condition_of(news)
    starts_at = possible(begun or news.since)
    ended = max(possible(news.since), starts_at) if news.state == OK else None
    alert = Alert(
        fingerprint=news.arn,
        starts_at=starts_at,
        ends_at=ended,
        labels=_labels(news, catalog, place),
        annotations={"summary": masked(" ".join(news.description.split()))[:LONGEST_DESCRIPTION]},
        value=None if news.state != ALARM else last_value(news.reason, scale=_scale(news)),
        links={"Alarm in CloudWatch": alarm_page(news.region, news.name)},
        note=_note(news, place.prefix),
        is_blind=news.state == NO_DATA,
    )
    return GroupUpdate(
        source=Source.CLOUDWATCH,
        receiver=RECEIVER,
        group_key=news.arn,
        dedup_key=dedup_key_of(news.arn),
        truncated=0,
        alerts=(alert,),
        condition=condition,
    )


def condition_of(news: AlarmNews) -> Condition | None:
    """What the alarm compares, in the unit it is told in; None for one on others, or on a band.

    It has no expression: Prometheus cannot be asked for it.
    """
    operator = operator_of(news.comparison, news.reason)
    if news.threshold is None or operator is None:
        return None
    unit, scale = unit_of(news.metric, news.unit)
    return Condition("", operator, news.threshold * scale, unit=unit)


def _scale(news: AlarmNews) -> float:
    return unit_of(news.metric, news.unit)[1]


def _labels(news: AlarmNews, catalog: Catalog, place: Mapped) -> dict[str, str]:
    told = {
        **news.dimensions,
        "alertname": news.name,
        "severity": severity_of(news.name, catalog),
        "account": news.account,
        "region": news.region,
        catalog.alerts.service_label: place.service or "",
        catalog.alerts.environment_label: place.environment or "",
    }
    return {name: value for name, value in told.items() if value}


def severity_of(name: str, catalog: Catalog) -> str:
    """What the catalogue says of alarms with such a name; a warning where it says nothing."""
    told = catalog.alerts.cloudwatch.severity
    return next((word for pattern, word in told.items() if fnmatchcase(name, pattern)), "warning")


def _note(news: AlarmNews, prefix: str) -> str:
    """Why it is in its state, in CloudWatch's words made shorter."""
    if news.state == NO_DATA:
        return BLIND
    if news.state == OK:
        return ""
    if news.rule:
        return f"Follows other alarms: {followed(news.rule, prefix)}."
    unit, scale = unit_of(news.metric, news.unit)
    why = masked(reasoned(news.reason, unit=unit, scale=scale)).rstrip(".")
    what = " ".join(filter(None, (news.statistic, news.metric))) or "its expression"
    return f"CloudWatch: {what}, {why}." if why else ""


def _only(names: Iterable[str]) -> str | None:
    """The one name there is; None of several."""
    found = set(names)
    return found.pop() if len(found) == 1 else None
