"""How fast we may speak to Slack, and how long we wait for it."""

from dataclasses import dataclass

from bot.storage.budgets import Budget

FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
FIRST_SLOW_RETRY_S, LAST_SLOW_RETRY_S = 60.0, 3600.0
FIRST_LOOK_S, LAST_LOOK_S = 0.3, 5.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Slack's limits and our patience; `pace` shortens what Slack imposes and what we choose.

    It does not shorten what keeps two replicas apart: `timeout_s`, how long a request can be
    under way, and `lease_s`, which must be well above it.
    """

    pace: float = 1.0
    timeout_s: float = 10.0
    lease_s: float = 30.0

    @property
    def updates(self) -> Budget:
        """chat.update in the whole workspace: 50 a minute, 15 kept for what is urgent.

        https://docs.slack.dev/apis/web-api/rate-limits (tier 3)
        """
        return Budget("chat.update", capacity=50, every_s=60 / 50 / self.pace, kept=15)

    @property
    def uploads(self) -> Budget:
        """Files in the whole workspace: 100 a minute (tier 4), in bursts of ten."""
        return Budget("files", capacity=10, every_s=60 / 100 / self.pace)

    @property
    def publishes(self) -> Budget:
        """views.publish in the whole workspace: 100 a minute (tier 4), in bursts of twenty."""
        return Budget("views.publish", capacity=20, every_s=60 / 100 / self.pace)

    @property
    def home_every_s(self) -> float:
        """How often we look whether an App Home that is open shows something else by now."""
        return 2 / self.pace

    @property
    def posting_every_s(self) -> float:
        """One message a second and channel."""
        return 1 / self.pace

    @property
    def posting_ahead_s(self) -> float:
        """How early a new message of its own may go: Slack takes a second one at once, and nobody
        waits for a card because a thread was told something. What follows waits the longer.

        https://docs.slack.dev/apis/web-api/rate-limits ("short bursts of >1")
        """
        return self.posting_every_s

    @property
    def edit_pause_s(self) -> float:
        """Between two edits of one message, so that a busy card leaves some for the others."""
        return 2 / self.pace

    @property
    def poll_s(self) -> float:
        """How often we look for what another replica has written."""
        return 0.25 / self.pace

    @property
    def shared_within_s(self) -> float:
        """How long a picture may take to appear before the thread goes on without it."""
        return 120 / self.pace

    def retry_s(self, failures: int) -> float:
        """Before trying again what might work soon, after so many failures in a row."""
        return min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(failures, 10)) / self.pace

    def slow_retry_s(self, failures: int) -> float:
        """Before trying again what a person must mend first."""
        return min(LAST_SLOW_RETRY_S, FIRST_SLOW_RETRY_S * 2.0 ** min(failures, 10)) / self.pace

    def look_s(self, looks: int) -> float:
        """Before asking again whether a picture is there."""
        return min(LAST_LOOK_S, FIRST_LOOK_S * 2.0 ** min(looks, 10)) / self.pace
