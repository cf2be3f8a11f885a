"""Who is on call: by level, until when, and who is next. People are named and never called."""

from collections.abc import Iterable
from datetime import datetime

from bot.cards.answer_card import AnswerView, ending
from bot.cards.blocks import Block, Message, escaped, message, section
from bot.cards.links import link
from bot.cards.text import day_and_time
from bot.domain.oncall import Level, OnCall, Roster, Shift, read_roster
from bot.domain.place import listed

NOTHING_ABOUT = "the catalogue names nothing in PagerDuty for it"


def oncall(view: AnswerView) -> Message:
    """The answer to `oncall`: one service in full, or a line for each of several."""
    question = view.question
    services: list[str] = question.words["services"]
    if question.found is None:
        said = "Nobody said who is on call" if question.is_complete else "Looking up who is on call"
        first = f"{'⚪' if question.is_complete else '🔵'} {said} for {_of(services)}"
        return message(first, [section(f"*{first}*"), *ending(view)])
    roster = read_roster(question.found)
    if len(services) == 1:
        return _one(view, services[0], roster)
    lines = [_line(name, roster) for name in services]
    worst = _worst(services, roster)
    blocks = [section(f"*{worst}*"), *map(section, _chunks(lines)), *ending(view)]
    return message(worst, blocks)


def summary(name: str, roster: Roster) -> tuple[str, str]:
    """The mark and the one line that say who is on call for a service."""
    if name in roster.without:
        return "⚪", f"not paged: {NOTHING_ABOUT}"
    if name in roster.silent:
        return "⚪", f"unknown: PagerDuty {escaped(_why(roster.silent[name]))}"
    on_call = roster.services.get(name)
    return ("⚪", "not known yet") if on_call is None else first_called(on_call)


def first_called(on_call: OnCall) -> tuple[str, str]:
    """The mark and the words for whoever is called first, until when; in mrkdwn."""
    if on_call.is_nobody:
        return "🔴", "*nobody is on call*"
    for level in on_call.levels:
        if level.current:
            break
    said = f"{_people(level.current)}{_until(level)}"
    if on_call.levels[0].current:
        return "🟢", said
    return "🟠", f"*nobody on the first level*; on level {level.level} {said}"


def _one(view: AnswerView, name: str, roster: Roster) -> Message:
    mark, said = summary(name, roster)
    first = f"{mark} On call for {escaped(name)}: {said}"
    on_call = roster.services.get(name)
    blocks: list[Block] = [section(f"{mark} *On call for {escaped(name)}*  {said}")]
    facts: list[str] = []
    if on_call is not None:
        if on_call.is_nobody:
            blocks.append(section("A page would reach no one. Put somebody into the schedule."))
        if on_call.levels:
            blocks.append(section("\n".join(_level(one) for one in on_call.levels)))
        facts = _links(on_call)
    if name in roster.unplanned:
        facts.append(
            f"⚪ who is next is unknown: PagerDuty {escaped(_why(roster.unplanned[name]))}"
        )
    return message(first, [*blocks, *ending(view, *facts)])


def _line(name: str, roster: Roster) -> str:
    """One service of several: who is called first, and who follows."""
    mark, said = summary(name, roster)
    on_call = roster.services.get(name)
    first = on_call.levels[0] if on_call is not None and on_call.levels else None
    then = _then(first) if first is not None and first.current else ""
    return f"{mark} *{escaped(name)}*  {said}{then}"


def _worst(services: list[str], roster: Roster) -> str:
    """What matters most about several services, in one line."""
    nobody = [n for n in services if n in roster.services and roster.services[n].is_nobody]
    if nobody:
        return f"🔴 Nobody is on call for {_of(nobody)}"
    if roster.silent:
        return f"⚪ PagerDuty did not say who is on call for {_of(sorted(roster.silent))}"
    return f"{'🟢' if roster.services else '⚪'} On call for {_of(services)}"


def _of(services: list[str]) -> str:
    if len(services) > 3:
        return f"{len(services)} services"
    return escaped(listed(services)) if services else "no service"


def _level(level: Level) -> str:
    if not level.current:
        return f"level {level.level}  🔴 *nobody*{_then(level)}"
    until = _until(level) or " always"
    return f"level {level.level}  *{_people(level.current)}*{until}{_then(level)}"


def _people(shifts: Iterable[Shift]) -> str:
    return escaped(listed(dict.fromkeys(shift.person for shift in shifts)))


def _until(level: Level) -> str:
    ends = [shift.ends_at for shift in level.current if shift.ends_at is not None]
    return f" until {day_and_time(min(ends))}" if ends else ""


def _then(level: Level) -> str:
    """Who follows, and what is not covered meanwhile."""
    gap, following = level.uncovered_from, level.next
    if following is None or following.begins_at is None:
        return f" · ⚠ nobody after {day_and_time(gap)}" if gap is not None and level.current else ""
    person = escaped(following.person)
    if gap is not None and gap < following.begins_at:
        from_then = f"{person} from {day_and_time(following.begins_at)}"
        if not level.current:
            return f" · then {from_then}"
        return f" · ⚠ then nobody, and {from_then}"
    return f" · then {person}{_if_later(level, following.begins_at)}"


def _if_later(level: Level, begins_at: datetime) -> str:
    """When the next one begins, where that is not when the present one ends."""
    ends = {shift.ends_at for shift in level.current}
    return "" if begins_at in ends else f" from {day_and_time(begins_at)}"


def _links(on_call: OnCall) -> list[str]:
    policy = on_call.policy or "escalation policy"
    found = [link(on_call.policy_url, policy) if on_call.policy_url else escaped(policy)]
    schedules = {
        shift.schedule_url: shift.schedule
        for level in on_call.levels
        for shift in level.current
        if shift.schedule_url and shift.schedule
    }
    return found + [f"schedule {link(url, name)}" for url, name in schedules.items()]


def _why(why: str) -> str:
    """`did not answer within 5 s`, or PagerDuty's own words after a colon's worth of grammar."""
    return why if why.startswith("did not") else f"did not say it ({why})"


def _chunks(lines: list[str]) -> list[str]:
    """Lines in paragraphs that Slack takes."""
    return ["\n".join(lines[at : at + 15]) for at in range(0, len(lines), 15)]
