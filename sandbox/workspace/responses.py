"""response_url: five answers within thirty minutes of an interaction.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from dataclasses import dataclass

from sandbox.workspace.store import Ids
from sandbox.workspace.timing import Timing
from sandbox.workspace.wire import ApiError

USES = 5
LIFETIME_S = 30 * 60.0


@dataclass(slots=True)
class ResponseUrl:
    """Where one interaction may be answered; `ts` is the message it came from, if any."""

    id: str
    user: str
    channel: str
    expires_at: float
    ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """The response_urls given out."""

    def __init__(self, timing: Timing, ids: Ids) -> None:
        self._timing = timing
        self._ids = ids
        self._urls: dict[str, ResponseUrl] = {}

    def give(
        self, user: str, channel: str, *, ts: str | None = None, thread_ts: str | None = None
    ) -> str:
        """The id of a new response_url."""
        response_id = self._ids.secret("response")
        expires_at = self._timing.now() + LIFETIME_S
        self._urls[response_id] = ResponseUrl(
            response_id, user, channel, expires_at, ts=ts, thread_ts=thread_ts
        )
        return response_id

    def use(self, response_id: str) -> ResponseUrl:
        """Count one use.

        Raises:
            ApiError: expired_url after thirty minutes or for an unknown one, used_url at six.
        """
        url = self._urls.get(response_id)
        if url is None or self._timing.now() >= url.expires_at:
            raise ApiError("expired_url")
        if url.uses >= USES:
            raise ApiError("used_url")
        url.uses += 1
        return url
