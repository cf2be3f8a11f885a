"""Pushes images into moto's ECR: a digest of their own each, a push time, scan findings."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.ecr.models import ecr_backends

from sandbox.aws.model import Json

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
WAYS_TO_NAME_AN_IMAGE = 4
"""By tag, by digest, by both in either order: moto hands out one set of findings for each."""


def digest_of(content: str) -> str:
    """The digest the sandbox gives what an image is made of.

    For a tag, that of the first image it was given to: wherever, and also when it has moved on.
    """
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def image_uri(account: str, region: str, repository: str) -> str:
    return f"{account}.dkr.ecr.{region}.amazonaws.com/{repository}"


def push(
    ecr: Any,
    *,
    account: str,
    region: str,
    repository: str,
    tag: str,
    pushed_at: float,
    findings: Mapping[str, int] | None = None,
    content: str | None = None,
) -> str:
    """Push `repository:tag`; return its digest. `findings` counts its scan's by severity.

    `content` is what is in the image when that is not what the tag stands for at first: an image
    that had the tag before stays, without it.
    """
    content = content or tag
    digest = digest_of(content)
    for image in ecr_backends[account][region].repositories[repository].images:
        # moto would delete it: ECR keeps what is still known by its digest.
        if tag in image.image_tags and image.image_digest != digest:
            image.remove_tag(tag)
    ecr.put_image(
        repositoryName=repository,
        imageManifest=_manifest(content),
        imageTag=tag,
        imageDigest=digest,
    )
    image = next(
        image
        for image in ecr_backends[account][region].repositories[repository].images
        if image.image_digest == digest
    )
    image.image_pushed_at = int(pushed_at)
    if findings is not None:
        image.last_scan = datetime.fromtimestamp(pushed_at, UTC)
        scan = _scan(account, repository, tag, digest, pushed_at, findings)
        image.scan_finding_results_queue.extend([scan] * WAYS_TO_NAME_AN_IMAGE)
    return digest


def _manifest(content: str) -> str:
    """An index that differs by content: moto takes equal manifests for one image.

    An index, as build tools push them now, because it says which platforms the image is for: that
    of a single manifest stands in its config, which moto does not hand out.
    """
    manifest = hashlib.sha256(f"manifest {content}".encode()).hexdigest()
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": INDEX_TYPE,
            "manifests": [
                {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "size": 1_573,
                    "digest": f"sha256:{manifest}",
                    "platform": {"architecture": "amd64", "os": "linux"},
                }
            ],
        }
    )


def _scan(
    account: str,
    repository: str,
    tag: str,
    digest: str,
    scanned_at: float,
    findings: Mapping[str, int],
) -> Json:
    named = [
        {
            "name": f"CVE-2026-{10_000 + number}",
            "severity": severity,
            "uri": f"https://nvd.nist.gov/vuln/detail/CVE-2026-{10_000 + number}",
            "attributes": [{"key": "package_name", "value": "openssl"}],
        }
        for number, severity in enumerate(
            severity for severity, count in findings.items() for _ in range(count)
        )
    ]
    return {
        "registryId": account,
        "repositoryName": repository,
        "imageId": {"imageDigest": digest, "imageTag": tag},
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed."},
        "imageScanFindings": {
            "imageScanCompletedAt": scanned_at,
            "vulnerabilitySourceUpdatedAt": scanned_at,
            "findingSeverityCounts": dict(findings),
            "findings": named,
        },
    }
