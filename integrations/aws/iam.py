"""AWS IAM: who may assume a role."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.refusals import has_code
from integrations.aws.side_models import Role
from integrations.errors import NotFound, Rejected

ASSUMING = frozenset({"sts:assumerole", "sts:*", "*"})
"""Actions that let a service assume a role; IAM compares actions without case."""
ANYONE = "*"


class IamClient:
    """IAM of one account; it is the same in every region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def get_role(self, name: str) -> Role:
        """Return a role and whom its trust policy lets in; `name` is without path.

        Costs one iam:GetRole.

        Raises:
            NotFound: there is no such role.
            Rejected: the trust policy cannot be read.
            Forbidden: iam:GetRole is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
        """
        try:
            reply = await self._session.call("iam", "get_role", RoleName=name)
        except Rejected as exc:
            if not has_code(exc, "NoSuchEntity"):
                raise
            raise NotFound(SYSTEM, "get_role", f"there is no role {name}") from exc
        return _role(reply["Role"])


def role_name(arn_or_name: str) -> str:
    """The name in a role's ARN: what follows its path, which may have several parts."""
    return arn_or_name.rsplit("/", 1)[-1]


def _role(raw: Mapping[str, Any]) -> Role:
    freely, conditionally, denied = set[str](), set[str](), set[str]()
    trusts_anyone = False
    for statement in _statements(raw.get("AssumeRolePolicyDocument")):
        if not _is_about_assuming(statement):
            continue
        services = set(_services(statement))
        conditional = bool(statement.get("Condition"))
        if statement.get("Effect") == "Deny":
            denied |= set() if conditional else services
        elif conditional:
            conditionally |= services
        else:
            freely |= services
            trusts_anyone = trusts_anyone or _names_anyone(statement.get("Principal"))
    return Role(
        arn=raw["Arn"],
        name=raw["RoleName"],
        trusted_services=frozenset((freely | conditionally) - denied),
        conditional_services=frozenset(conditionally - freely - denied),
        trusts_anyone=trusts_anyone,
    )


def _statements(document: Any) -> Iterator[Mapping[str, Any]]:
    """The statements of a policy, which botocore has decoded or, failing that, has not."""
    if isinstance(document, str):
        try:
            document = json.loads(unquote(document))
        except ValueError:
            document = None
    if not isinstance(document, Mapping):
        raise Rejected(SYSTEM, "get_role", "the role's trust policy cannot be read")
    yield from (one for one in _listed(document.get("Statement")) if isinstance(one, Mapping))


def _is_about_assuming(statement: Mapping[str, Any]) -> bool:
    return any(str(action).lower() in ASSUMING for action in _listed(statement.get("Action")))


def _services(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        yield from (str(service) for service in _listed(principal.get("Service")))


def _names_anyone(principal: Any) -> bool:
    if isinstance(principal, Mapping):
        return ANYONE in _listed(principal.get("AWS"))
    return bool(principal == ANYONE)


def _listed(value: Any) -> list[Any]:
    """IAM lets a list of one be written without its brackets."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
