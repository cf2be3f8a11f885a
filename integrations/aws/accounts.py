"""The clients of one account and region, made once."""

from dataclasses import dataclass

from integrations.aws.client import AwsConnection
from integrations.aws.ecr import EcrClient
from integrations.aws.ecs import EcsClient
from integrations.aws.elbv2 import Elbv2Client
from integrations.aws.sts import StsClient


@dataclass(frozen=True, slots=True)
class Account:
    """AWS in one account and region, as one role."""

    ecs: EcsClient
    ecr: EcrClient
    elbv2: Elbv2Client
    sts: StsClient


class Accounts:
    """Every account the bot works in. The same region and role give the same clients.

    Sharing them is what joins questions asked at once, and saves making clients again.
    """

    def __init__(self, connection: AwsConnection) -> None:
        self._connection = connection
        self._accounts: dict[tuple[str, str | None], Account] = {}

    def account(self, region: str, role_arn: str | None = None) -> Account:
        """Return the clients for a region, as `role_arn` or, without one, as ourselves."""
        key = (region, role_arn)
        if key not in self._accounts:
            session = self._connection.session(region, role_arn)
            self._accounts[key] = Account(
                EcsClient(session), EcrClient(session), Elbv2Client(session), StsClient(session)
            )
        return self._accounts[key]

    async def aclose(self) -> None:
        """Drop what is under way and close every connection."""
        for account in self._accounts.values():
            await account.ecs.aclose()
        await self._connection.aclose()
