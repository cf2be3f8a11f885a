"""What ECR knows of an image beyond its digest: what a scan found, which machines it runs on. Pure.

Manifests: https://github.com/opencontainers/image-spec/blob/main/image-index.md, manifest.md and
config.md; Docker's own differ only in their media types.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
CONFIG_TYPES = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
"""Charts and other artifacts are manifests too and run nowhere; their configs have other types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFindings:
    """What a scan of one image found; no counts mean no findings only where it `is_known`."""

    status: str
    """COMPLETE (once), ACTIVE (scanned continuously), IN_PROGRESS, PENDING, FAILED,
    UNSUPPORTED_IMAGE, FINDINGS_UNAVAILABLE, SCAN_ELIGIBILITY_EXPIRED, LIMIT_EXCEEDED,
    IMAGE_ARCHIVED or IMAGE_SIZE_EXCEEDED."""
    counts: Mapping[str, int]
    """By severity: CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNDEFINED (basic scans) or
    UNTRIAGED (enhanced ones). A severity nothing was found of is left out."""
    completed_at: datetime | None = None
    description: str = ""
    """ECR's own words on the status."""

    @property
    def is_known(self) -> bool:
        """Whether the counts are all of them, so that none of a severity means none."""
        return self.status in {"COMPLETE", "ACTIVE"}


@dataclass(frozen=True, slots=True)
class Platform:
    """A machine an image is built for, as its manifest calls it: `linux`, `arm64`, `v8`."""

    os: str
    architecture: str
    """amd64, arm64, …: Go's words, where ECS says X86_64 and ARM64."""
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigBlob:
    """Where the platform of a single image is written; `size_bytes` as the manifest says."""

    digest: str
    size_bytes: int


def platforms_of(manifest: str) -> tuple[Platform, ...] | ConfigBlob:
    """Read an image manifest: the platforms of an index, or where a single image's is found.

    Empty for what is no image.
    """
    raw = _object(manifest)
    entries = raw.get("manifests")
    if isinstance(entries, list):
        platforms = (_platform(_dict(_dict(entry).get("platform"))) for entry in entries)
        return tuple(dict.fromkeys(p for p in platforms if p is not None))
    config = _dict(raw.get("config"))
    digest, size = config.get("digest"), config.get("size", 0)
    if config.get("mediaType") in CONFIG_TYPES and isinstance(digest, str) and type(size) is int:
        return ConfigBlob(digest, size)
    return ()


def platform_of(config: bytes) -> tuple[Platform, ...]:
    """Read the platform out of an image's config; empty if none is written there."""
    platform = _platform(_object(config))
    return () if platform is None else (platform,)


def _platform(raw: Mapping[str, Any]) -> Platform | None:
    os, architecture, variant = (raw.get(part) for part in ("os", "architecture", "variant"))
    if not (isinstance(os, str) and isinstance(architecture, str) and os and architecture):
        return None
    if os == "unknown":  # an attestation that stands in the index beside the images
        return None
    return Platform(os, architecture, variant if isinstance(variant, str) and variant else None)


def _object(text: str | bytes) -> Mapping[str, Any]:
    try:
        return _dict(json.loads(text))
    except (ValueError, RecursionError):  # not JSON, or not UTF-8
        return {}


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
