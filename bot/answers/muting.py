"""Somebody mutes an alarm for a while, or lets it speak again: asked of the gate, and audited.

CloudWatch is asked after Slack has its acknowledgement. That it is about to be asked stands in the
audit before, and what came of it after, so that nothing is done unwritten.
"""

import hashlib
import logging
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.answers.alarms import MOST_ALARMS, RULE, WITHIN_S
from bot.answers.ask import AskQuestion
from bot.answers.outcome import outcome_of
from bot.cards.alarm_buttons import MUTED_FOR, parts_of
from bot.cards.alarms import muted_words
from bot.cards.answer import Answer, Later
from bot.cards.answer_card import AGAIN
from bot.cards.blocks import escaped
from bot.catalog import Catalog, Verb
from bot.domain.alarms import Mute
from bot.domain.alarms.read import Asked as Wanted
from bot.domain.alarms.read import MuteRequest, alarmed, place_of
from bot.domain.asked import Asked, Press
from bot.domain.audit import Entry
from bot.domain.audited import ACCEPTED, DENIED, DONE, FAILED, act_entry
from bot.domain.gate import decide
from bot.domain.place import Place, did_you_mean
from bot.domain.question import QuestionKind
from bot.domain.secrecy import masked
from bot.domain.words import told
from bot.errors import BotError, Conflict, NotAllowed, NotKnown
from bot.storage import answers, audit
from bot.world import World
from integrations.aws.cloudwatch import CloudWatchClient
from integrations.aws.mute_rules import NotOffered
from integrations.errors import IntegrationError

