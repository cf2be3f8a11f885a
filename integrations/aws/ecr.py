"""Amazon ECR: which image a tag means."""

from integrations.aws import reading
from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.models import Image
from integrations.errors import NotFound


class EcrClient:
    """ECR in one account and region."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def describe_image(
        self,
        repository: str,
        *,
        tag: str | None = None,
        digest: str | None = None,
        registry_id: str | None = None,
    ) -> Image:
        """Return the image a tag or a digest means; `registry_id` is another account's number.

        A tag can be moved unless the repository forbids it, so what is deployed is the digest.

        Costs one ecr:DescribeImages.

        Raises:
            NotFound: there is no such repository or image.
            Rejected: the tag is not one ECR would accept.
            Forbidden: ecr:DescribeImages is missing.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
        """
        if (tag is None) == (digest is None):
            raise ValueError("an image is asked for by its tag or by its digest")
        wanted = {"imageTag": tag} if tag is not None else {"imageDigest": digest}
        account = {} if registry_id is None else {"registryId": registry_id}
        reply = await self._session.call(
            "ecr", "describe_images", repositoryName=repository, imageIds=[wanted], **account
        )
        details = reply.get("imageDetails", ())
        if not details:
            separator = ":" if tag is not None else "@"
            raise NotFound(
                SYSTEM, "describe_images", f"there is no {repository}{separator}{tag or digest}"
            )
        return reading.image(details[0])
