"""PagerDuty: its webhook subscriptions, and the routing keys of change events."""

from collections.abc import Iterator
from functools import partial

from bot.catalog import Catalog
from bot.doctor.look import Finding, Look, Missing
from bot.outside import Outside
from bot.settings import Settings


def looks(catalog: Catalog, settings: Settings, outside: Outside) -> Iterator[Look]:
    yield Look(
        "PagerDuty", partial(_subscriptions, outside), "PAGERDUTY_API_URL", "PAGERDUTY_TOKEN"
    )
    if settings.pagerduty_routing_keys:
        yield Look(
            "PagerDuty's change events", partial(_keys, catalog, settings), "PAGERDUTY_ROUTING_KEYS"
        )


def closed(settings: Settings) -> Iterator[Finding]:
    """Its webhook, if nobody can use it yet."""
    if settings.pagerduty_token and not settings.pagerduty_webhook_secrets:
        said = "closed: set PAGERDUTY_WEBHOOK_SECRETS to the subscription's secret."
        yield Finding("PagerDuty's webhook", ok=False, said=said)


async def _subscriptions(outside: Outside) -> str:
    if outside.pagerduty is None:
        return "not configured (PAGERDUTY_API_URL and PAGERDUTY_TOKEN): nobody is paged"
    subscriptions = await outside.pagerduty.list_webhook_subscriptions()
    active = sum(subscription.active for subscription in subscriptions)
    if not active:
        raise Missing(
            "no webhook subscription is active, so the bot will not hear of acknowledgements. "
            "Make one in PagerDuty for <the bot>/webhooks/pagerduty."
        )
    return f"{active} webhook subscription{'s' if active > 1 else ''} active"


async def _keys(catalog: Catalog, settings: Settings) -> str:
    """Only an event would prove a routing key, and everybody would see it."""
    paged = {name for name, service in catalog.services.items() if service.pagerduty}
    known = settings.pagerduty_routing_keys.keys() & paged
    if len(known) < len(settings.pagerduty_routing_keys):
        # What stands there is not repeated: with both sides exchanged it is a key.
        raise Missing(
            "PAGERDUTY_ROUTING_KEYS names a service that has no `pagerduty` in the catalogue. "
            f"It is written service=key, for {', '.join(sorted(paged)) or 'none yet'}."
        )
    return f"a routing key for {', '.join(sorted(known))}, proved by the first change event"
