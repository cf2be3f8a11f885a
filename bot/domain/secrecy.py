"""Whether a value must not be shown: by the name it goes under, or by how it looks.

Nobody can tell for sure, so it errs on the side of silence: what is kept back costs a reader a look
at the task definition, what is shown wrongly costs a new password.
"""

import re

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
