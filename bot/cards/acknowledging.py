"""What `ack` says back: what is done, what else could be meant, or that there is nothing."""

from collections.abc import Sequence

from bot.cards.alert_lines import place_of
from bot.cards.answer import Answer
from bot.cards.blocks import cut, escaped
from bot.cards.links import link
from bot.cards.people import mention
from bot.domain.answerable import Answerable
from bot.domain.incident import PagerDutyIncident

MOST = 10
DRY_RUN = "Dry run, nothing was changed:"


def doing(one: Answerable, *, by: str) -> Answer:
    """It is promised; the card says what comes of it, in the same words."""
    return Answer(f"🔵 acknowledging {_what(one)} in PagerDuty as <@{by}>…{_also(one)}")


def would(one: Answerable) -> Answer:
    return Answer(f"{DRY_RUN} you would acknowledge {_what(one)} in PagerDuty.{_also(one)}")


def which(waiting: Sequence[Answerable], *, command: str) -> Answer:
    """Several incidents, or more alerts than were named: what to type for each."""
    ids = {one.incident.id: one for one in waiting if one.incident is not None}
    shown = list(ids.values())
    lines = ["Which one?" if len(ids) > 1 else "More than that would be acknowledged."]
    lines += [f"• `{command} ack {_label(one)}` {_what(one)}{_also(one)}" for one in shown[:MOST]]
    if len(ids) > MOST:
        lines.append(f"and {len(ids) - MOST} more: `{command} alerts` lists them")
    return Answer("\n".join(lines))


def nobody_called(found: Sequence[Answerable]) -> Answer:
    """What is meant calls nobody now: it has been acknowledged, or has no open incident."""
    lines = []
    for one in found[:MOST]:
        incident = one.incident
        if incident is None:
            lines.append(f"{_what(one)} has no open incident in PagerDuty: it pages nobody.")
        else:
            who = incident.acknowledged_by
            lines.append(f"{mention(who) if who else 'Somebody'} is on {_what(one)} already.")
    if len(found) > MOST:
        lines.append(f"And {len(found) - MOST} more.")
    return Answer("\n".join(["There is nothing to acknowledge.", *lines]))


def nothing(is_any_open: bool, wanted: str | None, environment: str | None) -> Answer:
    """No open alert is what somebody means."""
    where = f" in {escaped(environment)}" if environment else ""
    if wanted is None or not is_any_open:
        return Answer(f"There is nothing to acknowledge: I know of no open alert{where}.")
    name = escaped(cut(wanted, 80))
    return Answer(f"I know of no open alert or incident {name}{where}. Nothing was acknowledged.")


def _what(one: Answerable) -> str:
    where = place_of(one.group)
    name = f"{escaped(cut(one.group.name, 80))}{', ' + escaped(where) if where else ''}"
    return f"{_number(one.incident)} ({name})" if one.incident is not None else name


def _label(one: Answerable) -> str:
    return escaped(one.incident.label) if one.incident is not None else ""


def _number(incident: PagerDutyIncident) -> str:
    return link(incident.url, incident.label)


def _also(one: Answerable) -> str:
    """What else is in the same incident."""
    if not one.shared_with:
        return ""
    names = ", ".join(escaped(cut(name, 80)) for name in dict.fromkeys(one.shared_with))
    return f" PagerDuty has joined more alerts in it: {names}."
