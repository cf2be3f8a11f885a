"""Who is on call for a service, asked of PagerDuty with the bot's own token."""

import asyncio
from datetime import timedelta

from bot.catalog import PagerDutyService
from bot.domain.oncall import OnCall, Shift, levels
from bot.world import World
from integrations.errors import IntegrationError, Unavailable
from integrations.pagerduty import models
from integrations.pagerduty.client import SYSTEM, PagerDutyClient

AHEAD = timedelta(days=14)
"""How far ahead shifts are asked for: a weekly rotation has its next one within that."""
NOT_CONNECTED = "the bot has no address or token of it"


async def who_is_on_call(here: World, config: PagerDutyService) -> tuple[OnCall, str | None]:
    """Who is on call for one service, and why it is not known who follows, where it is not.

    Costs two requests, three where the catalogue names no escalation policy.

    Raises:
        IntegrationError: PagerDuty did not say who is on call now.
    """
    if here.pagerduty is None:
        raise Unavailable(SYSTEM, "list_oncalls", NOT_CONNECTED)
    policy_id = config.escalation_policy or await _policy_of(here.pagerduty, config.service)
    now = here.now()
    current, ahead = await asyncio.gather(
        here.pagerduty.list_oncalls(escalation_policy_ids=[policy_id]),
        here.pagerduty.list_oncalls(
            escalation_policy_ids=[policy_id], since=now, until=now + AHEAD
        ),
        return_exceptions=True,
    )
    if isinstance(current, BaseException):
        raise current
    why = None
    shifts = [*current]
    if isinstance(ahead, IntegrationError):
        why = ahead.detail
    elif isinstance(ahead, BaseException):
        raise ahead
    else:
        shifts += ahead
    policy = next((one.escalation_policy for one in shifts), models.Reference(policy_id))
    until = now + AHEAD if why is None else now
    return (
        OnCall(
            policy=policy.summary,
            policy_url=policy.html_url,
            levels=levels(map(_shift, dict.fromkeys(shifts)), now=now, until=until),
        ),
        why,
    )


async def _policy_of(pagerduty: PagerDutyClient, service_id: str) -> str:
    policy = (await pagerduty.get_service(service_id)).escalation_policy
    if policy is None:
        raise Unavailable(SYSTEM, "get_service", f"{service_id} has no escalation policy")
    return policy.id


def _shift(one: models.OnCall) -> Shift:
    schedule = one.schedule
    return Shift(
        level=one.level,
        person=one.user.name,
        begins_at=one.start_at,
        ends_at=one.end_at,
        schedule=schedule.summary if schedule else None,
        schedule_url=schedule.html_url if schedule else None,
    )
