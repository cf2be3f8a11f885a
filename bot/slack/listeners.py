"""Slack in: one listener per kind, each finding its way by our own tables.

Bolt runs with `process_before_response`: Slack has its answer when the listener returns, so
listeners await nothing outside this process, and no error of theirs travels into Bolt. Whether
Socket Mode or HTTP brings a request, it ends here.
"""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot import metrics, reporting
from bot.cards.answer import Answer, Later
from bot.cards.blocks import FALLBACK_CHARACTERS, cut
from bot.cards.live import live
from bot.cards.modal import Loading, Modal, form, notice, options_of
from bot.domain.asked import Asked, Press, Submission
from bot.errors import BotError, FormError
from bot.logs import correlated
from bot.slack import requests
from bot.slack.api import Identity, SlackApi, web_client
from bot.slack.replies import NOT_DONE, Replies
from bot.slack.words import words_of
from bot.storage import deduplication
from bot.storage.database import Connection, Database

Run = Callable[[Sequence[str], Asked], Awaitable[Answer | Later | None]]
"""A verb of the slash command: the words after it, and who asked; None where a card answers."""
Act = Callable[[Press], Awaitable[Answer | Later | Modal | Loading | None]]
"""What a button does; its answer is shown to the presser alone, or it opens a form for them."""
Take = Callable[[Submission], Awaitable[Answer | Later | Modal | None]]
"""What is made of a form that was sent in, or the form that takes its place; FormError names what
cannot be read in it."""
Draw = Callable[[Mapping[str, str], str, Answer | None], Awaitable[Modal]]
"""A form that has buttons, anew after one was pressed: (what it carries, the subject of the press,
what came of it) → the form."""
On = Callable[[Mapping[str, Any]], None]
"""What an event changes in memory; it must not take time."""
Keep = Callable[[Connection, Mapping[str, Any]], Awaitable[Callable[[], None] | None]]
"""What an event is written down as, in the transaction that takes it; what comes back begins the
work, once that is kept."""
Suggest = Callable[[str], Awaitable[Sequence[tuple[str, str]]]]
"""The options that fit what was typed, as (value, what is shown), 100 at most, within 3 s."""

Said = TypeVar("Said")

ANY = re.compile(".*", re.DOTALL)
EVENT_KEPT_S = 600.0
"""Slack redelivers an event after a minute and after five. slack.md 5.2"""
OLD_BUTTON = "This button is from an older version of the bot. Ask for the card again."
NOT_OURS = "I have nothing behind this."

log = logging.getLogger(__name__)
bolt_log = logging.getLogger(f"{__name__}.bolt")
bolt_log.setLevel(logging.ERROR)  # it warns at start about tokens we give it on purpose


@dataclass(frozen=True, slots=True)
class Tables:
    """What there is to find: verbs, exact action ids, event types, and forms by callback id.

    `otherwise` answers unknown verbs and commands, and is given all words.
    """

    verbs: Mapping[str, Run]
    actions: Mapping[str, Act]
    events: Mapping[str, On]
    otherwise: Run
    forms: Mapping[str, Take] = field(default_factory=dict)
    drawn: Mapping[str, Draw] = field(default_factory=dict)
    kept: Mapping[str, Keep] = field(default_factory=dict)
    options: Mapping[str, Suggest] = field(default_factory=dict)
    """By `<form>.<block>`."""


