"""What the doctor's tests look at: a whole world, and what of it is wrong."""

from pathlib import Path

from bot.catalog_file import load
from bot.doctor import Finding, examine
from bot.settings import read_settings
from sandbox.world import CATALOG, World

NOBODY = "http://127.0.0.1:9"
PLACE = "services.credlink-api.environments.prod"
BOARDS = {"Grafana, credlink-api in prod", "Grafana, credlink-api in eu"}
ACCOUNTS = {f"AWS, credlink-api in {name}" for name in ("eu", "prod", "staging")}
AROUND = {f"AWS around it, credlink-api in {name}" for name in ("eu", "prod", "staging")}

CLOUDFRONT = "CloudFront, credlink-api in prod"
QUEUE = "events queue, credlink-api in prod"
SLOS = {"SLO queries, credlink-api in prod", "SLO queries, credlink-api in eu"}
GROUPS = "Slack's user groups"


class Answered(World):
    """A world in which something answers in Prometheus' place."""

    prometheus_url: str

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "PROMETHEUS_URL": self.prometheus_url}


def over_http(world: World, **variables: str) -> dict[str, str]:
    """The world's variables in HTTP mode: Slack lets an app ask for few sockets a minute."""
    return {**world.environment(), "SLACK_MODE": "http", **variables}


async def findings(world: World, catalog: Path = CATALOG, /, **variables: str) -> list[Finding]:
    read = load(catalog)
    return await examine(read, read_settings(over_http(world, **variables), read))


def wrong(found: list[Finding]) -> dict[str, str]:
    """What is to be mended, by its name."""
    return {finding.name: finding.said for finding in found if not finding.ok}
