"""What every integration raises, and what of another system's words may stand in it."""

from collections.abc import Iterable

LONGEST_DETAIL = 500
"""Characters of a system's own words that are kept: enough for a sentence, never a whole page."""


class IntegrationError(Exception):
    """Another system did not give what it was asked for.

    `retryable` answers one question: could the same call, unchanged, succeed later? The durable
    engine reads it, and nothing else decides on retries. `detail` is fit to be shown to people:
    it holds no secret and at most `LONGEST_DETAIL` characters.
    """

    retryable = False

    def __init__(self, system: str, operation: str, detail: str) -> None:
        super().__init__(system, operation, detail)
        self.system = system
        self.operation = operation
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.system} {self.operation}: {self.detail}"


class NotFound(IntegrationError):
    """The system answered, and the thing asked about is not there."""


class Forbidden(IntegrationError):
    """Our credentials are wrong or lack a permission. A person must act."""


class Rejected(IntegrationError):
    """The system understood the request and refused it, or sent what cannot be understood."""


class Unavailable(IntegrationError):
    """Timed out, refused the connection, or answered 5xx.

    Whether the system did what it was asked for is unknown.
    """

    retryable = True


class RateLimited(Unavailable):
    """Asked too often. `retry_after_s` is the system's own advice, if it gave any."""

    def __init__(self, system: str, operation: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(system, operation, "rate limited")
        self.retry_after_s = retry_after_s


class InvalidSignature(IntegrationError):
    """A webhook that does not prove who sent it. Nothing of its body was read."""

    def __init__(self, system: str) -> None:
        super().__init__(system, "webhook", "the signature or token is missing or wrong")


def told(text: str, *, secrets: Iterable[str] = ()) -> str:
    """Make a system's own words fit for an error: one line, cut, every secret crossed out.

    Some systems repeat what they were sent, so what we sent in confidence is looked for in
    what they answer.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_DETAIL else line[: LONGEST_DETAIL - 1] + "…"
