"""What a panel's query gives: asked of the world's Prometheus, as Grafana asks its data source."""

import re
from collections.abc import Mapping

import aiohttp

from sandbox.grafana.picture import Points

STEPS = 200
DEADLINE_S = 3.0
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def filled(expression: str, values: Mapping[str, list[str]]) -> str:
    """The expression with its variables; several values are an alternative, as Grafana writes it.

    One that has no value matches everything.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("__"):
            return "1m"
        return "|".join(values.get(name, [".*"]))

    return _VARIABLE.sub(value, expression)


async def ask(
    prometheus_url: str, expression: str, start: float, end: float, *, title: str
) -> dict[str, Points]:
    """The series of a query by their labels, or by the panel's title; none where there are none."""
    params = {
        "query": expression,
        "start": f"{start:.3f}",
        "end": f"{end:.3f}",
        "step": f"{max(1, (end - start) / STEPS):.3f}",
    }
    timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{prometheus_url}/api/v1/query_range", params=params) as answer,
        ):
            found = (await answer.json())["data"]["result"]
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return {}
    return {
        _called(one["metric"]) or title: [(at, float(value)) for at, value in one["values"]]
        for one in found
    }


def _called(labels: Mapping[str, str]) -> str:
    own = {name: value for name, value in labels.items() if name != "__name__"}
    return ", ".join(f"{name}={value}" for name, value in own.items())
