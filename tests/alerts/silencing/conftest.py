"""A real Alertmanager that tells nobody, and the bot's rows beside it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.database import Database
from integrations.alertmanager.client import AlertmanagerClient
from tests.alerts.silencing.scene import Scene
from tests.integrations.monitoring import running


@pytest.fixture
async def scene(tmp_path: Path, sqlite: Database) -> AsyncIterator[Scene]:
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]")
    arguments = ("--config.file=alertmanager.yml", "--storage.path=data")
    alone = "--cluster.listen-address="
    async with running("prometheus-alertmanager", tmp_path, *arguments, alone) as url:
        client = AlertmanagerClient(url)
        made = Scene(url, client, sqlite)
        yield made
        await made.desk.ask.stop()
        await client.aclose()
