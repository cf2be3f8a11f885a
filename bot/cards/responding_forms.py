"""The forms behind “…” on an alert's card: what is asked of PagerDuty, and with which choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.cards.blocks import Block, context, escaped
from bot.cards.modal import Modal, choice, person, searched, text_input
from bot.cards.text import spoken
from bot.domain.incident import PagerDutyIncident
from bot.domain.note import LONGEST_NOTE

ESCALATE, RESPONDER, NOTE, SNOOZE, PRIORITY = (
    "responding.escalate",
    "responding.join",
    "responding.note",
    "responding.snooze",
    "responding.priority",
)
"""The forms' callback ids."""
CHOSEN, WHO, MESSAGE = "chosen", "who", "message"
SEARCH = f"{RESPONDER}.{CHOSEN}"
"""The select that is searched."""
SNOOZES = {
    "30m": timedelta(minutes=30),
    **{f"{hours}h": timedelta(hours=hours) for hours in (1, 2, 4, 8)},
    **{f"{days}d": timedelta(days=days) for days in (1, 2, 7)},
}
"""PagerDuty snoozes for 7 days at most."""
USUAL_SNOOZE = "1h"
LONGEST_MESSAGE = 500
WAIT = "Asking PagerDuty…"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a form is about; it comes back with what was filled in."""

    group_id: str
    incident: PagerDutyIncident
    channel_id: str
    shared_with: tuple[str, ...] = ()
    """The names of other groups whose alerts are in the same incident."""

    @property
    def carried(self) -> Mapping[str, str]:
        return {
            "group": self.group_id,
            "incident": self.incident.id,
            "channel": self.channel_id,
        }


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the incident's policy, and who is called on it now."""

    number: int
    people: tuple[str, ...]


def _also(about: Subject) -> tuple[Block, ...]:
    """What else is acted on: PagerDuty joins alerts, and the card is about one group."""
    if not about.shared_with:
        return ()
    names = ", ".join(map(escaped, about.shared_with))
    return (context(f"PagerDuty has joined more alerts in it: {names}. It is for all of them."),)


def escalate_form(about: Subject, policy: str, levels: Sequence[Level], *, initial: int) -> Modal:
    """Which level is called next."""
    now = ", ".join(about.incident.assignees) or "nobody"
    options = [
        (str(level.number), f"Level {level.number}: {', '.join(level.people) or 'nobody'}")
        for level in levels
    ]
    return Modal(
        callback_id=ESCALATE,
        title=f"Escalate {about.incident.label}",
        submit="Escalate",
        carried=about.carried,
        blocks=(
            choice(CHOSEN, "Page whoever is on call on", options, initial=str(initial)),
            context(
                f"It follows the policy *{escaped(policy)}* and is with {escaped(now)} now. "
                "Whoever is on call there is paged at once; an acknowledged incident is triggered "
                "again."
            ),
            *_also(about),
        ),
    )


def responder_form(about: Subject, message: str) -> Modal:
    """Who is asked to join: found in PagerDuty, or somebody of the workspace."""
    return Modal(
        callback_id=RESPONDER,
        title="Add a responder",
        submit="Ask to join",
        carried=about.carried,
        blocks=(
            searched(
                CHOSEN,
                "Person or escalation policy in PagerDuty",
                placeholder="Type a name",
            ),
            person(
                WHO,
                "Or somebody in Slack",
                placeholder="Choose somebody",
                hint="They are found in PagerDuty by their e-mail.",
            ),
            text_input(
                MESSAGE, "What they are told", initial=message, lines=True, at_most=LONGEST_MESSAGE
            ),
            context(
                f"PagerDuty asks them to join {escaped(about.incident.label)}, and pages them."
            ),
            *_also(about),
        ),
    )


def note_form(about: Subject, emoji: str) -> Modal:
    """What is written on the incident."""
    return Modal(
        callback_id=NOTE,
        title=f"Note on {about.incident.label}",
        submit="Write",
        carried=about.carried,
        blocks=(
            text_input(MESSAGE, "Note", lines=True, at_most=LONGEST_NOTE),
            context(
                "It stands in PagerDuty under your name, and in the thread. A message of the "
                f"thread becomes a note when you mark it with :{escaped(emoji)}:"
            ),
        ),
    )


def snooze_form(about: Subject) -> Modal:
    """For how long it rests."""
    return Modal(
        callback_id=SNOOZE,
        title=f"Snooze {about.incident.label}",
        submit="Snooze",
        carried=about.carried,
        blocks=(
            choice(
                CHOSEN,
                "For how long",
                [(said, spoken(length)) for said, length in SNOOZES.items()],
                initial=USUAL_SNOOZE,
            ),
            context(
                "You acknowledge it until then; if it is still open it is triggered again, and "
                "pages. The alert itself goes on."
            ),
            *_also(about),
        ),
    )


def priority_form(
    about: Subject, priorities: Sequence[tuple[str, str, str]], *, initial: str | None
) -> Modal:
    """Which of the account's priorities it has, as (id, name, description)."""
    options = [
        (known_as, f"{name}: {description}" if description else name)
        for known_as, name, description in priorities
    ]
    return Modal(
        callback_id=PRIORITY,
        title=f"Priority of {about.incident.label}",
        submit="Set",
        carried=about.carried,
        blocks=(choice(CHOSEN, "Priority", options, initial=initial), *_also(about)),
    )
