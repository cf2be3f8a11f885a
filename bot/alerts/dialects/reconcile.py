"""Our open groups of alarms beside CloudWatch's own: an alarm often tells only that it fires."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.alerts.dialects.alarm import TakeAlarm
from bot.alerts.dialects.watch import client_of, news_of
from bot.alerts.group import GroupAlerts
from bot.alerts.outages import System, TellOutages
from bot.alerts.receive import BeginLooks
from bot.domain.alert import AlertGroup, Source
from bot.storage import alerts, sightings
from bot.world import World
from integrations.aws.cloudwatch import ALARMS_A_CALL
from integrations.aws.cloudwatch_models import MetricAlarm
from integrations.errors import IntegrationError

WITHIN_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReconcileAlarms:
    """Brings groups of alarms to the state CloudWatch has them in: a chore.

    Most alarms have an action for ALARM and none for OK, and an SNS message may be lost. An alarm
    in an account the catalogue does not name is not asked about: its card ends when it is told.
    One that CloudWatch does not have is gone only where it was seen to have it: there are kinds of
    alarms that are told of and not listed.
    """

    world: World
    begin: BeginLooks

    async def __call__(self) -> int:
        """Returns how many groups moved. Costs nothing while none is open, else a call a region."""
        async with self.world.database.read() as connection:
            ours = [
                group
                for group in await alerts.every_open(connection)
                if group.source is Source.CLOUDWATCH
            ]
        moved = 0
        for (region, account), groups in _by_account(ours).items():
            there = await self._ask(region, account, groups)
            if there is not None:
                moved += sum([await self._bring(group, there) for group in groups])
        return moved

    async def _ask(
        self, region: str, account: str, groups: Sequence[AlertGroup]
    ) -> Mapping[str, MetricAlarm] | None:
        """The alarms of these groups by ARN; None where CloudWatch did not say."""
        client = client_of(self.world, region, account)
        if client is None:
            return None
        outages, system = TellOutages(self.world), _system(region, account)
        names = [_name(group) for group in groups]
        parts = [names[at : at + ALARMS_A_CALL] for at in range(0, len(names), ALARMS_A_CALL)]
        try:
            async with asyncio.timeout(WITHIN_S):
                answers = [await client.get_alarms(part) for part in parts]
        except (TimeoutError, IntegrationError) as exc:
            late = f"no answer within {WITHIN_S:g} s"
            why = exc.detail if isinstance(exc, IntegrationError) else late
            await outages.silent(system, why)
            return None
        await outages.answers(system)
        return {alarm.arn: alarm for answer in answers for alarm in answer}

    async def _bring(self, group: AlertGroup, there: Mapping[str, MetricAlarm]) -> bool:
        """Take in, in the sender's place, what CloudWatch says of one alarm."""
        take, now = TakeAlarm(GroupAlerts(self.world.catalog)), self.world.now()
        alarm = there.get(group.group_key)
        news = news_of(alarm) if alarm is not None else None
        async with self.world.database.write() as connection:
            if alarm is not None:
                await sightings.saw(connection, [group.id], at=now)
            if news is not None:
                looks = await take(connection, news, at=now)
            elif alarm is None and group.id in await sightings.of_open(connection):
                looks = await take.gone(connection, group.group_key, at=now)
            else:
                return False
            is_moved = (await alerts.get(connection, group.id)) != group
        if is_moved:
            self.world.wake()
            try:
                await self.begin(looks)
            except Exception:  # the rows promise it: the sweeper begins it
                log.warning("looks_late", extra={"action": "looks_late"}, exc_info=True)
        return is_moved


def _system(region: str, account: str) -> System:
    return System(
        id=f"cloudwatch:{region}:{account}",
        trouble=f"CloudWatch of {account} in {region} does not tell of its alarms",
        back=f"CloudWatch of {account} in {region} tells of its alarms again",
        missing="Most alarms send no end: cards of those that fire stay as they are until it does.",
        todo="see whether the bot's role there has cloudwatch:DescribeAlarms.",
        after="Cards are brought to what it says.",
    )


def _by_account(groups: Iterable[AlertGroup]) -> dict[tuple[str, str], list[AlertGroup]]:
    found: dict[tuple[str, str], list[AlertGroup]] = defaultdict(list)
    for group in groups:
        _, _, _, region, account, *_ = group.group_key.split(":")
        found[region, account].append(group)
    return found


def _name(group: AlertGroup) -> str:
    return group.group_key.split(":", 6)[6]
