"""What an alert group's card says of the changes before it: the likely cause, and its reasons."""

from bot.cards.blocks import Element, button, cut, escaped
from bot.cards.text import counted, mention, moment, spoken
from bot.catalog import ANY
from bot.domain.alert import AlertGroup
from bot.domain.suspects import LOOK_BACK, Deed, Ranking, Suspect

THIS_WAS_IT = "suspect.cause"
NOT_THIS = "suspect.innocent"

REASONS_FOR = 3
OTHERS_NAMED = 2
REASON_CHARACTERS = 120
"""Of one reason: a task's last words may be long."""


def suspect_lines(ranking: Ranking, group: AlertGroup, *, may_name: bool = True) -> list[str]:
    """The likely cause on one line and its reasons on the next; or that nothing explains it.

    Whoever did it is named where that calls nobody: in an edit, not in a message's first post.
    """
    first = ranking.first
    if first is None:
        return [_nothing(ranking, group)]
    title = "*cause*" if first.is_blamed else "*likely cause*"
    by = _by(first.deed, may_name=may_name)
    lines = [f"{title}  {_done(first.deed, group)} at {moment(first.deed.began_at)}{by}"]
    said = first.deed.verdict
    if said is not None and said.is_cause:
        lines.append(f"{mention(said.by)} says that this was it")
    else:
        lines.append(reasons_line(first))
    return lines


def reasons_line(suspect: Suspect) -> str:
    """What speaks for it, and the one thing that speaks most against it."""
    ours = [reason.words for reason in suspect.reasons if reason.speaks_for][:REASONS_FOR]
    against = [reason for reason in suspect.reasons if not reason.speaks_for]
    if against:
        ours.append(f"but {min(against, key=lambda reason: reason.weight).words}")
    return " · ".join(escaped(cut(words, REASON_CHARACTERS)) for words in ours)


def others_line(ranking: Ranking, group: AlertGroup) -> str:
    """What else was done before it, folded: the next suspects, and what explains nothing."""
    known = [one for one in (*ranking.suspects, *ranking.others) if not one.is_cleared]
    open_ones = known[1:]  # the first one stands above
    parts = [
        f"{_done(one.deed, group)} {_before(one.deed, group)}" for one in open_ones[:OTHERS_NAMED]
    ]
    if len(open_ones) > OTHERS_NAMED:
        parts.append(f"and {len(open_ones) - OTHERS_NAMED:,} more")
    lines = [f"{counted(len(open_ones), 'other change')}: {', '.join(parts)}"] if parts else []
    lines += [
        f"not it, says {mention(one.deed.verdict.by)}: {_done(one.deed, group)}"
        for one in ranking.others
        if one.is_cleared and one.deed.verdict is not None
    ][:OTHERS_NAMED]
    return "\n".join(lines)


def _nothing(ranking: Ranking, group: AlertGroup) -> str:
    hours = spoken(LOOK_BACK)
    known = [one for one in ranking.others if not one.is_cleared]
    if not ranking.others:
        return f"*no change* in the {hours} before it, as far as the bot knows"
    if not known:
        return f"*no other change* in the {hours} before it explains it"
    last = known[0].deed
    return f"*no change explains it*; {_done(last, group)} {_before(last, group)}"


def _done(deed: Deed, group: AlertGroup) -> str:
    """What was done, and to what where that is not what the alert is about."""
    if deed.service == group.service:
        return escaped(deed.name)
    where = f"all of {deed.environment}" if deed.service == ANY else deed.service
    return f"{escaped(deed.name)} ({escaped(where)})"


def _by(deed: Deed, *, may_name: bool) -> str:
    if not deed.by:
        return " outside the bot"
    return f" by {mention(deed.by)}" if may_name else ""


def _before(deed: Deed, group: AlertGroup) -> str:
    if deed.began_at >= group.started_at:
        return "as it began"
    return f"{spoken(group.started_at - deed.began_at)} before"


def verdict_buttons(group: AlertGroup, ranking: Ranking) -> list[Element]:
    """*This was it* and *Not this* about the first suspect; what was said may be corrected."""
    first = ranking.first
    if first is None:
        return []
    labels = {} if first.is_blamed else {"This was it": THIS_WAS_IT}
    return [
        button(
            label,
            action_id=action_id,
            subject_id=suspect_id(group.id, first.deed),
            revision=group.state_revision,
        )
        for label, action_id in {**labels, "Not this": NOT_THIS}.items()
    ]


def suspect_id(group_id: str, deed: Deed) -> str:
    """What a button about a suspect carries: the alert group, the kind of row, and its id."""
    return f"{group_id}/{deed.kind.row}/{deed.id}"
