"""A query as it may be shown: what looks like a secret in it is crossed out."""

import re

from bot.domain.secrecy import MASK, looks_secret, masked

_TEXT = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"
_MATCHER = re.compile(rf"(?P<label>\w+)(?P<is>\s*(?:=~|!~|!=|=)\s*)(?P<value>{_TEXT})")
_SET_BY_CALL = re.compile(rf"[\"'`](?P<label>\w+)(?P<is>[\"'`]\s*,\s*)(?P<value>{_TEXT})")
"""`"token", "…"`, as label_replace and label_join are told of a label and what it becomes."""


def covered(promql: str) -> str:
    """The query without the values of labels whose names are of secrets, and without what has the
    shape of one wherever it stands."""
    return masked(_SET_BY_CALL.sub(_uncovered, _MATCHER.sub(_uncovered, promql)))


def _uncovered(found: re.Match[str]) -> str:
    value = found["value"]
    is_secret = looks_secret(found["label"], "") or ("://" in value and looks_secret("", value))
    if not is_secret:
        return found[0]
    before = found[0].removesuffix(value)
    return f"{before}{value[0]}{MASK}{value[0]}"
