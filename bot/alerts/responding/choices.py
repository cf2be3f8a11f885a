"""What an account of PagerDuty has to choose from: priorities, policies, people; asked and kept."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.alerts.responding.who import NOT_CONNECTED
from bot.errors import Conflict
from integrations.errors import IntegrationError, NotFound
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import EscalationPolicy, Incident, Priority, Reference

KEPT = timedelta(minutes=5)
"""How old a list may be: accounts change seldom, and a form is opened in a hurry."""
WITHIN_S = 5.0
"""Somebody looks at an empty form meanwhile."""
SUGGESTED_WITHIN_S = 2.0
"""Slack waits 3 s for the options of a select."""
MOST_SUGGESTED = 100
USER, POLICY = "user_reference", "escalation_policy_reference"

T = TypeVar("T")


class Gone(Conflict):
    """What was asked for is not there."""


@dataclass(slots=True)
class Choices:
    """Asks PagerDuty what there is, and keeps it for five minutes in this process."""

    pagerduty: PagerDutyClient | None
    now: Callable[[], datetime]
    _kept: dict[str, tuple[datetime, Any]] = field(default_factory=dict, init=False)

    async def incident(self, incident_id: str) -> Incident:
        """The incident as it is now.

        Raises:
            Conflict: PagerDuty did not say.
        """
        return await self._asked(lambda client: client.get_incident(incident_id))

    async def priorities(self) -> tuple[Priority, ...]:
        """The account's priorities, the most severe first.

        Raises:
            Conflict: it has none, or PagerDuty did not say.
        """
        try:
            found = await self._keeping("priorities", lambda client: client.list_priorities())
        except Gone:
            found = ()
        if not found:
            raise Conflict(
                "This PagerDuty account has no priorities. Whoever manages it can switch them on."
            )
        return found

    async def policy(self, policy_id: str) -> EscalationPolicy:
        """An escalation policy with its levels.

        Raises:
            Conflict: PagerDuty did not say.
        """
        return await self._keeping(
            f"policy {policy_id}", lambda client: client.get_escalation_policy(policy_id)
        )

    async def on_call(self, policy_id: str) -> dict[int, tuple[str, ...]]:
        """Who is on call now on each level of a policy, by name.

        Raises:
            Conflict: PagerDuty did not say.
        """
        found = await self._asked(
            lambda client: client.list_oncalls(escalation_policy_ids=[policy_id])
        )
        levels: dict[int, tuple[str, ...]] = {}
        for one in found:
            levels[one.level] = (*levels.get(one.level, ()), one.user.name)
        return levels

    async def responders(self) -> tuple[Reference, ...]:
        """Everybody who may be asked to join: policies first, then people, each by name.

        Raises:
            Conflict: PagerDuty did not say.
        """
        policies, users = await asyncio.gather(
            self._keeping("policies", lambda client: client.list_escalation_policies()),
            self._keeping("users", lambda client: client.list_users()),
        )
        found = [Reference(one.id, one.name, POLICY) for one in policies]
        return (
            *sorted(found, key=_name),
            *sorted((Reference(one.id, one.name, USER) for one in users), key=_name),
        )

    async def suggest(self, typed: str) -> Sequence[tuple[str, str]]:
        """Those whose name has what was typed in it, as (id, what is shown); Slack waits for it.

        Nothing where PagerDuty does not say in time: whoever types on asks again.
        """
        try:
            async with asyncio.timeout(SUGGESTED_WITHIN_S):
                everybody = await self.responders()
        except (Conflict, TimeoutError):
            return ()
        words = typed.casefold().split()
        found = [one for one in everybody if all(word in one.summary.casefold() for word in words)]
        return [
            (one.id, f"{one.summary} (policy)" if one.type == POLICY else one.summary)
            for one in found[:MOST_SUGGESTED]
        ]

    async def responder(self, known_as: str) -> Reference:
        """The person or policy with this id.

        Raises:
            Conflict: there is none any more, or PagerDuty did not say.
        """
        for one in await self.responders():
            if one.id == known_as:
                return one
        raise Conflict("PagerDuty has no such person or policy any more. Nobody was asked.")

    async def _keeping(self, key: str, ask: Callable[[PagerDutyClient], Awaitable[T]]) -> T:
        kept = self._kept.get(key)
        if kept is not None and self.now() - kept[0] < KEPT:
            found: T = kept[1]
            return found
        found = await self._asked(ask)
        self._kept[key] = (self.now(), found)
        return found

    async def _asked(self, ask: Callable[[PagerDutyClient], Awaitable[T]]) -> T:
        if self.pagerduty is None:
            raise Conflict(NOT_CONNECTED)
        try:
            async with asyncio.timeout(WITHIN_S):
                return await ask(self.pagerduty)
        except TimeoutError:
            why = f"it took longer than {WITHIN_S:g} s"
        except NotFound:
            raise Gone("PagerDuty does not have it any more: look at the card again.") from None
        except IntegrationError as exc:
            why = exc.detail
        raise Conflict(f"PagerDuty did not say what there is ({why}). Try again in a moment.")


def _name(one: Reference) -> str:
    return one.summary.casefold()
