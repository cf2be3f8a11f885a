"""The clients of one account and region, made once."""

from dataclasses import dataclass

from integrations.aws.autoscaling import AutoscalingClient
from integrations.aws.client import AwsConnection
from integrations.aws.cloudfront import CloudFrontClient
from integrations.aws.cloudwatch import CloudWatchClient
from integrations.aws.ecr import EcrClient
from integrations.aws.ecs import EcsClient
from integrations.aws.elbv2 import Elbv2Client
from integrations.aws.iam import IamClient
from integrations.aws.logs import LogsClient
from integrations.aws.secretsmanager import SecretsManagerClient
from integrations.aws.sqs import SqsClient
from integrations.aws.ssm import SsmClient
from integrations.aws.sts import StsClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """AWS in one account and region, as one role."""

    ecs: EcsClient
    ecr: EcrClient
    elbv2: Elbv2Client
    sts: StsClient
    iam: IamClient
    secretsmanager: SecretsManagerClient
    ssm: SsmClient
    logs: LogsClient
    autoscaling: AutoscalingClient
    cloudwatch: CloudWatchClient
    cloudfront: CloudFrontClient
    sqs: SqsClient


class Accounts:
    """Every account the bot works in. The same region and role give the same clients.

    Sharing them is what joins questions asked at once, and saves making clients again.
    """

    def __init__(self, connection: AwsConnection) -> None:
        self._connection = connection
        self._accounts: dict[tuple[str, str | None], Account] = {}

    def account(self, region: str, role_arn: str | None = None) -> Account:
        """Return the clients for a region, as `role_arn` or, without one, as ourselves.

        Costs nothing: what boto3 needs for a service is made with its first call.
        """
        key = (region, role_arn)
        if key not in self._accounts:
            session = self._connection.session(region, role_arn)
            self._accounts[key] = Account(
                ecs=EcsClient(session),
                ecr=EcrClient(session),
                elbv2=Elbv2Client(session),
                sts=StsClient(session),
                iam=IamClient(session),
                secretsmanager=SecretsManagerClient(session),
                ssm=SsmClient(session),
                logs=LogsClient(session),
                autoscaling=AutoscalingClient(session),
                cloudwatch=CloudWatchClient(session),
                cloudfront=CloudFrontClient(session),
                sqs=SqsClient(session),
            )
        return self._accounts[key]

    async def aclose(self) -> None:
        """Drop what is under way and close every connection."""
        for account in self._accounts.values():
            await account.ecs.aclose()
            await account.logs.aclose()
        await self._connection.aclose()
