"""A silence: what it would hide, and once somebody confirmed it how it stands."""

from collections.abc import Sequence

from bot.cards.answer_card import AnswerView, ending
from bot.cards.blocks import Block, Message, actions, button, cut, escaped, header, message, section
from bot.cards.silence_words import CONFIRM, by_whom, code, end_button, extend_button, title
from bot.cards.text import counted, day_and_time, mention, spoken
from bot.domain.silence import Silence, SilenceState
from bot.domain.silence.preview import BACK, Hidden, Preview, read_preview
from bot.domain.silence.request import SilenceRequest

SHOWN = 6
"""Alert names listed; the rest is counted."""
S = SilenceState


def silence(view: AnswerView) -> Message:
    """The card of a silence, from the proposal to its end."""
    request = SilenceRequest.of_json(view.question.words)
    made = view.silence
    head = _head(view, request)
    blocks: list[Block] = [header(head), section(_what(request, made))]
    if made is not None and made.state is not S.FAILED:
        if made.state is S.LIVE:
            blocks.append(actions(extend_button(made), end_button(made)))
        return message(escaped(head), [*blocks, *ending(view)[:-1]])
    preview = read_preview(view.question.found) if view.question.found is not None else None
    if preview is not None:
        blocks.append(section(_hides(preview)))
    if preview is not None and preview.silent is None and _may_be_confirmed(view, request):
        blocks.append(actions(_confirm(view, request)))
    return message(escaped(head), [*blocks, *ending(view)])


def _may_be_confirmed(view: AnswerView, request: SilenceRequest) -> bool:
    return view.question.is_complete and not view.question.trouble and not request.is_dry_run


def _head(view: AnswerView, request: SilenceRequest) -> str:
    what = title(request.matchers)
    match view.silence.state if view.silence else None:
        case None:
            word = "⚪ Dry run" if request.is_dry_run else "🔵 Silence proposed"
        case S.ASKED:
            word = "🔵 Silencing"
        case S.LIVE:
            word = "🟡 Silenced"
        case S.ENDED:
            word = "⚫ Silence ended"
        case S.FAILED:
            word = "🔴 Not silenced"
    return f"{word}: {what} · {spoken(request.length)}" if _is_ahead(view) else f"{word}: {what}"


def _is_ahead(view: AnswerView) -> bool:
    return view.silence is None


def _what(request: SilenceRequest, made: Silence | None) -> str:
    lines = [code(request.matchers), f"_{escaped(request.reason)}_"]
    if made is None:
        return "\n".join(lines)
    who = by_whom(made)
    match made.state:
        case S.ASKED:
            lines.append(f"until {day_and_time(made.ends_at)} by {who}; Alertmanager is asked")
        case S.LIVE:
            lines.append(f"until {day_and_time(made.ends_at)} by {who}")
        case S.ENDED:
            ended = f"ended {day_and_time(made.ends_at)}"
            by = f" by {mention(made.ended_by)}" if made.ended_by else ""
            lines.append(f"{ended}{by} · silenced by {who}")
        case S.FAILED:
            lines.append(f"{escaped(made.why)} Nothing is silenced. Silence it again below.")
    return "\n".join(lines)


def _hides(preview: Preview) -> str:
    return "\n".join([*_hides_now(preview), *_would_have_hidden(preview)])


def _hides_now(preview: Preview) -> list[str]:
    if preview.silent is not None:
        why = escaped(preview.silent)
        return [f"⚪ *Would hide now:* unknown, Alertmanager says nothing ({why}). Refresh later."]
    if not preview.now:
        return [f"*Would hide now:* nothing{_of_what_fires(preview)}"]
    many = f"{preview.alerts} of the {counted(preview.firing, 'alert')} firing"
    if preview.alerts >= preview.firing:
        many = "the only alert that fires"
        if preview.firing > 1:
            many = f"⚠ *all {preview.firing} alerts* that fire now"
    already = f", {preview.already} of them silenced already" if preview.already else ""
    return [f"*Would hide now:* {many}{already}", *_listed(preview.now)]


def _of_what_fires(preview: Preview) -> str:
    if preview.firing == 0:
        return ", since nothing fires"
    return f" of the {counted(preview.firing, 'alert')} firing"


def _would_have_hidden(preview: Preview) -> list[str]:
    days = f"in the last {BACK.days} days"
    if preview.past is None:
        return [f"⚪ *Would have hidden {days}:* unknown, this expression is too involved to tell"]
    if not preview.past:
        return [f"*Would have hidden {days}:* nothing that this bot has seen"]
    many = sum(hidden.alerts for hidden in preview.past)
    return [f"*Would have hidden {days}:* {counted(many, 'alert')}", *_listed(preview.past)]


def _listed(hidden: Sequence[Hidden]) -> list[str]:
    lines = [
        f"• {escaped(cut(one.name or 'without a name', 80))}"
        f"{' · ' + escaped(one.severity) if one.severity else ''} · {one.alerts}"
        f" · last began {day_and_time(one.last_at)}"
        for one in hidden[:SHOWN]
    ]
    if len(hidden) > SHOWN:
        more = sum(one.alerts for one in hidden[SHOWN:])
        lines.append(f"and {counted(more, 'alert')} more of {len(hidden) - SHOWN} other names")
    return lines


def _confirm(view: AnswerView, request: SilenceRequest) -> Block:
    return button(
        f"Silence for {spoken(request.length)}",
        action_id=CONFIRM,
        subject_id=view.question.id,
        revision=view.question.round,
        style="primary",
    )
