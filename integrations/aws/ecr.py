"""Amazon ECR: which image a tag means, what a scan found in it, which machines it runs on."""

from functools import partial

from integrations.aws import blobs, reading
from integrations.aws.client import SYSTEM, AwsSession
from integrations.aws.images import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    ConfigBlob,
    Platform,
    ScanFindings,
    platform_of,
    platforms_of,
)
from integrations.aws.models import Image
from integrations.errors import NotFound, Rejected, Unavailable


class NotScanned(NotFound):
    """The image is there, and no scan of it."""


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
        reply = await self._session.call(
            "ecr", "describe_images", imageIds=[wanted], **_place(repository, registry_id)
        )
        details = reply.get("imageDetails", ())
        if not details:
            separator = ":" if tag is not None else "@"
            raise NotFound(
                SYSTEM, "describe_images", f"there is no {repository}{separator}{tag or digest}"
            )
        return reading.image(details[0])

    async def describe_image_scan_findings(
        self, repository: str, digest: str, *, registry_id: str | None = None
    ) -> ScanFindings:
        """Return what the last scan of an image found, in numbers; basic or enhanced scanning.

        An image index has no findings of its own with basic scanning: it is not scanned.

        Costs one ecr:DescribeImageScanFindings: the counts stand on the first page.

        Raises:
            NotScanned: the image is there and was never scanned, or its findings are gone.
            NotFound: there is no such repository or image.
            Rejected: ECR does not accept the digest.
            Forbidden: ecr:DescribeImageScanFindings is missing; enhanced findings also need
                inspector2:ListFindings.
            RateLimited, Unavailable: worth another try.

        Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
        """
        try:
            reply = await self._session.call(
                "ecr",
                "describe_image_scan_findings",
                imageId={"imageDigest": digest},
                **_place(repository, registry_id),
            )
        except NotFound as exc:
            if not exc.detail.startswith("ScanNotFoundException"):
                raise
            raise NotScanned(SYSTEM, exc.operation, exc.detail) from exc
        return reading.scan_findings(reply)

    async def describe_image_platforms(
        self, repository: str, digest: str, *, registry_id: str | None = None
    ) -> tuple[Platform, ...]:
        """Return the machines an image is built for; empty when that cannot be known.

        An image index lists them. A single image has it in its config, a blob of its own: when
        that is not an image's, too large, or cannot be had, the platform is not known.

        Costs one ecr:BatchGetImage; for a single image also one ecr:GetDownloadUrlForLayer and a
        GET of some kilobytes, ten seconds at most.

        Raises:
            NotFound: there is no such repository or image.
            Rejected: ECR does not accept the digest.
            Forbidden: ecr:BatchGetImage or ecr:GetDownloadUrlForLayer is missing.
            RateLimited, Unavailable: the manifest is worth another try.

        Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
        """
        reply = await self._session.call(
            "ecr",
            "batch_get_image",
            imageIds=[{"imageDigest": digest}],
            acceptedMediaTypes=[*INDEX_TYPES, *MANIFEST_TYPES],
            **_place(repository, registry_id),
        )
        if any(f.get("failureCode") == "ImageNotFound" for f in reply.get("failures", ())):
            raise NotFound(SYSTEM, "batch_get_image", f"there is no {repository}@{digest}")
        images = reply.get("images", ())
        found = platforms_of(images[0].get("imageManifest", "")) if images else ()
        if isinstance(found, ConfigBlob):
            return await self._platform_in(found, _place(repository, registry_id))
        return found

    async def _platform_in(self, blob: ConfigBlob, place: dict[str, str]) -> tuple[Platform, ...]:
        if blob.size_bytes > blobs.LARGEST_BYTES:
            return ()
        try:
            reply = await self._session.call(
                "ecr", "get_download_url_for_layer", layerDigest=blob.digest, **place
            )
            config = await self._session.run(
                "get_blob",
                partial(blobs.fetch, reply.get("downloadUrl", ""), digest=blob.digest),
                deadline_s=blobs.DEADLINE_S,
            )
        except (NotFound, Rejected, Unavailable):
            return ()
        return () if config is None else platform_of(config)


def _place(repository: str, registry_id: str | None) -> dict[str, str]:
    account = {} if registry_id is None else {"registryId": registry_id}
    return {"repositoryName": repository, **account}
