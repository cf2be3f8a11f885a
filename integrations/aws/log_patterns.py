"""What a person looks for in logs, written for CloudWatch's two ways of searching. Pure.

FilterLogEvents takes filter patterns, Insights its own language. What is clearly a filter pattern
is taken as one: `{ $.level = "error" }`, `?timeout ?refused`, `%5\\d\\d%`, `"a phrase"`. Anything
else is a term to be found as it stands.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Iterator

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ANY_OF = re.compile(rf'\?(?P<term>{_QUOTED}|[^\s"?][^\s"]*)(?:\s+|$)')
_PHRASE = re.compile(_QUOTED)
_JSON = re.compile(r"\{.*\$[.\[].*\}")
# A backslash takes the next character with it, so that the last `%` is no part of the expression.
_REGEX = re.compile(r"%((?:[^%\\]|\\[^%])+)%")
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<selector>\$\.[\w.@\[\]-]+)
      | (?P<operator>!=|<=|>=|=|<|>)
      | (?P<joint>&&|\|\||[()])
      | (?P<number>-?\d+(?:\.\d+)?(?![\w.*-]))
      | (?P<text>{_QUOTED}|[\w.*@/:-]+)
      | (?P<regex>%(?:[^%\\]|\\[^%])+%)
    )""",
    re.VERBOSE,
)
_JOINTS = {"&&": "and", "||": "or", "(": "(", ")": ")"}
_FIELD = re.compile(r"[A-Za-z_@][\w@]*(?:\.\w+)*")


def filter_pattern(said: str) -> str:
    """Return the pattern for FilterLogEvents; empty finds everything."""
    text = _CONTROL.sub(" ", said).strip()
    if not text or _JSON.fullmatch(text) or _expression(text) is not None:
        return text
    terms = _any_of(text)
    if terms is not None:
        return " ".join(f"?{_quoted(term)}" for term in terms)
    return _quoted(_phrase(text))


def insights_filter(said: str) -> str | None:
    """Return the condition of Insights' `filter` that finds the same; empty finds everything.

    None where Insights has no words for it, or what begins like a pattern is none.
    """
    text = _CONTROL.sub(" ", said).strip()
    if not text:
        return ""
    if _JSON.fullmatch(text):
        return _of_json(text[1:-1])
    expression = _expression(text)
    if expression is not None:
        return f"@message like /{_slashed(expression)}/"
    terms = _any_of(text)
    if terms is not None:
        return " or ".join(f"@message like /{_literal(term)}/" for term in terms)
    return f"@message like /{_literal(_phrase(text))}/"


def _expression(text: str) -> str | None:
    """What stands between two `%` if it is a regular expression."""
    read = _REGEX.fullmatch(text)
    if read is None:
        return None
    try:
        re.compile(read[1])
    except re.error:
        return None
    return read[1]


def _any_of(text: str) -> list[str] | None:
    """The terms of `?a ?b`, of which one is enough; None if it is not that."""
    terms, position = [], 0
    while position < len(text):
        read = _ANY_OF.match(text, position)
        if read is None:
            return None
        terms.append(_phrase(read["term"]))
        position = read.end()
    return terms


def _phrase(text: str) -> str:
    """What stands in quotes if all of it does, and else the text itself."""
    if len(text) > 2 and _PHRASE.fullmatch(text):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _quoted(term: str) -> str:
    escaped = term.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _literal(term: str) -> str:
    """A regular expression that finds the term itself, fit to stand between slashes."""
    return re.sub(r"([^\w\s])", r"\\\1", term)


def _slashed(expression: str) -> str:
    """The expression, with every slash that is not escaped yet escaped."""
    return re.sub(r"\\.|/", lambda one: "\\/" if one[0] == "/" else one[0], expression)


def _of_json(inner: str) -> str | None:
    words: list[str] = []
    left, depth, wants_operand = list(_tokens(inner)), 0, True
    while left:
        kind, written = left[0]
        if kind == "selector" and wants_operand:
            word, used, wants_operand = _comparison(left[:3]), 3, False
        elif kind == "joint" and (written == "(") is wants_operand:
            word, used, wants_operand = _JOINTS[written], 1, written != ")"
            depth += {"(": 1, ")": -1}.get(written, 0)
        else:
            return None
        if word is None or depth < 0:
            return None
        words.append(word)
        del left[:used]
    return None if depth or wants_operand else " ".join(words)


def _tokens(inner: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(inner.rstrip())
    while position < end:
        read = _TOKEN.match(inner, position)
        if read is None or read.lastgroup is None:
            yield "unknown", inner[position:]
            return
        yield read.lastgroup, read[read.lastgroup]
        position = read.end()


def _comparison(tokens: list[tuple[str, str]]) -> str | None:
    """`$.status >= 500` as Insights has it. It finds JSON's members by name, arrays' by number."""
    if [kind for kind, _ in tokens[:2]] != ["selector", "operator"] or len(tokens) < 3:
        return None
    name = re.sub(r"\[(\d+)\]", r".\1", tokens[0][1][2:])
    operator, (kind, value) = tokens[1][1], tokens[2]
    if _FIELD.fullmatch(name) is None:
        return None
    if kind == "number":
        return f"{name} {operator} {value}"
    like = {"=": "like", "!=": "not like"}.get(operator)
    if like is None:
        return None
    if kind == "regex":
        expression = _expression(value)
        return None if expression is None else f"{name} {like} /{_slashed(expression)}/"
    if kind == "text":
        parts = _phrase(value).split("*") if value != '""' else [""]
        return f"{name} {like} /^{'.*'.join(map(_literal, parts))}$/"
    return None
