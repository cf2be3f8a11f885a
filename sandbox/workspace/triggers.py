"""Trigger ids: what allows one modal to be opened, for 3 s, once.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
"""

from dataclasses import dataclass

from sandbox.workspace.faults import Mischief
from sandbox.workspace.store import Ids
from sandbox.workspace.timing import Timing
from sandbox.workspace.wire import ApiError

LIFETIME_S = 3.0


@dataclass(slots=True)
class Trigger:
    """One interaction of one person; `view_id` is set when it happened inside a modal."""

    user: str
    expires_at: float
    view_id: str | None
    used: bool = False


class Triggers:
    """The triggers given out."""

    def __init__(self, timing: Timing, ids: Ids, mischief: Mischief) -> None:
        self._timing = timing
        self._ids = ids
        self._mischief = mischief
        self._triggers: dict[str, Trigger] = {}

    def give(self, user: str, view_id: str | None = None) -> str:
        """A new trigger id for something `user` just did."""
        lifetime_s = 0.0 if self._mischief.take("expired_trigger") else LIFETIME_S
        trigger_id = f"{self._ids.new('')}.{self._ids.secret('trigger')}"
        self._triggers[trigger_id] = Trigger(user, self._timing.now() + lifetime_s, view_id)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Use the trigger.

        Raises:
            ApiError: invalid_trigger_id, expired_trigger_id or exchanged_trigger_id.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if self._timing.now() >= trigger.expires_at:
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger
