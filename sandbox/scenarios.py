"""What a person can make happen to the world from the page: each one act, with its reason."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache

from sandbox.bot_process import BotProcess
from sandbox.world import World

ALERT = "HighErrorRatio"


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str
    title: str
    detail: str
    run: Callable[[], Awaitable[None]]


def scenarios(world: World, bot: BotProcess | None) -> tuple[Scenario, ...]:
    """Everything on the page's menu; what needs the bot is there only when the world runs it.

    May be asked for before the world has started: its addresses are looked up at the first act.
    """

    by_hand = cache(world.by_hand)

    async def fire() -> None:
        await by_hand().fire(ALERT, "prod")

    async def resolve() -> None:
        await by_hand().resolve(ALERT, "prod")

    found = [
        Scenario(
            "fire-by-hand",
            "Fire an alert by hand",
            "Posts the webhook Alertmanager would; for machines without Prometheus.",
            fire,
        ),
        Scenario(
            "resolve-by-hand",
            "Resolve the alert fired by hand",
            "Posts the same group as resolved.",
            resolve,
        ),
    ]
    if bot is not None:
        found += [
            Scenario(
                "kill-bot",
                "Kill the bot (SIGKILL)",
                "Cuts its power, in the middle of whatever it does.",
                bot.kill,
            ),
            Scenario(
                "start-bot", "Start the bot", "It goes on where it was; nothing twice.", bot.start
            ),
        ]
    return tuple(found)
