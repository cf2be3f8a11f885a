"""Refusals that mean something else than a refusal, told by AWS's error code."""

from integrations.errors import Rejected


def has_code(exc: Rejected, *codes: str) -> bool:
    """Whether AWS refused with one of these codes; `errors.translated` puts the code first."""
    return exc.detail.partition(":")[0] in codes