class Listeners:
    """Everything Slack may send us. `app` is for the ways in: bot.slack.socket, bot.slack.http."""

    def __init__(
        self,
        *,
        api: SlackApi,
        identity: Identity,
        signing_secret: str,
        tables: Tables,
        groups: requests.Groups,
        replies: Replies,
        database: Database,
        now: Callable[[], datetime],
    ) -> None:
        """`identity` comes from one `SlackApi.who()` at start: Bolt asks for nothing later."""
        self._tables = tables
        self._groups = groups
        self._replies = replies
        self._database = database
        self._now = now
        self.app = self._application(api, identity, signing_secret)

    def _application(self, api: SlackApi, identity: Identity, signing_secret: str) -> AsyncApp:
        ours = AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_token=api.client.token,
            bot_id=identity.bot_id,
            bot_user_id=identity.user_id,
        )

        async def authorize() -> AuthorizeResult:
            return ours

        app = AsyncApp(
            name="credlink",
            logger=bolt_log,
            client=web_client(None, api.client.base_url, api.client.session),
            signing_secret=signing_secret,
            authorize=authorize,
            process_before_response=True,
        )
        app.command(ANY)(self._command)
        app.action(ANY)(self._action)
        app.event(ANY)(self._event)
        app.view(ANY)(self._form)
        app.view({"type": "view_closed", "callback_id": ANY})(self._nothing_behind)
        app.shortcut(ANY)(self._nothing_behind)
        app.options(ANY)(self._options)
        return app

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        started = time.perf_counter()
        request = requests.asked(body, groups=self._groups, now=self._now())
        words = words_of(body.get("text") or "")
        verb, rest = (words[0].lower(), words[1:]) if words else ("", [])
        run = self._tables.verbs.get(verb)
        known = run is not None

        async def answer() -> Answer | Later | None:
            if run is None:
                return await self._tables.otherwise(words, request)
            return await run(rest, request)

        said, outcome = await answered(answer, request)
        _record("command", verb if known else "unknown", outcome, request, started)
        if said is None:
            return await ack()
        if isinstance(said, Later):
            ask = partial(_afterwards, said, request)
            beside = requests.beside(request, body.get("response_url"))
            self._replies.tell_later(beside, ask, request.correlation_id)
            if not said.first:
                return await ack()
            said = Answer(said.first)
        blocks = list(said.blocks) or None
        text = cut(said.text, FALLBACK_CHARACTERS)
        return await ack(text=text, blocks=blocks, response_type="ephemeral")

    async def _action(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        started = time.perf_counter()
        request = requests.asked(body, groups=self._groups, now=self._now())
        press = requests.press(body, request)
        action_id = press.action_id if press is not None else ""
        act = self._tables.actions.get(action_id)
        name = action_id if act is not None else "unknown"
        if press is None:  # a link: Slack opens it and only tells us
            _record("action", name, "ignored", request, started)
            return await ack()

        async def answer() -> Answer | Later | Modal | Loading | None:
            return Answer(OLD_BUTTON) if act is None else await act(press)

        said, outcome = await answered(answer, request)
        _record("action", name, outcome, request, started)
        to = requests.whereto(body)
        if isinstance(said, Modal):
            self._replies.open_form(to, request.key, said, request.correlation_id)
        elif isinstance(said, Loading):
            fill = partial(_filled, said, request)
            self._replies.open_later(to, request.key, said, fill, request.correlation_id)
        elif to.is_in_form and (draw := self._drawn(body)) is not None:
            anew = partial(
                _drawn_anew, draw, requests.carried_by(body), press.subject_id, said, request
            )
            self._replies.redraw(to, str(body["view"]["id"]), anew, request.correlation_id)
        else:
            self._tell(to, said, request)
        return await ack()

    def _drawn(self, body: Mapping[str, Any]) -> Draw | None:
        """What draws the form that a button was pressed in."""
        return self._tables.drawn.get(str(body["view"].get("callback_id", "")))

    async def _form(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        """Take a form that was sent in: it closes, or says in its place what is wrong."""
        started = time.perf_counter()
        submission = requests.submission(body, groups=self._groups, now=self._now())
        request, take = submission.asked, self._tables.forms.get(submission.callback_id)
        if take is None:
            return await self._nothing_behind(ack, body)
        problems: Mapping[str, str] = {}

        async def answer() -> Answer | Later | Modal | None:
            nonlocal problems
            try:
                return await take(submission)
            except FormError as exc:
                problems = exc.problems
                raise

        said, outcome = await answered(answer, request)
        _record("view", submission.callback_id, outcome, request, started)
        if problems:
            return await ack(response_action="errors", errors=dict(problems))
        if outcome != "answered" and isinstance(said, Answer):
            return await ack(response_action="update", view=notice(NOT_DONE, said.text))
        if isinstance(said, Modal):
            return await ack(response_action="update", view=form(said))
        self._tell(requests.beside(request), said, request)
        return await ack()

    def _tell(self, to: requests.Whereto, said: Answer | Later | None, request: Asked) -> None:
        if isinstance(said, Later):
            ask = partial(_afterwards, said, request)
            self._replies.tell_later(to, ask, request.correlation_id)
        elif said is not None:
            self._replies.tell(to, said, request.correlation_id)

    async def _event(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        """Take an event once. One that fails is not acknowledged, so that it comes again."""
        started = time.perf_counter()
        event = body.get("event") or {}
        kind = str(event.get("type", ""))
        outcome = "ignored"
        if kind in self._tables.events or kind in self._tables.kept:
            try:
                outcome = await self._take(kind, event, key=f"event:{body['event_id']}")
            except Exception as exc:  # the one place for events: said, and delivered again
                log.exception("event_failed", extra={"action": "event_failed", "event": kind})
                reporting.report(exc)
                metrics.slack_requests.labels("event", "failed").inc()
                return BoltResponse(status=500, body="")
        metrics.slack_requests.labels("event", outcome).inc()
        metrics.ack_seconds.labels("event").observe(time.perf_counter() - started)
        return await ack()

    async def _take(self, kind: str, event: Mapping[str, Any], *, key: str) -> str:
        """Take an event in the transaction that remembers it; returns what became of it."""
        take, keep = self._tables.events.get(kind), self._tables.kept.get(kind)
        begin = None
        async with self._database.write() as connection:
            if not await deduplication.first_time(connection, key, keep_s=EVENT_KEPT_S):
                return "duplicate"
            if take is not None:
                take(event)
            if keep is not None:
                begin = await keep(connection, event)
        if begin is not None:
            begin()
        return "taken"

    async def _nothing_behind(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        """Shortcuts and forms of others: a missing answer would look like a failure."""
        metrics.slack_requests.labels(str(body.get("type", "")), "unknown").inc()
        log.warning(
            "request_unknown", extra={"action": "request_unknown", "kind": body.get("type")}
        )
        return await ack()

    async def _options(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        """What a select may offer; whatever goes wrong, it offers nothing."""
        asked, typed = requests.suggestion(body)
        suggest = self._tables.options.get(asked)
        if suggest is None:
            return await ack(options=[])
        try:
            found = await suggest(typed)
        except Exception as exc:  # the one place for options, as for requests
            log.exception("options_failed", extra={"action": "options_failed", "select": asked})
            reporting.report(exc)
            found = ()
        return await ack(options=options_of(found))


async def _afterwards(later: Later, request: Asked) -> Answer | None:
    said, _ = await answered(later.ask, request)
    return said


async def _drawn_anew(
    draw: Draw,
    carried: Mapping[str, str],
    subject_id: str,
    said: Answer | Later | None,
    request: Asked,
) -> Modal | Answer:
    """The form as it is after a press in it, with what came of that: nothing beside it is seen."""
    if isinstance(said, Later):
        said = await _afterwards(said, request)
    shown, _ = await answered(partial(draw, carried, subject_id, said), request)
    return shown


async def _filled(loading: Loading, request: Asked) -> Modal | Answer:
    said, _ = await answered(loading.ask, request)
    return said


async def answered(
    answer: Callable[[], Awaitable[Said]], request: Asked
) -> tuple[Said | Answer, str]:
    """Do what was asked and turn whatever goes wrong into words; with what became of it."""
    with correlated(request.correlation_id):
        try:
            return await answer(), "answered"
        except BotError as exc:
            return Answer(live(str(exc))), "refused"
        except Exception as exc:  # the one place: a bug is recorded, and the person told so
            log.exception("request_failed", extra={"action": "request_failed"})
            reporting.report(exc)
            said = f"That went wrong on my side. It is recorded as {request.correlation_id}."
            return Answer(said), "failed"


def _record(kind: str, name: str, outcome: str, request: Asked, started: float) -> None:
    took_s = time.perf_counter() - started
    metrics.slack_requests.labels(kind, outcome).inc()
    metrics.ack_seconds.labels(kind).observe(took_s)
    log.info(
        "slack_request",
        extra={
            "action": "slack_request",
            "kind": kind,
            "name_of": name,
            "outcome": outcome,
            "by": request.by.id,
            "channel": request.channel_id,
            "correlation_id": request.correlation_id,
            "took_ms": round(took_s * 1000, 1),
        },
    )
