"""PagerDuty gives up on a webhook for a day after three failures: it is switched on again."""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from bot.alerts.outages import System, TellOutages
from bot.domain.card import Urgency
from bot.domain.notice import code, strong
from bot.storage import notices
from bot.world import World
from integrations.errors import Forbidden, IntegrationError, Rejected
from integrations.pagerduty.client import PagerDutyClient
from integrations.pagerduty.models import WebhookSubscription

STOPPED = System(
    id="pagerduty:",
    trouble="PagerDuty sends me no webhooks",
    back="PagerDuty sends me webhooks again",
    missing="Who acknowledges or resolves there is seen a minute late, and incidents without an "
    "alert come as late.",
    todo="switch the webhook subscription on in PagerDuty, or let the bot's token do it.",
    after="What was missed has been looked up.",
    said_after=timedelta(0),
)
NOT_SEEN = System(
    id="pagerduty:subscriptions",
    trouble="I may not see whether PagerDuty still sends me webhooks",
    back="I see again whether PagerDuty sends me webhooks",
    missing="It stops for a day after three deliveries in a row that it could not make, and I "
    "would not notice.",
    todo="give the bot's PagerDuty token the right to read webhook subscriptions.",
    after="It is looked after again.",
    said_after=timedelta(0),
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeepSubscriptions:
    """Looks whether PagerDuty still sends to us; `path` is what our address ends with."""

    world: World
    path: str

    async def __call__(self, pagerduty: PagerDutyClient) -> bool:
        """Returns whether events of ours were lost until now.

        Costs a call, and another for each subscription that is switched on.
        """
        outages = TellOutages(self.world)
        try:
            found = await pagerduty.list_webhook_subscriptions()
        except (Forbidden, Rejected) as exc:
            await outages.silent(NOT_SEEN, exc.detail)
            return False
        except IntegrationError:
            # PagerDuty itself is away, which is said elsewhere; the next look is the remedy.
            return False
        await outages.answers(NOT_SEEN)
        ours = [one for one in found if urlsplit(one.url).path.rstrip("/").endswith(self.path)]
        return any([await self._keep(pagerduty, outages, one) for one in ours])

    async def _keep(
        self, pagerduty: PagerDutyClient, outages: TellOutages, subscription: WebhookSubscription
    ) -> bool:
        """Returns whether it sends again that had stopped."""
        stopped = replace(STOPPED, id=f"{STOPPED.id}{subscription.id}")
        if not subscription.active:  # somebody switched it off: that is for them to undo
            await outages.silent(stopped, "the webhook subscription is switched off")
            return False
        if subscription.temporarily_disabled:
            try:
                await pagerduty.enable_webhook_subscription(subscription.id)
            except IntegrationError as exc:
                why = (
                    f"it has switched the webhook off for a day; on again is refused: {exc.detail}"
                )
                await outages.silent(stopped, why)
                return False
        is_told = await outages.answers(stopped)
        if subscription.temporarily_disabled and not is_told:
            await self._say_enabled(subscription)
        return subscription.temporarily_disabled or is_told

    async def _say_enabled(self, subscription: WebhookSubscription) -> None:
        now = self.world.now()
        log.warning(
            "webhook_enabled",
            extra={"action": "webhook_enabled", "subscription": subscription.id},
        )
        async with self.world.database.write() as connection:
            await notices.announce(
                connection,
                # Replicas may both have done it; within an hour it is one story.
                id=f"webhook-enabled:{subscription.id}:{now:%Y-%m-%dT%H}",
                channel=self.world.catalog.slack.default_channel,
                headline="🟠 PagerDuty had stopped to send me webhooks; it sends again",
                lines=[
                    "It stops for a day after three deliveries in a row that it could not make. "
                    "I have switched it on again, and look up what was missed.",
                    [
                        strong("Next:"),
                        " see why PagerDuty did not reach ",
                        code(subscription.url),
                        ".",
                    ],
                ],
                at=now,
                urgency=Urgency.OUTCOME,
            )
        self.world.wake()
