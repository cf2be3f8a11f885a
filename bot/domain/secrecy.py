"""What must not be shown: by the name it goes under, or by how it looks.

Nobody can tell for sure, so it errs on the side of silence: what is kept back costs a reader a look
at the task definition or the log itself, what is shown wrongly costs a new password.

`looks_secret` judges a variable's value as a whole. `masked` takes single secrets out of lines
that people must still be able to read: an id or a digest is random too, and stays.
"""

import re
from collections.abc import Mapping
from typing import Any

_NAMES = re.compile(
    r"KEY|TOKEN|SECRET|PASS|PWD|CREDENTIAL|DSN|AUTH|PRIVATE|SALT|SIGNING|SIGNATURE|CERT|COOKIE"
    r"|WEBHOOK|LICEN[CS]E|CONNECTION_?STRING|CRYPT|(?:^|_)(?:PW|PIN|OTP|JWT|SAS|NONCE)(?:_|$)",
    re.IGNORECASE,
)
_USER_IN_URL = re.compile(r"://[^/\s@]+@")
_ASSIGNED = re.compile(
    r"(?:pass|pwd|secret|token|key|sig|auth|credential)[\w-]{0,12}[\"']?\s*[=:]\s*[\"']?[^\s\"'&;]",
    re.IGNORECASE,
)
"""`password=…` in a connection string, `?sig=…` in an address, `"apiKey": …` in JSON."""
_ARMOUR = "-----BEGIN"
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_PART = re.compile(r"[A-Za-z0-9]+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[vV]?\d{1,12}")
_SHORTEST_MIXED = 16
"""Letters and digits in one piece, as long as a short API key."""
_LONGEST_WORD = 20
_MOST_ODD = 8
"""Characters of a long token in pieces that are neither words nor numbers."""


def looks_secret(name: str, value: str) -> bool:
    """Whether the value of this variable may be a secret, or contain one."""
    return (
        _NAMES.search(name) is not None
        or _USER_IN_URL.search(value) is not None
        or _ASSIGNED.search(value) is not None
        or _ARMOUR in value
        or _looks_random(value)
    )


def _looks_random(value: str) -> bool:
    if any(_is_random_piece(piece) for piece in _PART.findall(value)):
        return True
    return any(_odd_characters(token) >= _MOST_ODD for token in _TOKEN.findall(value))


def _is_random_piece(piece: str) -> bool:
    if len(piece) > _LONGEST_WORD:
        return True
    is_mixed = not piece.isalpha() and not piece.isdigit()
    return is_mixed and len(piece) >= _SHORTEST_MIXED


def _odd_characters(token: str) -> int:
    """How much of a long token is neither words nor numbers: base64 is, `credlink-prod-2` not."""
    if token.isalpha() or not any(character.isdigit() for character in token):
        return 0
    return sum(len(piece) for piece in _PART.findall(token) if not _WORD.fullmatch(piece))


MASK = "***"
_WORDS = (
    r"pass(?:word|wd|phrase|code)|(?<![a-z])pass(?![a-z])|pwd|secret|token|credential|jwt"
    r"|(?<![a-z])(?:auth|otp|pin|sig|dsn)(?![a-z])|authori[sz]ation|signature|connection[_-]?string"
    r"|(?:api|access|account|private|secret|signing|encryption|shared|session|client|auth)[_-]?key"
    r"|(?<=[?&])key|session[_-]?id"
)
_SECRET_NAME = re.compile(_WORDS, re.IGNORECASE)
_COOKIE_NAME = re.compile(r"cookie", re.IGNORECASE)
_QUOTE = r"""\\*["']"""
_ASSIGNMENT = re.compile(
    rf"""(?P<name>(?:{_WORDS})[\w-]{{0,20}}(?:{_QUOTE})?\s{{0,3}}(?:=>|[:=])\s{{0,3}})
    (?:
        (?P<quote>{_QUOTE})(?:(?!(?P=quote))(?:\\.|.))*(?P<end>(?P=quote)|$)
      | [{{\[][^\]}}]*[\]}}]?
      | (?:(?:bearer|basic|token|digest|negotiate)\s+)?[^\s"'&,;)\]}}\\]+
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
"""`password=…`, `?sig=…`, `"apiKey": "…"`, also where JSON stands in JSON and its quotes have
backslashes."""
_COOKIE = re.compile(
    rf"""((?:set-)?cookie(?:{_QUOTE})?\s{{0,3}}[:=]\s{{0,3}}(?:{_QUOTE})?)[^\r\n"\\]+""",
    re.IGNORECASE,
)
_SHAPES = re.compile(
    r"-----BEGIN[\s\S]*?(?:-----END [A-Z0-9 ]+-----|\Z)"  # a private key, or what is there of it
    r"|\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"  # a JSON web token
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # an AWS access key
    r"|\bxox[abeprs]-[\w-]+|\bxapp-[\w-]+"  # Slack's
    r"|\b(?:gh[opsur]_|github_pat_)\w{20,}|\bglpat-[\w-]{16,}"  # GitHub's and GitLab's
    r"|\b[sr]k_(?:live|test)_\w{10,}|\bAIza[\w-]{30,}"  # Stripe's and Google's
)
_AFTER_SCHEME = re.compile(r"\b(bearer|basic)(\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/\s\"'<>?#]+@(?=[^\s@])")
# An AWS secret key has 40 characters of base64; hexadecimal ones are digests, words have no digits.
_AWS_SECRET = re.compile(
    r"(?<![\w/+=-])(?=[\w/+]{0,39}[a-z])(?=[\w/+]{0,39}[A-Z])(?=[\w/+]{0,39}\d)"
    r"[A-Za-z0-9/+]{40}(?![\w/+=-])"
)
# Cards begin with 2 to 6; a moment in milliseconds has 13 digits too, and begins with 1.
_CARD = re.compile(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])")


def masked(text: str) -> str:
    """The text with everything in it that looks like a secret crossed out.

    Secrets are values of a telling name (`password=…`, in JSON too), keys and tokens of a known
    shape, users in addresses, and numbers of payment cards.
    """
    text = _SHAPES.sub(MASK, text)
    text = _COOKIE.sub(rf"\1{MASK}", text)
    text = _ASSIGNMENT.sub(_without_value, text)
    text = _AFTER_SCHEME.sub(rf"\1\2{MASK}", text)
    text = _USERINFO.sub(f"{MASK}@", text)
    text = _AWS_SECRET.sub(MASK, text)
    return _CARD.sub(_without_card, text)


def masked_json(value: Any, name: str = "") -> Any:
    """The same for what JSON holds; everything under a telling name is crossed out."""
    if name and value is not None and not isinstance(value, bool) and _tells_a_secret(name):
        return MASK
    if isinstance(value, Mapping):
        return {masked(str(key)): masked_json(one, str(key)) for key, one in value.items()}
    if isinstance(value, list):
        return [masked_json(one) for one in value]
    if isinstance(value, str):
        return masked(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return MASK if is_number and masked(str(value)) != str(value) else value


def _tells_a_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(name) or _COOKIE_NAME.search(name))


def _without_value(found: re.Match[str]) -> str:
    quote = found["quote"] or ""
    return f"{found['name']}{quote}{MASK}{found['end'] or ''}"


def _without_card(found: re.Match[str]) -> str:
    digits = [int(character) for character in found[0] if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    is_card = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    return MASK if is_card else found[0]
