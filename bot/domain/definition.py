"""Task definitions as ECS takes them: which container, a copy with another image, a hash."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.difference import Definition, differences
from bot.domain.place import listed

_BY_NAME = frozenset(
    {"containerDefinitions", "environment", "secrets", "secretOptions", "ulimits", "volumes"}
)
"""Lists whose entries ECS knows by their `name`: their order means nothing."""
_SETS = frozenset({"requiresCompatibilities"})


class NoSuchContainer(Exception):
    """The container to deploy cannot be told; the text is for the person who asked."""


def container_named(definition: Definition, name: str | None) -> Mapping[str, Any]:
    """Find the container whose image is deployed.

    Raises:
        NoSuchContainer: it is not there, or several are and none was named.
    """
    containers: Sequence[Mapping[str, Any]] = definition["containerDefinitions"]
    names = [container["name"] for container in containers]
    if name is None and len(containers) == 1:
        return containers[0]
    if name is None:
        raise NoSuchContainer(
            f"The task has several containers: {listed(names)}. Name the one to deploy as "
            "`container` in the catalogue."
        )
    for container in containers:
        if container["name"] == name:
            return container
    raise NoSuchContainer(
        f"The task has no container {name}; it has {listed(names)}. Correct `container` in the "
        "catalogue."
    )


def with_image(definition: Definition, container: str, image: str) -> dict[str, Any]:
    """Copy a task definition, with only this container's image changed."""
    containers = [
        {**one, "image": image} if one["name"] == container else one
        for one in definition["containerDefinitions"]
    ]
    return {**definition, "containerDefinitions": containers}


def memory_mib(definition: Definition, container: str) -> int | None:
    """What the container may use before it is killed, in MiB; None where nothing limits it."""
    limit = container_named(definition, container).get("memory") or definition.get("memory")
    return int(limit) if limit else None


def definition_hash(definition: Definition) -> str:
    """SHA-256, in hex, of a task definition as it would be registered.

    Two that ECS would take for the same have the same: an order that means nothing is ignored, and
    so is an empty list where another has none, which is how ECS gives back what was left out.
    """
    canonical = json.dumps(
        _canonical(definition), sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _canonical(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        members = {name: _canonical(member, name) for name, member in value.items()}
        return {name: member for name, member in members.items() if not _is_nothing(member)}
    if isinstance(value, list | tuple):
        entries = [_canonical(entry) for entry in value]
        if key in _BY_NAME:
            return sorted(entries, key=lambda entry: str(entry.get("name", "")))
        return sorted(entries) if key in _SETS else entries
    return value


def _is_nothing(value: Any) -> bool:
    """Whether it is absent in all but form. An empty text, a zero and False say something."""
    return value is None or value == [] or value == {}


def changed_fields(before: Definition, after: Definition) -> tuple[str, ...]:
    """Name what differs between two task definitions, most telling first.

    Both as they would be registered: without what only ECS writes. Values are shown only where
    they cannot hold a secret.
    """
    return tuple(difference.text for difference in differences(before, after))
