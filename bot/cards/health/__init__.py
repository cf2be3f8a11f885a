"""How a place is, read in two seconds, or all places; every figure leads to its source."""

from collections import defaultdict
from collections.abc import Sequence

from bot.cards.answer_card import AnswerView, ending
from bot.cards.blocks import Block, Message, actions, cut, escaped, header, message, section
from bot.cards.health import around, running, slos
from bot.cards.health.words import LONGEST_NAME, listed
from bot.cards.text import counted
from bot.domain.health import Health, read
from bot.domain.health.overall import Grade, Overall, overall

LONGEST_HEAD = 80
REASONS = 4
PLACES_SHOWN = 40
"""Lines of places on one card; the worst come first."""
TOGETHER = 10
"""Lines in one block."""


def card(view: AnswerView) -> Message:
    """The answer to `/credlink health`: of one place in full, of several a line each."""
    found = read(view.question.found) if view.question.found else ()
    if not found:
        head = "⚪ Health not known" if view.question.is_complete else "🔵 Looking…"
        return message(head, [header(head), *ending(view)])
    if view.question.is_complete:
        found = tuple(health.ended() for health in found)
    if len(found) == 1:
        return _one(view, found[0])
    return _several(view, found)


def headline(health: Health) -> str:
    """`🟢 prod healthy · credlink-api v1.2.0`, plain."""
    grade = overall(health).grade
    version = f" {health.version.name}" if health.version is not None else ""
    said = f"{grade.mark} {health.environment} {grade.word} · {health.service}{version}"
    return cut(said, LONGEST_HEAD)


def _one(view: AnswerView, health: Health) -> Message:
    verdict = overall(health)
    body: list[Block] = []
    if said := reasons_line(verdict):
        body.append(section(f"*{said}*"))
    paragraphs = (
        [*running.version_line(health), running.tasks_line(health, view.now)],
        slos.slo_lines(health),
        [
            around.alerts_line(health),
            around.people_line(health),
            *around.issues_lines(health),
        ],
    )
    body += [section("\n".join(filter(None, each)), is_unfolded=True) for each in paragraphs]
    if silent := silent_line([health]):
        body.append(section(silent))
    head = headline(health)
    text = " · ".join(filter(None, [escaped(head), said]))
    small = [*around.change_and_lock(health, view.now), *around.grafana(health)]
    return message(text, [header(head), *body, *_ending(view, health, small)])


def _ending(view: AnswerView, health: Health, small: list[str]) -> list[Block]:
    """The usual end, with the buttons of other cards that help at night beside *Refresh*."""
    blocks = ending(view, *small)
    if blocks[-1]["type"] == "actions" and health.buttons:
        blocks[-1] = actions(*blocks[-1]["elements"], *map(dict, health.buttons))
    return blocks


def _several(view: AnswerView, found: Sequence[Health]) -> Message:
    worst_first = sorted(found, key=lambda health: -overall(health).grade)
    head = _summary(found)
    said = [_place_line(health) for health in worst_first[:PLACES_SHOWN]]
    if len(found) > PLACES_SHOWN:
        said.append(f"and {len(found) - PLACES_SHOWN} more, none of them worse")
    blocks: list[Block] = [header(head)]
    blocks += [
        section("\n".join(said[first : first + TOGETHER]), is_unfolded=True)
        for first in range(0, len(said), TOGETHER)
    ]
    if silent := silent_line(found):
        blocks.append(section(silent))
    text = "\n".join([escaped(head), *(escaped(headline(health)) for health in worst_first)])
    return message(text, [*blocks, *ending(view)])


def _summary(found: Sequence[Health]) -> str:
    """`🔴 1 of 3 places unwell`; all of them in the word of the worst."""
    grades = [overall(health).grade for health in found]
    worst = max(grades)
    number, all_of_them = grades.count(worst), len(grades)
    if worst is Grade.GOOD:
        return f"{worst.mark} All {all_of_them} places healthy"
    words = {Grade.WARNING: "need a look" if number > 1 else "needs a look"}
    said = words.get(worst, worst.word)
    return f"{worst.mark} {number} of {counted(all_of_them, 'place')} {said}"


def _place_line(health: Health) -> str:
    verdict = overall(health)
    version = f" *{escaped(health.version.name)}*" if health.version is not None else ""
    name = f"{verdict.grade.mark} *{escaped(health.environment)}*  "
    facts = [
        f"{name}{escaped(health.service)}{version}",
        running.tasks_in_short(health),
        slos.worst_slo(health),
        around.alerts_in_short(health),
    ]
    said = " · ".join(filter(None, facts))
    why = reasons_line(verdict, at_most=2)
    return f"{said}\n↳ {why}" if why else said


def silent_line(found: Sequence[Health]) -> str:
    """Who did not answer, and why; of several places also where."""
    by_word: dict[str, list[str]] = defaultdict(list)
    for health in found:
        for part, why in health.silent.items():
            said = f"*{escaped(part.system)}* {around.spoken_silence(why)}"
            if health.environment not in by_word[said]:
                by_word[said].append(health.environment)
    several = len(found) > 1
    said_where = (
        (said, f" ({escaped(', '.join(where))})" if several else "")
        for said, where in by_word.items()
    )
    return "\n".join(f"⚪ {said}{where}" for said, where in said_where)


def reasons_line(verdict: Overall, *, at_most: int = REASONS) -> str:
    """Why the place is not simply well, the worst first."""
    said = [escaped(cut(reason.words, LONGEST_NAME)) for reason in verdict.reasons]
    return listed(dict.fromkeys(said), at_most=at_most, joined=" · ")
