"""CloudWatch's alarms on a card: what fires first, then what has no data, then what is fine."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.cards.alarm_buttons import mute_button
from bot.cards.answer_card import AnswerView, ending
from bot.cards.aws_console import alarm_page, alarms_page
from bot.cards.blocks import (
    Block,
    Message,
    cut,
    escaped,
    header,
    image,
    message,
    section,
)
from bot.cards.links import link
from bot.cards.text import counted, day_and_time, mention, moment, spoken
from bot.domain.alarms import Alarm, AlarmState, Found, Mute, Place
from bot.domain.alarms.read import Asked
from bot.domain.place import did_you_mean
from bot.domain.unit import spoken_value

MOST_FIRING, MOST_MUTED, MOST_NAMES = 8, 5, 20
NAME_CHARACTERS = 60
_STATES = {
    AlarmState.FIRING: ("🔴", "fires"),
    AlarmState.NO_DATA: ("⚪", "has no data"),
    AlarmState.OK: ("🟢", "is OK"),
}


def alarms(view: AnswerView) -> Message:
    """The card of alarms, whatever is known so far."""
    asked = Asked.of_json(view.question.words)
    if view.question.found is None:
        doing = "Not known" if view.question.is_complete else "Looking at CloudWatch"
        mark = "⚪" if view.question.is_complete else "🔵"
        first = f"{mark} {doing}: alarms{_where(asked.environment)}"
        return message(escaped(first), [header(first), *ending(view)])
    found = Found.of_json(view.question.found)
    named = found.chart if asked.name is not None else None
    if named is not None:
        first = named_headline(*named)
        blocks = [header(first), *_named(*named, view), *_picture(found, view)]
        blocks += [section(line) for line in [_others(found, named[1])] if line]
    else:
        first = headline(found, asked.environment)
        blocks = [header(first), *_all(found, view), *_picture(found, view)]
        if asked.name is not None:
            blocks += _not_there(found, asked.name)
    return message(escaped(first), [*blocks, *ending(view, *_facts(found))])


def headline(found: Found, environment: str | None) -> str:
    """What matters most about all of them, in one plain line."""
    where = _where(environment)
    firing = sum(len(place.of(AlarmState.FIRING)) for place in found.places)
    no_data = sum(len(place.of(AlarmState.NO_DATA)) for place in found.places)
    fine = sum(len(place.of(AlarmState.OK)) for place in found.places)
    silent = any(place.silent for place in found.places)
    unknown = "; not all are known" if silent else ""
    if firing:
        return f"🔴 {counted(firing, 'alarm')} firing{where}{unknown}"
    if silent:
        return f"⚪ Alarms not known{where}"
    if no_data:
        return f"⚪ {counted(no_data, 'alarm')} without data, {fine} OK{where}"
    if not fine:
        return f"⚪ No alarm{where}"
    return f"🟢 {counted(fine, 'alarm')} OK{where}"


def named_headline(place: Place, alarm: Alarm) -> str:
    """How one alarm is, in one plain line."""
    mark, state = _STATES[alarm.state]
    muted = ", muted" if alarm.mute is not None else ""
    name = cut(place.short(alarm.name), NAME_CHARACTERS)
    return f"{mark} {name} {state}{muted} in {place.environment}"


def chart_alt(place: Place, alarm: Alarm, values: Sequence[float]) -> str:
    """The chart in words, for whoever cannot see it."""
    said = f"Chart of {place.short(alarm.name)}, which watches {alarm.watches}"
    if not values:
        return f"{said}: no data"
    newest, highest = values[-1], max(values)
    return (
        f"{said}: {spoken_value(newest, alarm.unit)} now, "
        f"{spoken_value(highest, alarm.unit)} at most"
    )


def _all(found: Found, view: AnswerView) -> Iterator[Block]:
    for place in found.places:
        if len(found.places) > 1:
            yield section(_title(place, found.places))
        yield from _place(place, view)


def muted_words(name: str, mute: Mute) -> str:
    """`*5xx* is muted until 16:05 by @alice: “deploying”`, as mrkdwn."""
    return f"*{escaped(name)}* is {_muted(mute)}"


def _place(place: Place, view: AnswerView) -> Iterator[Block]:
    """The alarms of one place, the worst first."""
    if place.silent:
        yield section(f"⚪ CloudWatch did not tell them: {escaped(cut(place.silent, 300))}")
        return
    if not place.alarms:
        yield section(
            f"⚪ CloudWatch has no alarm whose name begins with `{_as_code(place.prefix)}`: "
            "nothing is watched, or `alarms` in the catalogue is wrong."
        )
        return
    firing = place.of(AlarmState.FIRING)
    for alarm in firing[:MOST_FIRING]:
        yield section(_told(place, alarm, view.now), accessory=mute_button(place, alarm, view))
    if len(firing) > MOST_FIRING:
        yield section(f"🔴 firing too: {_names(place, firing[MOST_FIRING:])}")
    no_data = place.of(AlarmState.NO_DATA)
    if no_data:
        yield section("\n".join(_no_data(place, alarm) for alarm in no_data[:MOST_FIRING]))
    if len(no_data) > MOST_FIRING:
        yield section(f"⚪ no data either: {_names(place, no_data[MOST_FIRING:])}")
    fine = sorted(place.of(AlarmState.OK), key=lambda alarm: alarm.name)
    quiet = [alarm for alarm in [*no_data, *fine] if alarm.mute is not None]
    for alarm in quiet[:MOST_MUTED]:
        if alarm.mute is not None:
            yield section(
                f"🟡 {_link(place, alarm)} {_muted(alarm.mute)}",
                accessory=mute_button(place, alarm, view),
            )
    if fine:
        yield section(f"🟢 OK: {_names(place, fine)}")
    if place.is_cut:
        yield section(f"⚪ These are the first {len(place.alarms)}; there are more.")


def _told(place: Place, alarm: Alarm, now: datetime) -> str:
    """Its state and since when, why, what it watches, what it is for, and whether it is muted."""
    mark, state = _STATES[alarm.state]
    since = ""
    if alarm.since is not None:
        when = moment if now - alarm.since < timedelta(hours=12) else day_and_time
        since = f" since {when(alarm.since)} ({spoken(now - alarm.since)})"
    lines = [f"{mark} *{_link(place, alarm)}* {state}{since}"]
    if alarm.is_composite:
        lines.append(f"{escaped(alarm.watches)} · follows other alarms: nothing of its own to draw")
    else:
        reason = alarm.reason if alarm.state is not AlarmState.OK else ""
        lines.append(" · ".join(map(escaped, filter(None, (reason, alarm.watches)))))
    lines += [escaped(alarm.description), *_quiet(alarm)]
    return "\n".join(filter(None, lines))


def _quiet(alarm: Alarm) -> Iterator[str]:
    """Why nobody hears of it."""
    if alarm.mute is not None:
        yield f"🟡 {_muted(alarm.mute)}"
    if not alarm.acts:
        yield "🟡 its actions are switched off: nobody is called, ever"


def _muted(mute: Mute) -> str:
    by = f" by {mention(mute.by)}" if mute.by else f" by the rule `{_as_code(mute.rule)}`"
    why = f": “{escaped(mute.why)}”" if mute.why else ""
    if mute.until is None:
        return f"muted again and again{by}{why}"
    return f"muted until {day_and_time(mute.until)}{by}{why}"


def _no_data(place: Place, alarm: Alarm) -> str:
    since = f" since {day_and_time(alarm.since)}" if alarm.since is not None else ""
    reason = f", {escaped(alarm.reason)}" if alarm.reason else ""
    return f"⚪ {_link(place, alarm)}: no data{since}{reason} · {escaped(alarm.watches)}"


def _names(place: Place, found: Sequence[Alarm]) -> str:
    shown = ", ".join(_link(place, alarm) for alarm in found[:MOST_NAMES])
    more = len(found) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _link(place: Place, alarm: Alarm) -> str:
    name = cut(place.short(alarm.name), NAME_CHARACTERS)
    return link(alarm_page(place.region, alarm.name), name)


def _named(place: Place, alarm: Alarm, view: AnswerView) -> Iterator[Block]:
    """One alarm that somebody asked for by its name, whatever its state."""
    yield section(_told(place, alarm, view.now), accessory=mute_button(place, alarm, view))


def _others(found: Found, named: Alarm) -> str:
    """How many others there are in which state."""
    counts = []
    for state, (mark, said) in _STATES.items():
        number = sum(
            alarm.name != named.name for place in found.places for alarm in place.of(state)
        )
        if number:
            counts.append(f"{mark} {number} {said.removeprefix('is ').removeprefix('has ')}")
    return f"the others: {' · '.join(counts)}" if counts else ""


def _picture(found: Found, view: AnswerView) -> Iterator[Block]:
    """The chart, or why there is none."""
    if found.uncharted:
        why = escaped(cut(found.uncharted, 300))
        yield section(f"⚪ Not drawn: the metric could not be read ({why}).")
    elif view.picture is not None and found.alt:
        yield image(view.picture, found.alt)


def _not_there(found: Found, name: str) -> Iterator[Block]:
    if not any(place.silent for place in found.places):
        names = [alarm.name for place in found.places for alarm in place.alarms]
        names += [place.short(alarm.name) for place in found.places for alarm in place.alarms]
        close = escaped(did_you_mean(name, names))
        yield section(f"⚪ There is no alarm {escaped(cut(name, 100))} here{close}.")


def _facts(found: Found) -> list[str]:
    """Small print: what their names begin with, and what is not known of them."""
    facts = []
    for prefix, place in {place.prefix: place for place in found.places}.items():
        facts.append(link(alarms_page(place.region, prefix), f"{prefix}…"))
    unknown = dict.fromkeys(place.mutes_unknown for place in found.places if place.mutes_unknown)
    said = (f"⚪ which are muted is not known: {escaped(cut(why, 200))}" for why in unknown)
    return [*facts, *said]


def _title(place: Place, shown: Sequence[Place]) -> str:
    services = {other.service for other in shown}
    service = f" {escaped(place.service)}" if len(services) > 1 else ""
    return f"*{escaped(place.environment)}{service}*"


def _where(environment: str | None) -> str:
    return f" in {environment}" if environment is not None else ""


def _as_code(text: str) -> str:
    return escaped(text.replace("`", "'"))
