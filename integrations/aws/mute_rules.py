"""CloudWatch's alarm mute rules: alarms that go on, and do nothing for a while."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from integrations.aws import reading_cloudwatch as reading
from integrations.aws.client import AwsSession
from integrations.aws.cloudwatch_models import MuteRule
from integrations.aws.refusals import has_code
from integrations.errors import NotFound, Rejected

SERVICE = "cloudwatch"
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
ALARMS_A_RULE = 100
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=15)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListAlarmMuteRules.html
RULES_A_CALL = 100
PAGES_AT_MOST = 5
# How endpoints call an operation they do not have, by protocol.
UNKNOWN = ("UnknownOperationException", "UnknownOperation", "InvalidAction")


class NotOffered(Rejected):
    """This endpoint does not know the operation: an older one, or one that only looks like AWS."""


class MuteRules:
    """The mute rules of one account and region. Their names are unique there."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def list_mute_rules(
        self, *, alarm: str | None = None, at_most: int = 50
    ) -> tuple[MuteRule, ...]:
        """Return the rules that mute now or will, those of one alarm with `alarm`.

        Costs one cloudwatch:ListAlarmMuteRules for a hundred and one cloudwatch:GetAlarmMuteRule
        for each: the list tells no names of alarms. One that is deleted in between is left out.

        Raises:
            NotOffered: mute rules are not known here.
            Forbidden: one of the two permissions is missing; it is named.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListAlarmMuteRules.html
        """
        arguments: dict[str, Any] = {
            "Statuses": ["ACTIVE", "SCHEDULED"],
            "MaxRecords": min(at_most, RULES_A_CALL),
        }
        if alarm is not None:
            arguments["AlarmName"] = alarm
        arns: list[str] = []
        for _ in range(PAGES_AT_MOST):
            reply = await self._mute("list_alarm_mute_rules", **arguments)
            arns += [raw["AlarmMuteRuleArn"] for raw in reply.get("AlarmMuteRuleSummaries", ())]
            token = reply.get("NextToken")
            if not token or len(arns) >= at_most:
                break
            arguments["NextToken"] = token
        names = [arn.rpartition(":")[2] for arn in arns[:at_most]]
        found = await asyncio.gather(*map(self._rule, names))
        return tuple(rule for rule in found if rule is not None)

    async def put_mute_rule(
        self,
        name: str,
        alarms: Iterable[str],
        *,
        start: datetime,
        duration: timedelta,
        description: str = "",
    ) -> None:
        """Have alarms do nothing from `start` on, which is taken to the next whole minute.

        A rule of this name is replaced, so it may be repeated. Lasts 1 minute to 15 days; up to a
        hundred alarms, which must exist.

        Costs one cloudwatch:PutAlarmMuteRule, a permission needed on the rule and on each alarm.

        Raises:
            NotOffered: mute rules are not known here.
            Rejected: CloudWatch does not accept it, and says why.
            Forbidden: the permission is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
        """
        names = list(dict.fromkeys(alarms))
        if not 1 <= len(names) <= ALARMS_A_RULE:
            raise ValueError(f"a rule mutes 1 to {ALARMS_A_RULE} alarms, not {len(names)}")
        if not SHORTEST <= duration <= LONGEST:
            raise ValueError(f"alarms are muted for 1 minute to 15 days, not {duration}")
        await self._mute(
            "put_alarm_mute_rule",
            Name=name,
            Description=description,
            Rule={
                "Schedule": {
                    "Expression": reading.written_once(start),
                    "Duration": reading.written_duration(duration),
                    "Timezone": "UTC",
                }
            },
            MuteTargets={"AlarmNames": names},
        )

    async def delete_mute_rule(self, name: str) -> None:
        """Delete a rule: what it mutes speaks again at once, alarms that fire included.

        May be repeated: deleting what is not there is fine.

        Costs one cloudwatch:DeleteAlarmMuteRule.

        Raises:
            NotOffered: mute rules are not known here.
            Forbidden: the permission is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarmMuteRule.html
        """
        await self._mute("delete_alarm_mute_rule", AlarmMuteRuleName=name)

    async def _rule(self, name: str) -> MuteRule | None:
        try:
            return reading.mute_rule(
                await self._mute("get_alarm_mute_rule", AlarmMuteRuleName=name)
            )
        except NotFound:
            return None

    async def _mute(self, operation: str, /, **arguments: Any) -> Any:
        try:
            return await self._session.call(SERVICE, operation, **arguments)
        except Rejected as exc:
            if has_code(exc, *UNKNOWN):
                words = "alarm mute rules are not offered at this AWS endpoint"
                raise NotOffered(exc.system, exc.operation, words) from exc
            raise
