"""Settings that only name their secret: `aws-secretsmanager:<secret>[#key]` becomes its value."""

import asyncio
from collections.abc import Mapping

from bot.errors import ConfigurationError
from integrations.aws.client import AwsConnection
from integrations.aws.secretsmanager import SecretsManagerClient
from integrations.errors import IntegrationError

PREFIX = "aws-secretsmanager:"
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


async def resolved(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with every reference replaced by its secret.

    Costs one call a reference, all at once; none where there is no reference.

    Raises:
        ConfigurationError: naming every variable whose secret could not be read, and why.
    """
    references = {
        name: value.removeprefix(PREFIX)
        for name, value in environment.items()
        if value.startswith(PREFIX)
    }
    if not references:
        return dict(environment)
    connection = AwsConnection(endpoint_url=environment.get("AWS_ENDPOINT_URL") or None)
    try:
        read = await asyncio.gather(
            *(_read(connection, environment, name, said) for name, said in references.items()),
            return_exceptions=True,
        )
    finally:
        await connection.aclose()
    unforeseen = [each for each in read if isinstance(each, BaseException)]
    problems = [str(each) for each in unforeseen if isinstance(each, ConfigurationError)]
    if problems:
        raise ConfigurationError("\n".join(problems))
    if unforeseen:
        raise unforeseen[0]
    return {**environment, **dict(zip(references, map(str, read), strict=True))}


async def _read(
    connection: AwsConnection, environment: Mapping[str, str], name: str, reference: str
) -> str:
    secret, _, key = reference.partition("#")
    parts = secret.split(":")
    from_arn = parts[3] if secret.startswith("arn:") and len(parts) > 3 else None
    region = from_arn or next((environment[v] for v in REGIONS if environment.get(v)), None)
    if region is None:
        raise ConfigurationError(
            f"{name}: which region is the secret in? Set AWS_REGION, or write the secret's ARN."
        )
    try:
        return await SecretsManagerClient(connection.session(region)).get_secret_value(
            secret, key=key or None
        )
    except IntegrationError as exc:
        raise ConfigurationError(f"{name}: {exc}") from exc
