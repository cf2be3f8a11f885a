"""Sentry's issues on an alert group's card: a section each, with what can be done about it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import quote

from bot.cards.blocks import Block, Element, brief, cut, escaped, overflow, section
from bot.cards.links import link
from bot.cards.sentry import DOING, name_of, standing
from bot.cards.text import counted, day_and_time, moment
from bot.domain.alert import AlertGroup, Source
from bot.domain.evidence.issues import ON_CARD, Issues
from bot.domain.sentry import ActKind, ActState, SentryIssue, ShownIssue, Sighting, Why

MENU = "sentry"
"""A menu for each issue; its subject is `group/issue`."""
RESOLVE, ASSIGN, ARCHIVE = (f"{MENU}.{kind.value}" for kind in ActKind)
MESSAGE_CHARACTERS = 80
A_DAY = timedelta(days=1)
LABELS = {
    ActKind.RESOLVE: "Resolve",
    ActKind.ASSIGN: "Assign to me",
    ActKind.ARCHIVE: "Archive until it escalates",
}


def blocks(said: Issues, group: AlertGroup) -> Sequence[Block]:
    """At most three issues; the rest is counted, with a link to where they are."""
    shown, rest = said.shown[:ON_CARD], said.shown[ON_CARD:]
    found = [
        section(
            "\n".join(_lines(one, group, is_first=one is shown[0])), accessory=_menu(one, group)
        )
        for one in shown
    ]
    if rest:
        more = link(_search(said.shown[0].issue, group), counted(len(rest), "more issue"))
        found.append(section(f"and {more} in Sentry"))
    return found


def _lines(one: ShownIssue, group: AlertGroup, *, is_first: bool) -> Iterator[str]:
    """What there is to know while it is open; of one that is not, what became of it."""
    issue = one.issue
    yield ("*Sentry*  " if is_first else "") + name_of(issue)
    if issue.is_open:
        yield _facts(issue, one.sighting, group)
    if where := standing(issue):
        yield where
    if issue.commit is not None and issue.is_open:
        commit = issue.commit
        message = escaped(cut(commit.message, MESSAGE_CHARACTERS))
        by = f" by {brief(commit.author)}" if commit.author else ""
        yield f"suspect commit {link(commit.url, commit.id[:7])} {message}{by}"
    if asked := _act_line(one, group):
        yield asked


def _facts(issue: SentryIssue, sighting: Sighting, group: AlertGroup) -> str:
    """How often, for how many people, and why it is here."""
    facts = []
    if sighting.events is not None:
        users = f", {counted(sighting.users, 'user')}" if sighting.users else ""
        by = f" by {moment(sighting.counted_at)}" if sighting.counted_at else ""
        facts.append(f"{counted(sighting.events, 'event')}{users}{by}")
    if why := _why(sighting):
        facts.append(why)
    if sighting.rule and group.source is not Source.SENTRY:  # there it is what the card is about
        facts.append(f"alert rule “{brief(sighting.rule)}”")
    is_old = group.started_at - issue.first_seen_at > A_DAY
    seen = (day_and_time if is_old else moment)(issue.first_seen_at)
    facts.append(f"first seen {seen}")
    return " · ".join(facts)


def _why(sighting: Sighting) -> str:
    """Empty where only a rule says so, which is said beside it."""
    match sighting.why:
        case Why.RELEASE:
            return f"*new in {brief(sighting.release or 'what runs')}*"
        case Why.NEW:
            return "*new*"
        case Why.RISING:
            return f"*rising*, {sighting.events_before:,} in as long a time before"
        case Why.RULE:
            return ""


def _act_line(one: ShownIssue, group: AlertGroup) -> str:
    """What is being asked of Sentry; where it was asked also why it did not happen, or what there
    is to say of its end."""
    act = one.act
    if act is None or (act.state is not ActState.PENDING and act.group_id != group.id):
        return ""
    by = f"<@{act.by}>"
    match act.state:
        case ActState.PENDING:
            return f"🔵 {DOING[act.kind]} in Sentry as {by} asked…"
        case ActState.FAILED if one.issue.is_open:
            return f"⚪ {by} could not {act.kind.value} it: {escaped(act.why)}"
        case ActState.DONE if act.why:
            return f"⚪ {by}: {escaped(act.why)}"
    return ""


def _menu(one: ShownIssue, group: AlertGroup) -> Element | None:
    """What can still be done, and one thing asked at a time."""
    is_busy = one.act is not None and one.act.state is ActState.PENDING
    if is_busy or not one.issue.is_open:
        return None
    return overflow(
        [(kind.value, label) for kind, label in LABELS.items()],
        action_id=MENU,
        subject_id=f"{group.id}/{one.issue.id}",
        revision=one.issue.state_revision,
    )


def _search(issue: SentryIssue, group: AlertGroup) -> str:
    """Sentry's list of what is unresolved there: it stands above the page of each issue."""
    above = issue.url.rstrip("/").rpartition("/")[0]
    found = f"{above}/?query={quote(f'is:unresolved project:{issue.project}')}"
    return f"{found}&environment={quote(group.environment)}" if group.environment else found
