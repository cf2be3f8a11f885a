"""AWS Systems Manager's Parameter Store: which parameters there are. No value is ever read."""

from collections.abc import Iterable
from typing import Any

from integrations.aws.client import AwsSession, batches

# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
NAMES_A_CALL = 50
PAGES_AT_MOST = 10


class SsmClient:
    """Parameter Store in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def describe_parameters(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of these names that exist; a name in a hierarchy is given in full.

        Parameters another account shares are not among them.

        Costs one ssm:DescribeParameters for fifty names, a page with fewer may cost another. The
        permission cannot be limited to single parameters.

        Raises:
            Forbidden: ssm:DescribeParameters is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
        """
        found: set[str] = set()
        for batch in batches(names, NAMES_A_CALL):
            wanted = {"Key": "Name", "Option": "Equals", "Values": batch}
            arguments: dict[str, Any] = {"ParameterFilters": [wanted], "MaxResults": NAMES_A_CALL}
            for _ in range(PAGES_AT_MOST):
                reply = await self._session.call("ssm", "describe_parameters", **arguments)
                found.update(raw["Name"] for raw in reply.get("Parameters", ()))
                if not reply.get("NextToken"):
                    break
                arguments["NextToken"] = reply["NextToken"]
        return frozenset(found)
