"""AWS: each place's account and service, what scales, watches and logs it, the distribution it
invalidates, its queue of events."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.catalog import Catalog, Environment
from bot.doctor.look import Look, Missing
from bot.doctor.named import called, where
from bot.domain.place import Place, places
from bot.outside import Outside
from integrations.aws.mute_rules import NotOffered
from integrations.aws.scaling_models import ScalableTarget
from integrations.errors import Forbidden, NotFound, Rejected

LATELY = timedelta(minutes=1)
NO_INVALIDATION = "INOTHINGCREDLINK"
"""The id of no invalidation."""
NO_RECEIPT = "credlink-doctor"
"""The receipt of no message."""
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
REFUSED_RECEIPTS = ("ReceiptHandleIsInvalid", "InvalidIdFormat")


def looks(catalog: Catalog, outside: Outside) -> Iterator[Look]:
    everywhere = list(places(catalog))
    for place in everywhere:
        yield Look(
            f"AWS, {called(place)}",
            partial(_service, outside, place.config),
            f"`region` of {where(place)} and AWS_ENDPOINT_URL",
            f"the bot's AWS credentials, and `role` of {where(place)}",
            f"`cluster`, `ecs_service` and `region` of {where(place)}",
        )
    for place in everywhere:
        yield Look(
            f"AWS around it, {called(place)}",
            partial(_around, outside, place.config),
            "AWS_ENDPOINT_URL",
            f"`role` of {where(place)}",
            f"`logs`, `cluster` and `region` of {where(place)}",
        )
    for place in everywhere:
        if place.config.cloudfront is not None:
            yield Look(
                f"CloudFront, {called(place)}",
                partial(_distribution, outside, place.config, place.config.cloudfront.distribution),
                "AWS_ENDPOINT_URL",
                "the role's cloudfront:CreateInvalidation and cloudfront:GetInvalidation",
                f"`cloudfront` of {where(place)}",
            )
    # Several places may share a queue: it is reached as the first that names it is.
    queues: dict[str, tuple[Place, str]] = {}
    for place in everywhere:
        for key in ("events_queue", "alarms_queue"):
            named: str | None = getattr(place.config, key)
            if named is not None:
                queues.setdefault(named, (place, key))
    for url, (place, key) in queues.items():
        yield Look(
            f"events queue, {called(place)}",
            partial(_queue, outside, place.config, url),
            "AWS_ENDPOINT_URL",
            f"the queue's policy, and that `role` of {where(place)} may sqs:ReceiveMessage and "
            "sqs:DeleteMessage there (and kms:Decrypt where it is encrypted with a key of yours)",
            f"`{key}` and `region` of {where(place)}",
        )
    for topic in catalog.alerts.cloudwatch.topics:
        yield Look(
            f"topic {topic.rpartition(':')[2]}",
            partial(_topic, everywhere, topic),
            "`alerts.cloudwatch.topics`",
        )


async def _topic(everywhere: Sequence[Place], topic: str) -> str:
    """Whose alarms it tells of; asks nobody."""
    _, _, _, region, account, _ = topic.split(":", 5)
    there = [
        called(place)
        for place in everywhere
        if place.config.alarms and (place.config.region, place.config.account) == (region, account)
    ]
    if not there:
        raise Missing(
            f"no place of the catalogue in {account}, {region}, says what the names of its alarms "
            "begin with (`alarms`): their cards would belong to no service."
        )
    return f"its alarms are those of {', '.join(there)}"


async def _service(outside: Outside, place: Environment) -> str:
    account = outside.aws.account(place.region, place.role)
    identity = await account.sts.get_caller_identity()
    if identity.account != place.account:
        raise Missing(
            f"these credentials are of account {identity.account}, and the catalogue says "
            f"{place.account}. Name a `role` of that account, or correct `account`."
        )
    service = await account.ecs.describe_service(place.cluster, place.ecs_service)
    return f"{identity.arn}; {place.cluster}/{place.ecs_service} runs {service.running} tasks"


async def _around(outside: Outside, place: Environment) -> str:
    """Read what scales, watches and logs a service, and name every permission that is missing.

    Nothing is changed and no query of Insights is begun, so those permissions are not proved.
    """
    account = outside.aws.account(place.region, place.role)
    service, now = (place.cluster, place.ecs_service), datetime.now(UTC)
    reads: list[Awaitable[object]] = [
        account.autoscaling.describe_target(*service),
        account.autoscaling.list_policies(*service),
        account.autoscaling.list_activities(*service, at_most=1),
        account.autoscaling.list_scheduled_actions(*service),
        account.cloudwatch.list_alarms(place.alarms or "", at_most=1),
        account.cloudwatch.list_mute_rules(at_most=1),
    ]
    if place.logs is not None:
        since = now - LATELY
        reads.append(account.logs.filter_events(place.logs, "", start=since, end=now, at_most=1))
        reads.append(account.logs.incoming_bytes(place.logs, start=since, end=now))
    answers = await asyncio.gather(*reads, return_exceptions=True)
    wrong = [one for one in answers if isinstance(one, BaseException)]
    lacking = [str(one.detail).partition(" (")[0] for one in wrong if isinstance(one, Forbidden)]
    if lacking:
        raise Missing(f"{'; '.join(lacking)}. Grant what docs/integrations.md lists.")
    for one in wrong:
        if not isinstance(one, NotOffered):
            raise one
    bounds = answers[0]
    scaled = (
        f"scaled between {bounds.minimum} and {bounds.maximum} tasks"
        if isinstance(bounds, ScalableTarget)
        else "scaled by nobody"
    )
    searched = "no `logs` to search" if place.logs is None else f"{place.logs} is searched"
    return (
        f"{scaled}; alarms are read; {searched}. That it may be scaled, its alarms muted and its "
        "logs counted by Insights is not proved"
    )


async def _distribution(outside: Outside, place: Environment, distribution: str) -> str:
    """Ask for an invalidation that is none: CloudFront says which of both it does not know."""
    cloudfront = outside.aws.account(place.region, place.role).cloudfront
    try:
        await cloudfront.get_invalidation(distribution, NO_INVALIDATION)
    except NotFound as exc:
        if "NoSuchInvalidation" not in exc.detail:
            raise
    return f"distribution {distribution}"


async def _queue(outside: Outside, place: Environment, url: str) -> str:
    """Receive a message without hiding it, and delete one that is none.

    A message that waits is delivered once more than otherwise and stays where it is. Of deleting
    it is known that SQS read the receipt and did not name a permission. What EventBridge puts
    there, nothing of the bot's permissions shows.
    """
    sqs = outside.aws.account(place.region, place.role).sqs
    waiting = await sqs.receive_messages(url, wait_s=0, at_most=1, visibility_timeout_s=0)
    try:
        await sqs.delete_message(url, NO_RECEIPT)
    except Rejected as exc:
        if not exc.detail.startswith(REFUSED_RECEIPTS):
            raise
    name = url.rpartition("/")[2]
    news = "a message waits there" if waiting else "no message waits there"
    return (
        f"{name} lets us receive and does not forbid deleting; {news}. That EventBridge puts ECS's "
        "events there is not proved"
    )
