"""A real Alertmanager that tells the bot and, beside it, Slack by its own receiver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from sandbox import seeds
from sandbox.monitoring.monitoring import ALERTMANAGER, HOW_TO_GET_THEM
from sandbox.monitoring.program import NotStarted, Program, find
from sandbox.ports import free_port

GROUP_WAIT = "500ms"
"""All alerts of a group come at the same moment; Alertmanager's own default is 30 s."""
READY_WITHIN_S = 30.0
TITLE = "{{ .GroupLabels.alertname }}: {{ .GroupLabels.service }} in {{ .GroupLabels.env }}"


def configuration(*, webhook_url: str, slack_url: str) -> dict[str, Any]:
    """One receiver with both, so that both are told of the same groups at the same moments.

    Source: https://prometheus.io/docs/alerting/0.25/configuration/#slack_config
    """

    def bearer(token: str) -> dict[str, Any]:
        return {"authorization": {"type": "Bearer", "credentials": token}}

    return {
        "route": {
            "receiver": "both",
            "group_by": ["alertname", "env", "service"],
            "group_wait": GROUP_WAIT,
            "group_interval": "5s",
            "repeat_interval": "4h",
        },
        "receivers": [
            {
                "name": "both",
                "webhook_configs": [
                    {
                        "url": webhook_url,
                        "http_config": bearer(seeds.ALERTMANAGER_WEBHOOK_TOKEN),
                    }
                ],
                "slack_configs": [
                    {
                        "api_url": f"{slack_url}/api/chat.postMessage",
                        "channel": "#credlink-alerts",
                        "http_config": bearer(seeds.BOT_TOKEN),
                        "send_resolved": True,
                        "title": TITLE,
                    }
                ],
            }
        ],
    }


def _written(folder: Path, document: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(document))
    return file


@asynccontextmanager
async def alertmanager(folder: Path, *, webhook_url: str, slack_url: str) -> AsyncIterator[str]:
    """Run it; gives its URL.

    Raises:
        NotStarted: it is not installed, or does not start.
    """
    path = find(ALERTMANAGER)
    if path is None:
        raise NotStarted(HOW_TO_GET_THEM)
    written = _written(folder, configuration(webhook_url=webhook_url, slack_url=slack_url))
    address = f"127.0.0.1:{free_port()}"
    program = Program(
        [
            path,
            f"--config.file={written}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",  # one alone
            "--log.level=warn",
        ],
        ready_url=f"http://{address}/-/ready",
        log=folder / "alertmanager.log",
    )
    await program.start(within_s=READY_WITHIN_S)
    try:
        yield f"http://{address}"
    finally:
        await program.stop()
