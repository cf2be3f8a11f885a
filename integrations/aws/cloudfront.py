"""Amazon CloudFront: forgetting what its edges have cached."""

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.aws import reading
from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.refusals import has_code
from integrations.aws.side_models import Invalidation
from integrations.errors import IntegrationError, NotFound, RateLimited, Rejected

COMPLETED = "Completed"
"""The status of an invalidation that every edge has obeyed."""
TOO_MANY = "TooManyInvalidationsInProgress"
"""3,000 paths or 15 wildcards of a distribution are under way; there is room when some end.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html
"""


class CloudFrontClient:
    """CloudFront of one account; it is the same in every region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def create_invalidation(
        self, distribution: str, paths: Iterable[str], *, caller_reference: str
    ) -> Invalidation:
        """Have the edges forget these paths; each begins with `/` and may end with `*`.

        May be repeated: the same `caller_reference` with the same paths gives the invalidation
        it began before. With other paths it is Rejected.

        Costs one cloudfront:CreateInvalidation. AWS bills paths beyond 1,000 a month; a wildcard
        counts as one.

        Raises:
            NotFound: there is no such distribution.
            Rejected: a path is not one CloudFront accepts, or there are too many in one request.
            Forbidden: cloudfront:CreateInvalidation is missing.
            RateLimited: also while too many invalidations are in progress.
            Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
        """
        items = list(dict.fromkeys(paths))
        batch = {
            "Paths": {"Quantity": len(items), "Items": items},
            "CallerReference": caller_reference,
        }
        reply = await self._call(
            "create_invalidation", DistributionId=distribution, InvalidationBatch=batch
        )
        return _invalidation(reply["Invalidation"])

    async def get_invalidation(self, distribution: str, identity: str) -> Invalidation:
        """Return an invalidation as it stands.

        Costs one cloudfront:GetInvalidation.

        Raises:
            NotFound: there is no such distribution or invalidation.
            Forbidden: cloudfront:GetInvalidation is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetInvalidation.html
        """
        reply = await self._call("get_invalidation", DistributionId=distribution, Id=identity)
        return _invalidation(reply["Invalidation"])

    async def _call(self, operation: str, /, **arguments: Any) -> Any:
        try:
            return await self._session.call("cloudfront", operation, **arguments)
        except Rejected as exc:
            raise _meant(exc) from exc


def _meant(exc: Rejected) -> IntegrationError:
    if has_code(exc, "NoSuchDistribution", "NoSuchInvalidation"):
        return NotFound(SYSTEM, exc.operation, exc.detail)
    return RateLimited(SYSTEM, exc.operation) if has_code(exc, TOO_MANY) else exc


def _invalidation(raw: Mapping[str, Any]) -> Invalidation:
    return Invalidation(
        id=raw["Id"], status=raw["Status"], created_at=reading.utc(raw.get("CreateTime"))
    )
