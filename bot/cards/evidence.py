"""What the evidence of a bake says, in a line each, and the words around its picture."""

from bot.cards.blocks import escaped
from bot.cards.text import moment
from bot.domain.change import Change, ChangeKind
from bot.domain.judgement import Finding, Judged, Judgement
from bot.domain.unit import Unit, spoken_value

MARKS = {Judged.GOOD: "✓", Judged.BAD: "✗", Judged.INCONCLUSIVE: "?"}


def findings_text(judgement: Judgement) -> str:
    """What is not well first, a line each; then all that is, in one."""
    bad = [one for one in judgement.findings if one.judged is Judged.BAD]
    unsure = [one for one in judgement.findings if one.judged is Judged.INCONCLUSIVE]
    rest = [_short(one) for one in judgement.findings if one.judged is Judged.GOOD]
    if judgement.judged is None:  # it is too early for most of them: nothing is missing yet
        rest += [f"{escaped(one.name)} …" for one in unsure]
        unsure = []
    lines = [_long(one) for one in (*bad, *unsure)]
    return "\n".join([*lines, " · ".join(rest)] if rest else lines)


def _short(finding: Finding) -> str:
    """`errors 0.12 % (before 0.11 %) ✓`; while both versions run, beside the old one's."""
    name = escaped(finding.name)
    if finding.after is None:
        return f"{name} {MARKS[finding.judged]}"
    if finding.name == "targets":
        return f"{name} {finding.after:g} of {finding.before or 0:g} {MARKS[finding.judged]}"
    beside = ""
    if finding.control is not None:
        beside = f" (old {spoken_value(finding.control, finding.unit)})"
    elif finding.before is not None:
        beside = f" (before {spoken_value(finding.before, finding.unit)})"
    return f"{name} {spoken_value(finding.after, finding.unit)}{beside} {MARKS[finding.judged]}"


def _long(finding: Finding) -> str:
    quiet = "" if finding.decides else " · measured, not deciding"
    since = f" · since {moment(finding.since)}" if finding.since is not None else ""
    why = escaped(finding.why)
    return f"{MARKS[finding.judged]} *{escaped(finding.name)}*  {why}{since}{quiet}"


def chart_title(change: Change, finding: Finding) -> str:
    """Over the picture; drawn as it is, so nothing in it needs escaping."""
    return f"{finding.name}: {change.service} in {change.environment}, {change.wanted_name}"


def chart_alt(change: Change, finding: Finding) -> str:
    """What the picture shows, for those who do not see it."""
    unit = finding.unit if isinstance(finding.unit, Unit) else Unit.PLAIN
    after = spoken_value(finding.after, unit) if finding.after is not None else "no data"
    before = spoken_value(finding.before, unit) if finding.before is not None else "no data"
    what = "the restart of " if change.kind is ChangeKind.RESTART else ""
    return (
        f"{finding.name} of {change.service} in {change.environment} before and after "
        f"{what}{change.wanted_name}: {before}, then {after}"
    )
