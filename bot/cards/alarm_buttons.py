"""*Mute 1 h* and *Unmute* beside an alarm, and what they are about."""

from datetime import timedelta

from bot.cards.answer_card import AnswerView
from bot.cards.blocks import Confirm, Element, button, cut, escaped
from bot.cards.text import spoken
from bot.domain.alarms import Alarm, Place

MUTE, UNMUTE = "alarms.mute", "alarms.unmute"
MUTED_FOR = timedelta(hours=1)


def mute_button(place: Place, alarm: Alarm, view: AnswerView) -> Element | None:
    """*Mute 1 h* or *Unmute*, where that is possible; while sources are asked there is none."""
    question, name = view.question, place.short(alarm.name)
    if not place.can_mute or not question.is_complete:
        return None
    subject = subject_of(question.id, place.environment, alarm.name)
    if alarm.mute is None:
        length = spoken(MUTED_FOR)
        says = (
            f"For {length} nobody is called because of {cut(name, 80)}, whatever happens. "
            "CloudWatch goes on judging it, and all others stay as they are."
        )
        return button(
            f"Mute {length}",
            action_id=MUTE,
            subject_id=subject,
            revision=question.round,
            confirm=Confirm(f"Mute {cut(name, 60)}?", escaped(says), "Mute"),
        )
    if not alarm.mute.is_ours:
        return None
    says = f"{cut(name, 80)} calls people again, at once if it fires now."
    return button(
        "Unmute",
        action_id=UNMUTE,
        subject_id=subject,
        revision=question.round,
        confirm=Confirm(f"Unmute {cut(name, 60)}?", escaped(says), "Unmute"),
    )


def subject_of(question_id: str, environment: str, alarm: str) -> str:
    """What a button on the card is about; `parts_of` reads it."""
    return f"{question_id} {environment} {alarm}"


def parts_of(subject_id: str) -> tuple[str, str, str]:
    """The question, the environment and the alarm of a button."""
    question_id, environment, alarm = subject_id.split(" ", 2)
    return question_id, environment, alarm
