"""Words about Sentry's issues, for cards and threads."""

from bot.cards.blocks import Message, brief, cut, escaped, section
from bot.cards.links import link
from bot.domain.sentry import ActKind, IssueStatus, SentryIssue

TITLE_CHARACTERS = 140
DOING = {
    ActKind.RESOLVE: "resolving",
    ActKind.ASSIGN: "assigning",
    ActKind.ARCHIVE: "archiving",
}


def name_of(issue: SentryIssue) -> str:
    """The issue as a link, with what it is."""
    title = escaped(cut(" ".join(issue.title.split()), TITLE_CHARACTERS))
    if not issue.short_id:
        return link(issue.url, cut(issue.title, TITLE_CHARACTERS)) if issue.url else title
    return f"{link(issue.url, issue.short_id)} {title}"


def standing(issue: SentryIssue) -> str:
    """Where it stands and with whom: `🟢 resolved by Alice`, `assigned to Carol`; may be empty."""
    said = []
    if not issue.is_open:
        mark = "🟢" if issue.status is IssueStatus.RESOLVED else "⚫"
        by = f" by {brief(issue.moved_by)}" if issue.moved_by else ""
        said.append(f"{mark} {issue.status.word}{by}")
    if issue.assignee:
        said.append(f"assigned to {brief(issue.assignee)}")
    return " · ".join(said)


def moved_entry(before: SentryIssue, issue: SentryIssue, *, by: str) -> Message:
    """What became of it, for the thread: a name, for a mention would notify."""
    who = f" by {brief(by)}" if by else ""
    if issue.status is before.status:
        done = f"assigned to {brief(issue.assignee)}" if issue.assignee else "assigned to nobody"
    elif issue.is_open:
        done = "unresolved again"
    else:
        done = issue.status.word
    return _line(f"Sentry {name_of(issue)}: {done}{who}")


def joined_entry(issue: SentryIssue, *, rule: str) -> Message:
    """That one of Sentry's own rules told of an issue while this fired."""
    told = f"Sentry's alert rule “{brief(rule)}” fired" if rule else "Sentry saw it first now"
    return _line(f"{told}: {name_of(issue)}")


def _line(text: str) -> Message:
    return Message(text, (section(text),))
