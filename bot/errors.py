"""Errors whose text is meant for the person who asked: what happened, and what to do next."""

from collections.abc import Mapping


class BotError(Exception):
    """Something the person who asked can understand and act on. The text is plain, not mrkdwn."""


class UsageError(BotError):
    """The words could not be read; the text says how to write them."""


class FormError(BotError):
    """What was written into a form cannot be read: by the block's id, what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class NotAllowed(BotError):
    """The gate said no; the text gives its reasons and the way past them."""


class Conflict(BotError):
    """Something else is in the way: a rollout under way, a state that has moved on."""


class NotKnown(BotError):
    """There is no such service, environment, version or row; the text names what there is."""


class ConfigurationError(BotError):
    """The catalogue or a setting is wrong: where, what was expected, what to write."""


class NotReached(BotError):
    """A system that the start needs does not answer: starting again may help."""
