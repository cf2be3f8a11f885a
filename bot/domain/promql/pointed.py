"""A place in a query, pointed at."""

from bot.domain.promql.covered import covered

LONGEST_LINE = 2000
"""Characters of a query that are repeated to whoever made a mistake in it."""


def pointed(expression: str, at: int) -> str:
    """The line of the query that holds this place, as code, with a mark under the place.

    Secrets are crossed out, and the mark moves with what became shorter.
    """
    before = expression[:at]
    line_start = before.rfind("\n") + 1
    line = covered(expression[line_start:].split("\n", 1)[0])
    column = len(covered(expression[line_start:at]))
    shown = line[:LONGEST_LINE].replace("`", "'").replace("\t", " ").rstrip("\r")
    return f"```\n{shown}\n{' ' * min(column, len(shown))}^\n```"
