"""The compose file: by its published schema; what it starts is pinned, watched and there."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.checks.documents import COMPOSE, read_yaml
from infra.checks.problem import Problem
from infra.checks.schemas import violations

PROMISED = frozenset(
    {
        *("prometheus", "alertmanager", "grafana", "renderer", "bot"),
        *("node-exporter", "redis-exporter", "postgres-exporter", "cloudwatch-exporter"),
    }
)
PINNED = re.compile(r":v?\d+\.\d+\.\d+[\w.-]*(?:@sha256:[0-9a-f]{64})?$")
OF_THE_MACHINE = ("./secrets/", "./bot.env", "./credlink.yml")
"""What only the machine itself has; docs/monitoring.md says how to make it."""
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


def check(root: Path) -> Iterator[Problem]:
    """Needs nothing but the files."""
    where = str(COMPOSE)
    document = read_yaml(root / COMPOSE)
    for what in violations(document, "compose"):
        yield Problem(where, what)
    services = document.get("services") or {}
    for name in sorted(PROMISED - services.keys()):
        yield Problem(where, f"there is no {name}")
    for name, service in services.items():
        for what in _of_service(service, document, (root / COMPOSE).parent):
            yield Problem(f"{where}, {name}", what)


def _of_service(
    service: Mapping[str, Any], document: Mapping[str, Any], folder: Path
) -> Iterator[str]:
    image = _DEFAULT.sub(r"\1", service.get("image", ""))
    if not PINNED.search(image):
        yield f"{image or 'its image'} is not pinned to a version"
    if "test" not in service.get("healthcheck", {}):
        yield "nobody sees whether it is well: it has no health check"
    for source in _mounted(service):
        if source.startswith(("./", "../")):
            is_own = source.startswith(OF_THE_MACHINE)
            if not is_own and not (folder / source).exists():
                yield f"it mounts {source}, which is not there"
        elif not source.startswith("/") and source not in document.get("volumes", {}):
            yield f"there is no volume {source}"
    for secret in service.get("secrets", ()):
        if secret not in document.get("secrets", {}):
            yield f"there is no secret {secret}"


def _mounted(service: Mapping[str, Any]) -> Iterator[str]:
    for volume in service.get("volumes", ()):
        yield volume.split(":", 1)[0] if isinstance(volume, str) else volume.get("source", "")