MUTE, UNMUTE = "mute", "unmute"
NAME_CHARACTERS = 180

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Meant:
    """An alarm by its whole name, and every service whose it is."""

    alarm: str
    places: tuple[Place, ...]

    @property
    def place(self) -> Place:
        return self.places[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteAlarms:
    """Mutes and unmutes alarms, by command and by button."""

    world: World
    asking: AskQuestion

    async def __call__(self, request: MuteRequest, *, asked: Asked) -> Later:
        """Mute one alarm for a while, or with no length let it speak again.

        Raises:
            NotKnown, UsageError: there is no such place, or all of its alarms are meant.
            NotAllowed: the gate says no, which the audit keeps.
        """
        meant = _meant(self.world.catalog, request)
        await self._ask_the_gate(request, meant, asked)
        doing = "Unmuting" if request.length is None else "Muting"
        first = f"{doing} {escaped(meant.alarm)} …"
        return Later(partial(self._by_command, request, meant, asked), first)

    async def press_mute(self, press: Press) -> Answer | Later:
        """Mute the alarm of a button for an hour."""
        return await self._press(press, MUTED_FOR)

    async def press_unmute(self, press: Press) -> Answer | Later:
        """Let the alarm of a button speak again."""
        return await self._press(press, None)

    async def _press(self, press: Press, length: timedelta | None) -> Answer | Later:
        question_id, environment, name = parts_of(press.subject_id)
        async with self.world.database.read() as connection:
            question = await answers.get(connection, question_id)
        if question.round != press.revision:
            return Answer("This has changed: look at the card as it stands now.")
        request = MuteRequest(environment=environment, name=name, length=length)
        meant = _meant(self.world.catalog, request)
        await self._ask_the_gate(request, meant, press.asked)
        again = replace(press, action_id=AGAIN, subject_id=question_id)
        return Later(partial(self._by_button, request, meant, again))

    async def _by_command(self, request: MuteRequest, meant: Meant, asked: Asked) -> Answer:
        """Do it, and show it on a card to everybody who reads the channel."""
        answer = await self._done(request, meant, asked)
        if request.is_dry_run:
            return answer
        wanted = Wanted(
            environment=request.environment,
            places=((request.environment, meant.place.service),),
            name=meant.alarm,
        )
        try:
            elsewhere = await self.asking(
                QuestionKind.ALARMS,
                wanted.as_json(),
                asked=asked,
                verb=Verb.ALARMS,
                environment=request.environment,
                service=meant.place.service,
            )
        except NotAllowed:  # it is muted, and who did it may not look at alarms
            return answer
        return Answer(f"{answer.text}\n{elsewhere.text}") if elsewhere is not None else answer

    async def _by_button(self, request: MuteRequest, meant: Meant, again: Press) -> Answer:
        answer = await self._done(request, meant, again.asked)
        try:
            await self.asking.again(again)
        except BotError:  # it is done; the card may be asked anew by who may
            log.info("card_not_refreshed", extra={"action": "card_not_refreshed"})
        return answer

    async def _done(self, request: MuteRequest, meant: Meant, asked: Asked) -> Answer:
        """Ask CloudWatch, with the audit's word before and after.

        Raises:
            NotKnown: there is no such alarm.
            Conflict: CloudWatch did not do it, or it is not muted by us.
        """
        config = meant.place.config
        client = self.world.aws.account(config.region, config.role).cloudwatch
        await _check_it_is_there(client, meant)
        act = MUTE if request.length is not None else UNMUTE
        if act == UNMUTE:
            await _check_it_is_ours(client, meant)
        now = self.world.now()
        mute = _mute_of(request, meant, asked, now)
        if request.is_dry_run:
            return Answer(f"Dry run, nothing was changed. {_said(act, meant, mute)}")
        entry = _entry(act, ACCEPTED, request, meant, asked, mute)
        async with self.world.database.write() as connection:
            if not await audit.add(connection, entry):
                return Answer("This has been asked for already.")
        outcome = await outcome_of(
            partial(_do, client, request, meant, mute, now), within_s=WITHIN_S
        )
        is_done = not isinstance(outcome, IntegrationError)
        entry = _entry(act, DONE if is_done else FAILED, request, meant, asked, mute)
        async with self.world.database.write() as connection:
            await audit.add(connection, entry)
        _log(act, entry)
        if isinstance(outcome, IntegrationError):
            raise Conflict(_refused(act, meant, outcome))
        return Answer(_said(act, meant, mute))

    async def _ask_the_gate(self, request: MuteRequest, meant: Meant, asked: Asked) -> None:
        people = self.world.catalog.people
        decisions = [
            decide(people, asked.by, Verb.MUTE, place.environment, place.service)
            for place in meant.places
        ]
        refusals = dict.fromkeys(d.text for d in decisions if not d.allowed)
        if not refusals:
            return
        text = "\n".join(refusals)
        if not request.is_dry_run:
            act = MUTE if request.length is not None else UNMUTE
            entry = _entry(act, DENIED, request, meant, asked, None, why=text)
            async with self.world.database.write() as connection:
                await audit.add(connection, entry)
        raise NotAllowed(text)


def rule_name(alarm: str) -> str:
    """The name of the bot's own rule for an alarm: one for each, whatever its name holds."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "-", alarm)[:NAME_CHARACTERS]
    return f"{RULE}{plain}-{hashlib.sha256(alarm.encode()).hexdigest()[:8]}"


def _meant(catalog: Catalog, request: MuteRequest) -> Meant:
    found, alarm = place_of(request.name, alarmed(catalog, request.environment))
    return Meant(alarm, tuple(found))


async def _check_it_is_there(client: CloudWatchClient, meant: Meant) -> None:
    """A rule for an alarm that does not exist would be refused, without a word on what does."""
    prefix = str(meant.place.config.alarms)
    found = await outcome_of(
        partial(client.list_alarms, prefix, at_most=MOST_ALARMS), within_s=WITHIN_S
    )
    if isinstance(found, IntegrationError):
        raise Conflict(f"CloudWatch did not tell its alarms: {found.detail}. Nothing was changed.")
    names = [alarm.name for alarm in found]
    if meant.alarm not in names:
        raise NotKnown(f"There is no alarm {meant.alarm}{did_you_mean(meant.alarm, names)}.")


async def _check_it_is_ours(client: CloudWatchClient, meant: Meant) -> None:
    rules = await outcome_of(partial(client.list_mute_rules, alarm=meant.alarm), within_s=WITHIN_S)
    if isinstance(rules, IntegrationError):
        raise Conflict(_refused(UNMUTE, meant, rules))
    names = [rule.name for rule in rules]
    if rule_name(meant.alarm) in names:
        return
    if names:
        raise Conflict(
            f"{meant.alarm} is muted by the rule {names[0]}, which was not made here and may mute "
            "others too: change it in the console."
        )
    raise Conflict(f"{meant.alarm} is not muted.")


async def _do(
    client: CloudWatchClient, request: MuteRequest, meant: Meant, mute: Mute, now: datetime
) -> None:
    name = rule_name(meant.alarm)
    if request.length is None:
        await client.delete_mute_rule(name)
        return
    why = f": {mute.why}" if mute.why else ""
    await client.put_mute_rule(
        name,
        [meant.alarm],
        start=now,
        duration=request.length,
        description=f"muted by {mute.by}{why}",
    )


def _mute_of(request: MuteRequest, meant: Meant, asked: Asked, now: datetime) -> Mute:
    """What the rule will say; CloudWatch counts whole minutes, so it begins with the next one."""
    begins = now.replace(second=0, microsecond=0)
    if begins < now:
        begins += timedelta(minutes=1)
    return Mute(
        rule=rule_name(meant.alarm),
        is_ours=True,
        starts_at=begins,
        until=begins + request.length if request.length is not None else None,
        by=asked.by.id,
        why=masked(request.reason),
    )


def _said(act: str, meant: Meant, mute: Mute) -> str:
    if act == UNMUTE:
        return f"*{escaped(meant.alarm)}* calls people again."
    return f"🟡 {muted_words(meant.alarm, mute)}. CloudWatch goes on judging it."


def _refused(act: str, meant: Meant, exc: IntegrationError) -> str:
    if isinstance(exc, NotOffered):
        return (
            "This AWS endpoint knows no mute rules, so nothing was changed. Silence it where it "
            "calls people instead, in PagerDuty for example."
        )
    return f"CloudWatch did not {act} {meant.alarm}: {exc.detail}. Look at it before you ask again."


def _entry(
    act: str,
    outcome: str,
    request: MuteRequest,
    meant: Meant,
    asked: Asked,
    mute: Mute | None,
    *,
    why: str = "",
) -> Entry:
    detail = {"alarm": meant.alarm, "why": why}
    if request.length is not None:
        detail["reason"] = mute.why if mute is not None else masked(request.reason)
        detail["until"] = told(mute.until) if mute is not None and mute.until else ""
    return act_entry(
        act,
        outcome,
        asked,
        environment=request.environment,
        service=meant.place.service if len(meant.places) == 1 else None,
        subject=rule_name(meant.alarm),
        **detail,
    )


def _log(act: str, entry: Entry) -> None:
    log.info(
        f"alarm_{act}",
        extra={
            "action": f"alarm_{act}",
            "rule": entry.subject,
            "outcome": entry.outcome,
            "environment": entry.environment,
            "by": entry.actor,
        },
    )
