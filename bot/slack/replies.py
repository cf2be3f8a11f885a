"""Answers to presses: to the presser alone, after Slack has had its acknowledgement.

A press in an App Home has no channel to whisper in: its answer is a direct message.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp

from bot.cards.answer import Answer
from bot.cards.blocks import FALLBACK_CHARACTERS, Element, cut
from bot.cards.modal import Loading, Modal, form, notice
from bot.logs import correlated
from bot.slack.api import SlackApi
from bot.slack.errors import NotReached, OutcomeUnknown, RateLimited, Refused, SlackError
from bot.slack.requests import Whereto

ATTEMPTS = 3
DRAIN_S = 5.0
NOT_DONE = "Nothing was done"
NOT_OPENED = "Slack did not open the form. Press the button again."
NOT_FILLED = "Slack did not show what belongs into the form. Close it and press the button again."
CLOSED = "not_found"
"""What Slack says of a form that its owner has closed."""

Fill = Callable[[], Awaitable[Modal | Answer]]
"""Finds out what a form offers; an answer says why there is none."""

log = logging.getLogger(__name__)


class Replies:
    """Tells people things in tasks of its own; `stop` waits for those under way."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._tasks: set[asyncio.Task[Any]] = set()

    def tell(self, to: Whereto, answer: Answer, correlation_id: str) -> None:
        """Show an ephemeral message, soon. What cannot be shown is logged."""
        task = asyncio.create_task(self._tell(to, answer, correlation_id), name="reply")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def tell_later(
        self, to: Whereto, ask: Callable[[], Awaitable[Answer | None]], correlation_id: str
    ) -> None:
        """Ask, and show what comes of it, if anything."""
        task = asyncio.create_task(self._ask(to, ask, correlation_id), name="later reply")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def open_form(self, to: Whereto, trigger_id: str, modal: Modal, correlation_id: str) -> None:
        """Open a form over what was pressed; Slack takes it within 3 s of the press.

        What was pressed in a form stays beneath.
        """
        self._begin(self._open(to, trigger_id, form(modal), correlation_id))

    def open_later(
        self, to: Whereto, trigger_id: str, loading: Loading, fill: Fill, correlation_id: str
    ) -> None:
        """Open what says that somebody is being asked, and put the form in its place."""
        self._begin(self._fill(to, trigger_id, loading, fill, correlation_id))

    def redraw(self, to: Whereto, view_id: str, draw: Fill, correlation_id: str) -> None:
        """Show a form anew in which something was pressed, once that is done."""
        self._begin(self._redraw(to, view_id, draw, correlation_id))

    def _begin(self, opening: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(opening, name="open form")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=DRAIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _ask(
        self, to: Whereto, ask: Callable[[], Awaitable[Answer | None]], correlation_id: str
    ) -> None:
        answer = await ask()
        if answer is not None:
            await self._tell(to, answer, correlation_id)

    async def _open(
        self, to: Whereto, trigger_id: str, view: Element, correlation_id: str
    ) -> str | None:
        """Slack's id of what was opened; None where it was not, which the person is told."""
        method = "views.push" if to.is_in_form else "views.open"
        try:
            opened = await self._api.call(method, trigger_id=trigger_id, view=view)
        except SlackError as exc:
            log.warning("form_not_opened", extra={"action": "form_not_opened", "error": str(exc)})
            await self._tell(to, Answer(NOT_OPENED), correlation_id)
            return None
        return str(opened["view"]["id"])

    async def _fill(
        self, to: Whereto, trigger_id: str, loading: Loading, fill: Fill, correlation_id: str
    ) -> None:
        first = notice(loading.title, loading.text)
        view_id = await self._open(to, trigger_id, first, correlation_id)
        if view_id is None:
            return
        await self._redraw(to, view_id, fill, correlation_id)

    async def _redraw(self, to: Whereto, view_id: str, draw: Fill, correlation_id: str) -> None:
        with correlated(correlation_id):
            said = await draw()
        view = form(said) if isinstance(said, Modal) else notice(NOT_DONE, said.text)
        try:
            # Shown twice it is the same.
            await self._api.patiently("views.update", attempts=ATTEMPTS, view_id=view_id, view=view)
        except SlackError as exc:
            if exc.code == CLOSED:
                return
            log.warning("form_not_filled", extra={"action": "form_not_filled", "error": str(exc)})
            await self._tell(to, Answer(NOT_FILLED), correlation_id)

    async def _tell(self, to: Whereto, answer: Answer, correlation_id: str) -> None:
        with correlated(correlation_id):
            try:
                await self._post(to, answer)
            except Refused as exc:
                # The bot may not be where the button was pressed; the response_url is.
                if not await self._respond(to, answer):
                    _lost(to, exc)
            except SlackError as exc:
                _lost(to, exc)

    async def _post(self, to: Whereto, answer: Answer) -> None:
        is_direct = to.channel_id == to.user_id
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._api.call(
                    "chat.postMessage" if is_direct else "chat.postEphemeral",
                    channel=to.channel_id,
                    user=None if is_direct else to.user_id,
                    thread_ts=to.thread_ts,
                    text=cut(answer.text, FALLBACK_CHARACTERS),
                    blocks=list(answer.blocks) or None,
                )
            except (RateLimited, NotReached) as exc:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(exc.retry_after_s if isinstance(exc, RateLimited) else attempt)
            except OutcomeUnknown:
                # Seeing it twice is better than not at all, once.
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    async def _respond(self, to: Whereto, answer: Answer) -> bool:
        """Answer through the response_url; a dead one answers 404 and raises nothing by itself."""
        client = self._api.client
        if to.response_url is None or client.session is None:
            return False
        said = {"response_type": "ephemeral", "replace_original": False, "text": answer.text}
        if answer.blocks:
            said["blocks"] = list(answer.blocks)
        try:
            async with client.session.post(
                to.response_url,
                data=json.dumps(said),
                headers={"Content-Type": "application/json"},
                proxy=client.proxy,
            ) as response:
                await response.read()
                return response.status == 200
        except (TimeoutError, aiohttp.ClientError):
            return False


def _lost(to: Whereto, exc: SlackError) -> None:
    log.error(
        "reply_lost",
        extra={"action": "reply_lost", "by": to.user_id, "error": str(exc)},
    )
