"""A place in a query, pointed at."""

LONGEST_LINE = 2000
"""Characters of a query that are repeated to whoever made a mistake in it."""


def pointed(expression: str, at: int) -> str:
    """The line of the query that holds this place, as code, with a mark under the place."""
    before = expression[:at]
    line_start = before.rfind("\n") + 1
    line = expression[line_start:].split("\n", 1)[0]
    column = at - line_start
    shown = line[:LONGEST_LINE].replace("`", "'").replace("\t", " ").rstrip("\r")
    return f"```\n{shown}\n{' ' * min(column, len(shown))}^\n```"
