"""Amazon CloudWatch Logs: which log groups there are."""

from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.side_models import LogGroup
from integrations.errors import NotFound


class LogsClient:
    """CloudWatch Logs in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def describe_log_group(self, name: str) -> LogGroup:
        """Return the log group of exactly this name.

        AWS looks for a prefix and sorts what it finds, so the name itself is on the first page.

        Costs one logs:DescribeLogGroups.

        Raises:
            NotFound: there is no such log group.
            Rejected: the name is not one CloudWatch Logs would accept.
            Forbidden: logs:DescribeLogGroups is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
        """
        reply = await self._session.call("logs", "describe_log_groups", logGroupNamePrefix=name)
        for raw in reply.get("logGroups", ()):
            if raw.get("logGroupName") == name:
                return LogGroup(
                    name=name,
                    arn=raw.get("logGroupArn") or raw.get("arn", ""),
                    retention_days=raw.get("retentionInDays"),
                )
        raise NotFound(SYSTEM, "describe_log_groups", f"there is no log group {name}")
