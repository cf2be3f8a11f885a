"""How a call to Slack can fail, by the one thing callers ask: may it have happened?"""


class SlackError(Exception):
    """Slack did not do what it was asked, or nobody knows."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code


class Refused(SlackError):
    """Slack answered and said no: it did not happen, and will not before something changes.

    `problems` are Slack's words on what is wrong, with JSON pointers for blocks.
    """

    def __init__(self, method: str, code: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(method, code)
        self.problems = problems


class RateLimited(SlackError):
    """Asked too often: it did not happen; after `retry_after_s` it may."""

    def __init__(self, method: str, retry_after_s: float) -> None:
        super().__init__(method, "ratelimited")
        self.retry_after_s = retry_after_s


class NotReached(SlackError):
    """There was no connection: it did not happen."""


class OutcomeUnknown(SlackError):
    """No answer, or one that says nothing: it may have happened, now or in a moment."""
