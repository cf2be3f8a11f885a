"""The forms behind “…”: opened for whoever may, filled with what there is, and made a wish of.

Slack opens nothing later than 3 s after the press: what needs PagerDuty is asked behind a form that
says so. An incident that was closed meanwhile is told at once, and again when a form is sent in.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.alerts.notes.write import WriteNote
from bot.alerts.respond import Respond, Wish
from bot.alerts.responding.choices import USER, Choices
from bot.alerts.responding.who import NOT_CONNECTED, verify
from bot.alerts.show import named_beside
from bot.cards import responding_forms as forms
from bot.cards.answer import Answer, Later
from bot.cards.modal import Loading, Modal
from bot.cards.responding import ESCALATE, MENU, NOTE, PRIORITY, RESPONDER, SNOOZE
from bot.domain.asked import Press, Submission
from bot.domain.incident import ResponseKind
from bot.domain.responded import NOTE as NOTE_ACT
from bot.domain.secrecy import masked
from bot.errors import Conflict, FormError, NotAllowed
from bot.storage import alerts, incidents
from integrations.errors import IntegrationError, NotFound
from integrations.pagerduty.models import Reference

K = ResponseKind
Build = Callable[[forms.Subject], Awaitable[Modal]]
Opened = Modal | Loading
CLOSED = "This has changed: the incident is resolved in PagerDuty."


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondingForms:
    """What the menu opens, and what is made of what comes back."""

    respond: Respond
    write: WriteNote
    choices: Choices
    emoji: str

    def actions(self) -> Mapping[str, Callable[[Press], Awaitable[Opened]]]:
        """What each entry of the menu opens."""
        build: Mapping[str, tuple[str, Build]] = {
            ESCALATE: (K.ESCALATE.value, self._escalate_form),
            RESPONDER: (K.RESPONDER.value, self._responder_form),
            NOTE: (NOTE_ACT, self._note_form),
            SNOOZE: (K.SNOOZE.value, self._snooze_form),
            PRIORITY: (K.PRIORITY.value, self._priority_form),
        }
        return {
            f"{MENU}.{chosen}": partial(self._open, act=act, build=building)
            for chosen, (act, building) in build.items()
        }

    def submissions(self) -> Mapping[str, Callable[[Submission], Awaitable[Later | None]]]:
        """What is made of each form."""
        return {
            forms.ESCALATE: self._escalate,
            forms.RESPONDER: self._add_responder,
            forms.NOTE: self._note,
            forms.SNOOZE: self._snooze,
            forms.PRIORITY: self._set_priority,
        }

    async def _open(self, press: Press, *, act: str, build: Build) -> Opened:
        """Open a form, if there is still something to ask.

        Raises:
            NotKnown: there is no such group any more.
            NotAllowed: the gate says no, which the audit keeps.
            Conflict: the alert or its incident is resolved.
        """
        async with self.respond.database.read() as connection:
            group = await alerts.get(connection, press.subject_id)
            found = await incidents.of_group(connection, group.id)
            beside = await named_beside(connection, group, found)
        await self.respond.allow(press, group, act)
        if group.is_final:
            raise Conflict("This has changed: the alert is resolved.")
        if not found or not found[0].is_open:
            raise Conflict(CLOSED)
        about = forms.Subject(group.id, found[0], press.asked.channel_id, beside)
        is_known = await self.respond.who.known(press.asked.by.id) is not None
        if is_known and act in {NOTE_ACT, K.SNOOZE.value}:
            return await build(about)

        async def fill() -> Modal:
            # Nobody shall write a note and be told then that PagerDuty does not know them.
            await self.respond.who.email(press.asked.by.id)
            return await build(about)

        return Loading(title=f"PagerDuty {found[0].label}", text=forms.WAIT, ask=fill)

    async def _escalate_form(self, about: forms.Subject) -> Modal:
        incident = await self.choices.incident(about.incident.id)
        if incident.status == "resolved":
            raise Conflict(CLOSED)
        if incident.escalation_policy is None:
            raise Conflict("This incident follows no escalation policy any more.")
        policy = await self.choices.policy(incident.escalation_policy.id)
        on_call = await self.choices.on_call(policy.id)
        if not policy.levels:
            raise Conflict(f"The escalation policy {policy.name} has no level.")
        levels = [
            forms.Level(one.level, on_call.get(one.level) or tuple(t.summary for t in one.targets))
            for one in policy.levels
        ]
        with_it = {one.summary for one in incident.assignees}
        at = max((one.number for one in levels if with_it & set(one.people)), default=1)
        return forms.escalate_form(about, policy.name, levels, initial=min(at + 1, len(levels)))

    async def _responder_form(self, about: forms.Subject) -> Modal:
        await self.choices.responders()
        return forms.responder_form(about, f"Please help with {about.incident.title}")

    async def _note_form(self, about: forms.Subject) -> Modal:
        return forms.note_form(about, self.emoji)

    async def _snooze_form(self, about: forms.Subject) -> Modal:
        return forms.snooze_form(about)

    async def _priority_form(self, about: forms.Subject) -> Modal:
        found = [(one.id, one.name, one.description) for one in await self.choices.priorities()]
        now = next(
            (known_as for known_as, name, _ in found if name == about.incident.priority), None
        )
        return forms.priority_form(about, found, initial=now)

    async def _escalate(self, submission: Submission) -> Later | None:
        return await self._ask(submission, K.ESCALATE, {"level": _chosen(submission)})

    async def _snooze(self, submission: Submission) -> Later | None:
        until = self.respond.now() + forms.SNOOZES[_chosen(submission)]
        return await self._ask(submission, K.SNOOZE, {"until": until.isoformat()})

    async def _set_priority(self, submission: Submission) -> Later | None:
        return Later(partial(self._set_priority_later, submission, _chosen(submission)))

    async def _set_priority_later(self, submission: Submission, chosen: str) -> Answer | None:
        """Its name may be known to another process only."""
        known = {one.id: one.name for one in await self.choices.priorities()}
        if chosen not in known:
            raise Conflict("PagerDuty has no such priority any more. Nothing was done.")
        return await self._now(submission, K.PRIORITY, {"id": chosen, "name": known[chosen]})

    async def _add_responder(self, submission: Submission) -> Later | None:
        """Ask whoever was chosen to join.

        Raises:
            FormError: nobody was chosen, or two were.
        """
        chosen, who = submission.values.get(forms.CHOSEN), submission.values.get(forms.WHO)
        message = masked(submission.values.get(forms.MESSAGE, "").strip())
        if not chosen and not who:
            raise FormError({forms.CHOSEN: "Choose somebody here, or in Slack below."})
        if chosen and who:
            raise FormError({forms.WHO: "One at a time: choose somebody here or above."})
        if not message:
            raise FormError({forms.MESSAGE: "Write what they are asked for."})
        return Later(partial(self._add_responder_later, submission, chosen, who, message))

    async def _add_responder_later(
        self, submission: Submission, chosen: str | None, who: str | None, message: str
    ) -> Answer | None:
        target = (
            await self._in_pagerduty(who) if who else await self.choices.responder(chosen or "")
        )
        detail = {
            "id": target.id,
            "type": target.type,
            "name": target.summary,
            "message": message,
        }
        return await self._now(submission, K.RESPONDER, detail)

    async def _in_pagerduty(self, user_id: str) -> Reference:
        """Who somebody in Slack is in PagerDuty.

        Raises:
            NotAllowed: nobody there.
            Conflict: PagerDuty did not say.
        """
        who = self.respond.who
        async with self.respond.database.read() as connection:
            known = await incidents.person_in_pagerduty(connection, user_id)
        if known is None:
            email = await who.email_of(user_id)
            if email is None:
                raise NotAllowed(f"Slack gives no e-mail of @{user_id}. Nobody was asked.")
            if who.pagerduty is None:
                raise Conflict(NOT_CONNECTED)
            try:
                known = await verify(who.database, who.pagerduty, user_id, email, at=who.now())
            except NotFound:
                raise NotAllowed(
                    f"@{user_id} has no PagerDuty user: nobody there has the e-mail {email}. "
                    "Nobody was asked."
                ) from None
            except IntegrationError as exc:
                raise Conflict(
                    f"PagerDuty did not say who @{user_id} is there ({exc.detail}). "
                    "Nobody was asked."
                ) from None
        return Reference(known.id, known.name, USER)

    async def _note(self, submission: Submission) -> Later | None:
        """Write a note on the incident.

        Raises:
            FormError: there are no words in it.
        """
        if not submission.values.get(forms.MESSAGE, "").strip():
            raise FormError({forms.MESSAGE: "Write something."})
        return await self.write.from_form(
            _press(submission), submission.carried["incident"], submission.values[forms.MESSAGE]
        )

    async def _ask(
        self, submission: Submission, kind: ResponseKind, detail: Mapping[str, str]
    ) -> Later | None:
        wish = Wish(kind, detail, submission.carried["incident"])
        return await self.respond.ask(_press(submission), wish)

    async def _now(
        self, submission: Submission, kind: ResponseKind, detail: Mapping[str, str]
    ) -> Answer | None:
        """The same when Slack has its acknowledgement already."""
        later = await self._ask(submission, kind, detail)
        return await later.ask() if later is not None else None


def _press(submission: Submission) -> Press:
    """A form sent in is an act on the group it was opened for."""
    return Press(submission.asked, submission.callback_id, submission.carried["group"], 0)


def _chosen(submission: Submission) -> str:
    chosen = submission.values.get(forms.CHOSEN, "")
    if not chosen:
        raise FormError({forms.CHOSEN: "Choose one."})
    return chosen
