"""What a person can make happen to the world from the page: each one act, with its reason."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus

from sandbox import seeds
from sandbox.actions import job
from sandbox.aws import pipeline, registry, seeded_alarms
from sandbox.bot_process import BotProcess
from sandbox.grafana import Renderer
from sandbox.sentry.issues import Issue
from sandbox.sentry.people import USERS as SENTRY_USERS
from sandbox.world import PLACES, World

ALERT = "HighErrorRatio"
MOVING_TAG = "v1.2.1"
NEW_ERRORS = 12
BUSY = 3.0
FULL_CONNECTIONS = 195.0


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
    return (
        *_of_alerts(world),
        *_of_storms(world),
        *_of_alarms(world),
        *_of_grafana(world),
        *_of_renderer(world),
        *_of_changes(world),
        *_of_traffic(world),
        *_of_sentry(world),
        *_of_the_bot(bot),
    )


def _of_storms(world: World) -> list[Scenario]:
    storm = cache(world.storm)

    async def blow() -> None:
        await storm().blow()

    async def calm() -> None:
        await storm().calm()

    return [
        Scenario(
            "storm",
            "A storm: 200 alert groups at once",
            "2,000 alerts of seven names begin together, as when a database is gone.",
            blow,
        ),
        Scenario("calm", "The storm calms down", "All 200 groups of it are resolved.", calm),
    ]


def _of_alarms(world: World) -> list[Scenario]:
    async def hold(level: float | None) -> None:
        watch = world.aws.watch(seeds.PROD_ACCOUNT)
        with world.aws.lock:
            seeded_alarms.hold_connections(watch, level)

    return [
        Scenario(
            "database-full",
            "The database runs out of connections",
            "A CloudWatch alarm of prod fires in a few seconds, told by SNS and by EventBridge.",
            partial(hold, FULL_CONNECTIONS),
        ),
        Scenario(
            "database-usual",
            "The database has connections again",
            "The CloudWatch alarm is OK again within a minute.",
            partial(hold, None),
        ),
    ]


def _of_grafana(world: World) -> list[Scenario]:
    alerting = cache(world.grafana_alerting)

    async def fire() -> None:
        await alerting().fire()

    async def lose_data() -> None:
        await alerting().fire(has_data=False)

    async def resolve() -> None:
        await alerting().resolve()

    return [
        Scenario(
            "grafana-fires",
            "A rule of Grafana's own fires",
            "Grafana's contact point sends a signed webhook; Alertmanager knows nothing of it.",
            fire,
        ),
        Scenario(
            "grafana-no-data",
            "A rule of Grafana's gets no data",
            "Grafana sends DatasourceNoData: neither a failure nor a sign that all is well.",
            lose_data,
        ),
        Scenario(
            "grafana-resolves",
            "Grafana's rule is over",
            "Whatever of it fired is sent as resolved.",
            resolve,
        ),
    ]


def _of_renderer(world: World) -> list[Scenario]:
    async def lose() -> None:
        world.grafana.renderer = Renderer.MISSING

    async def install() -> None:
        world.grafana.renderer = Renderer.INSTALLED

    return [
        Scenario(
            "renderer-away",
            "Grafana's image renderer is gone",
            "It draws no panels: cards show the bot's own chart and say so.",
            lose,
        ),
        Scenario(
            "renderer-back",
            "The image renderer is there again",
            "Grafana draws panels for the alerts from now on.",
            install,
        ),
    ]


def _of_alerts(world: World) -> list[Scenario]:
    by_hand = cache(world.by_hand)

    async def fire() -> None:
        await by_hand().fire(ALERT, "prod")

    async def resolve() -> None:
        await by_hand().resolve(ALERT, "prod")

    return [
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


def _of_changes(world: World) -> list[Scenario]:
    async def move_tag() -> None:
        content = f"{MOVING_TAG}, built again at {world.clock.now()}"
        for account in (seeds.MAIN_ACCOUNT, seeds.PROD_ACCOUNT):
            await asyncio.to_thread(
                world.aws.push_image, MOVING_TAG, account=account, content=content
            )

    async def run_pipeline() -> None:
        account, cluster = PLACES["prod"]
        uri = registry.image_uri(account, seeds.REGION, seeds.SERVICE)
        await asyncio.to_thread(
            pipeline.deploy,
            world.aws.client("ecs", account),
            cluster=cluster,
            service=seeds.SERVICE,
            image=f"{uri}:{MOVING_TAG}",
        )

    async def ask_by_pipeline() -> None:
        body = {"environment": "staging", "version": MOVING_TAG, "reason": "the build is green"}
        token = world.actions.token()
        status, said = await job.ask(world.bot_url, token, body, key=uuid.uuid4().hex)
        if status != HTTPStatus.ACCEPTED:
            raise RuntimeError(said["error"])

    return [
        Scenario(
            "pipeline-asks",
            f"A pipeline asks the bot for {MOVING_TAG} in staging",
            "Proves who it is by its job's identity token; the same gate, the same card.",
            ask_by_pipeline,
        ),
        Scenario(
            "move-tag",
            f"Move the tag {MOVING_TAG} to another build",
            "Pushes it again in every account with another digest: an approval must not follow it.",
            move_tag,
        ),
        Scenario(
            "pipeline",
            f"A pipeline deploys {MOVING_TAG} to prod",
            "Registers a revision and updates the service as CI would, and asks no bot.",
            run_pipeline,
        ),
    ]


def _of_traffic(world: World) -> list[Scenario]:
    async def silence() -> None:
        world.credlink_api.set_demand("prod", 0.0)

    async def usual() -> None:
        world.set_load("prod", 1.0)

    async def busy() -> None:
        world.set_load("prod", BUSY)

    async def new_error() -> None:
        versions = [task.tag for task in world.running("prod") if task.traffic_weight]
        if not versions:
            raise RuntimeError("Nothing in prod has traffic, so nothing can fail.")
        world.sentry.new_error("prod", versions[-1], NEW_ERRORS)  # the newest tasks come last

    return [
        Scenario(
            "silence-traffic",
            "Silence the traffic",
            "No request reaches prod any more: there is nothing to judge a version by.",
            silence,
        ),
        Scenario(
            "busy-traffic",
            "Three times the traffic",
            "The tasks of prod run out of CPU, and autoscaling adds some, up to its maximum.",
            busy,
        ),
        Scenario(
            "usual-traffic", "Traffic as usual", "Requests reach prod again as before.", usual
        ),
        Scenario(
            "new-sentry-error",
            "Sentry sees a new error in the running version",
            "Opens an issue whose first release is what runs in prod; no metric shows it.",
            new_error,
        ),
    ]


def _of_sentry(world: World) -> list[Scenario]:
    def newest() -> Issue:
        found = [issue for issue in world.sentry.issues.all() if issue.status == "unresolved"]
        if not found:
            raise RuntimeError("Sentry has no unresolved issue.")
        return found[-1]

    async def resolve() -> None:
        world.sentry.acts.move(newest(), "resolved", SENTRY_USERS[1].actor())

    async def alert() -> None:
        world.sentry.acts.alert_about(newest(), "prod")

    async def metric() -> None:
        is_firing = world.sentry.acts.metric_since is not None
        world.sentry.acts.metric("resolved" if is_firing else "critical")

    return [
        Scenario(
            "sentry-resolve",
            "An issue is resolved in Sentry",
            "Bob resolves the newest one on Sentry's own page; its cards follow by a webhook.",
            resolve,
        ),
        Scenario(
            "sentry-alert",
            "An alert rule of Sentry's fires about the newest issue",
            "It joins the alerts that are open in prod, or opens a card of its own.",
            alert,
        ),
        Scenario(
            "sentry-metric",
            "A metric alert of Sentry's fires, or is resolved",
            "Critical the first time, resolved the next: a card of its own.",
            metric,
        ),
    ]


def _of_the_bot(bot: BotProcess | None) -> list[Scenario]:
    if bot is None:
        return []
    return [
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
