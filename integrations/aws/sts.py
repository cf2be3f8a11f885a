"""AWS STS: who we are."""

from integrations.aws.client import AwsSession
from integrations.aws.models import Identity


class StsClient:
    """STS with one session's credentials."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def get_caller_identity(self) -> Identity:
        """Return whose credentials these are; needs no permission.

        Costs one sts:GetCallerIdentity, and with a role one sts:AssumeRole now and then.

        Raises:
            Forbidden: there are no credentials, they are wrong, or the role may not be assumed.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        """
        reply = await self._session.call("sts", "get_caller_identity")
        return Identity(account=reply["Account"], arn=reply["Arn"])
