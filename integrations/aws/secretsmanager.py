"""AWS Secrets Manager: secrets the settings only name, and whether those of a task are there."""

import json

from integrations.aws import reading
from integrations.aws.client import AwsSession
from integrations.aws.side_models import Secret
from integrations.errors import NotFound, Rejected

SYSTEM = "secretsmanager"


class SecretsManagerClient:
    """Secrets of one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def get_secret_value(self, secret_id: str, *, key: str | None = None) -> str:
        """Return a secret's text, or one key of a secret that is a JSON object.

        Costs one secretsmanager:GetSecretValue. The value never stands in an error.

        Raises:
            NotFound: there is no such secret, or no such key in it.
            Rejected: a key was asked of a secret that is no JSON object, or it holds bytes.
            Forbidden, RateLimited, Unavailable.

        Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
        """
        reply = await self._session.call(SYSTEM, "get_secret_value", SecretId=secret_id)
        value = reply.get("SecretString")
        if not isinstance(value, str):
            raise Rejected(SYSTEM, "get_secret_value", f"{secret_id} holds no text")
        if key is None:
            return value
        try:
            held = json.loads(value)
        except ValueError:
            held = None
        if not isinstance(held, dict):
            raise Rejected(SYSTEM, "get_secret_value", f"{secret_id} is no JSON object")
        if key not in held:
            raise NotFound(SYSTEM, "get_secret_value", f"{secret_id} has no key {key}")
        return str(held[key])

    async def describe_secret(self, secret_id: str) -> Secret:
        """Return what is known of a secret but for its value, which is not read.

        `secret_id` is its name or ARN, with or without the six characters AWS appends to the
        name. A task definition may append `:key:stage:version`, which is none of the ARN.

        Costs one secretsmanager:DescribeSecret.

        Raises:
            NotFound: there is no such secret.
            Forbidden: secretsmanager:DescribeSecret is missing, or another account's secret does
                not let us in.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
        """
        reply = await self._session.call(SYSTEM, "describe_secret", SecretId=secret_id)
        return Secret(
            arn=reply["ARN"],
            name=reply.get("Name", ""),
            deleted_at=reading.utc(reply.get("DeletedDate")),
            versions={
                version: tuple(stages)
                for version, stages in reply.get("VersionIdsToStages", {}).items()
            },
        )
