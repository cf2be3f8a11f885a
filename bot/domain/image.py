"""Image references: `registry/repository:tag`, `registry/repository@sha256:…`, or both."""

import re
from dataclasses import dataclass

_ECR = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?$")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """One image reference in parts; `registry` is empty for Docker Hub's short names."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def ecr_account(self) -> str | None:
        """The account whose ECR holds it; None where the registry is not ECR."""
        found = _ECR.match(self.registry)
        return found["account"] if found else None

    def at(self, digest: str) -> str:
        """The reference that can only ever mean this digest."""
        name = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return f"{name}@{digest}"


def read_image(reference: str) -> ImageReference:
    """Take a reference apart as Docker does: a first part with a dot or a port is a host."""
    name, _, digest = reference.partition("@")
    first, slash, rest = name.partition("/")
    registry = ""
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, name = first, rest
    repository, _, tag = name.partition(":")
    return ImageReference(registry, repository, tag or None, digest or None)


def ecr_registry(account: str, region: str) -> str:
    """The host name of an account's ECR in a region."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{domain}"
