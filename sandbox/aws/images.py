"""What an image does when it is run: decided by the ending of its tag in moto's ECR."""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import StrEnum

from moto.ecr.exceptions import ImageNotFoundException, RepositoryNotFoundException
from moto.ecr.models import ecr_backends

ECR_REFERENCE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com"
    r"/(?P<repository>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class Behaviour(StrEnum):
    """What a container does once ECS starts it; the value is the ending of the tag."""

    HEALTHY = "healthy"
    CRASH = "crash"
    NO_PULL = "nopull"
    OUT_OF_MEMORY = "oom"
    UNHEALTHY = "unhealthy"
    STUCK = "stuck"
    """Never gets past PENDING and never fails: the rollout that only a deadline ends."""


@dataclass(frozen=True, slots=True)
class Image:
    """A container image as it resolved at the moment of the pull; outside ECR without digest."""

    reference: str
    tag: str | None
    digest: str | None
    behaviour: Behaviour


class Images:
    """Resolves references as a Fargate agent does, and knows what each version does when run.

    `behaviours` overrules the ending of a tag: set `behaviours["v1.2.0"] = Behaviour.CRASH` and
    every task of v1.2.0 that starts from then on crashes. A digest may stand there too, and wins.
    """

    def __init__(self) -> None:
        self.behaviours: MutableMapping[str, Behaviour] = {}
        self.once_named: MutableMapping[str, str] = {}
        """Digest → the tag it had until the tag moved on: the image still does what that says."""

    def resolve(self, reference: str) -> Image:
        """Return what `reference` names now; a tag or digest that ECR lacks cannot be pulled."""
        match = ECR_REFERENCE.fullmatch(reference)
        if match is None:
            tag = reference.rpartition(":")[2] if ":" in reference.rpartition("/")[2] else "latest"
            return Image(reference, tag, None, self._behaviour((tag,)))
        wanted = {"imageDigest": match["digest"]} if match["digest"] else {}
        if not wanted:
            wanted = {"imageTag": match["tag"] or "latest"}
        backend = ecr_backends[match["account"]][match["region"]]
        try:
            (found,) = backend.describe_images(match["repository"], match["account"], [wanted])
        except (ImageNotFoundException, RepositoryNotFoundException):
            return Image(reference, match["tag"], match["digest"], Behaviour.NO_PULL)
        tags = tuple(found.image_tags)
        named = match["tag"] if match["tag"] in tags else None
        told = named or self._telling(tags) or self.once_named.get(found.image_digest)
        behaviour = self._behaviour((found.image_digest, told) if told else (found.image_digest,))
        return Image(reference, told, found.image_digest, behaviour)

    def _telling(self, tags: tuple[str, ...]) -> str | None:
        """Of the tags of one digest, the one that says what it does, or else the first."""
        misbehaving = (tag for tag in tags if self._behaviour((tag,)) is not Behaviour.HEALTHY)
        return next(misbehaving, tags[0] if tags else None)

    def _behaviour(self, names: tuple[str, ...]) -> Behaviour:
        for tag in names:
            if tag in self.behaviours:
                return self.behaviours[tag]
            for behaviour in Behaviour:
                if tag.endswith(f"-{behaviour}"):
                    return behaviour
        return Behaviour.HEALTHY
