"""Loopback ports: the documented ones when they are free, others when they are not."""

import random
import socket

BASE = 8065
NAMES = (
    "workspace",
    "bot",
    "operations",
    "aws",
    "pagerduty",
    "prometheus",
    "alertmanager",
    "credlink_api",
    "grafana",
    "sentry",
    "actions",
    "sns",
)


CHOSEN_FROM = range(20_000, 32_000)
"""Below what the kernel takes for outgoing connections: one of those cannot take it meanwhile."""
TRIES = 1000


def free_port() -> int:
    """A port nobody listens on now.

    Raises:
        RuntimeError: there is none.
    """
    for _ in range(TRIES):
        port = random.choice(CHOSEN_FROM)
        if is_free(port):
            return port
    raise RuntimeError(f"no free port from {CHOSEN_FROM.start} to {CHOSEN_FROM.stop}")


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def choose(base: int | None) -> dict[str, int]:
    """A port for each name: `base` upwards where free; without a base, any free ones."""
    chosen: dict[str, int] = {}
    for offset, name in enumerate(NAMES):
        wanted = None if base is None else base + offset
        if wanted is not None and is_free(wanted):
            chosen[name] = wanted
        else:
            port = free_port()
            while port in chosen.values():
                port = free_port()
            chosen[name] = port
    return chosen
