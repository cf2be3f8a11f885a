"""Moments in query strings."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sandbox.pagerduty.problems import invalid


def read_moment(query: Mapping[str, str], name: str, default: float) -> float:
    """Return the moment under `name` as seconds since the epoch; without a zone it is UTC."""
    text = query.get(name)
    if text is None:
        return default
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name.capitalize()} must be an ISO 8601 moment") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
