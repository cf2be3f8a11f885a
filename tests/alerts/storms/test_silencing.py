"""*Silence all…* in a real Alertmanager: previewed in one form, a silence for each alert name."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.alerts.silencing.make import MakeSilence
from bot.alerts.silencing.sync import SyncSilences
from bot.alerts.storms.silence import SilenceStorm
from bot.cards.modal import Modal
from bot.cards.silence_form import LENGTH, REASON
from bot.domain.alert import Source
from bot.domain.asked import Actor, Submission
from bot.errors import Conflict, FormError, NotAllowed
from bot.storage import alerts
from bot.storage.database import Database
from integrations.alertmanager.client import AlertmanagerClient
from integrations.alertmanager.models import Silence
from tests.alerts.builders import a_catalog, an_alert, an_update
from tests.alerts.storms.weather import ALICE, Weather, names
from tests.integrations.monitoring import running

MAY = {"deployers": {"group": "S0DEPLOY", "may": {"prod": ["silence"]}}}
FILLED = {LENGTH: "2h", REASON: "the database is gone"}
SERVICES = names(8, of="svc-")


@dataclass
class Night:
    """A storm that Alertmanager holds too: two alert names over eight services."""

    url: str
    weather: Weather
    silence: SilenceStorm
    alertmanager: AlertmanagerClient

    async def breaks(self) -> None:
        labels = [
            {**an_alert(alertname=name, severity="warning")["labels"], "service": service}
            for name in ("HighLatency", "Slow")
            for service in SERVICES
        ]
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            await session.post(
                f"{self.url}/api/v2/alerts", json=[{"labels": each} for each in labels]
            )
        for found in await self.alertmanager.get_alerts():
            spoken = an_alert(found.fingerprint, starts_at=found.starts_at, **found.labels)
            key = f"{found.labels['alertname']}/{found.labels['service']}"
            await self.weather.board.hears(an_update(spoken, groupKey=key), at=datetime.now(UTC))

    async def grows(self, name: str, **labels: str) -> None:
        """An alert of this name joins the first group."""
        key = f"HighLatency/{SERVICES[0]}"
        known = await self.weather.board.groups()
        group = next(one for one in known if one.group_key == key)
        async with self.weather.database.read() as connection:
            inside = await alerts.alerts_of(connection, group.id)
        spoken = [
            an_alert(one.fingerprint, starts_at=one.starts_at, **one.labels) for one in inside
        ]
        more = {**inside[0].labels, "alertname": name, **labels}
        joined = an_alert(f"more-{name}", starts_at=inside[0].starts_at, **more)
        await self.weather.board.hears(
            an_update(*spoken, joined, groupKey=key), at=datetime.now(UTC)
        )

    async def form(self, by: Actor = ALICE) -> Modal:
        loading = await self.silence.open(self.weather.press(await self.weather.storm(), by=by))
        return await loading.ask()

    async def submits(self, form: Modal, *, by: Actor = ALICE, **values: str) -> None:
        asked = self.weather.asked(by)
        sent = Submission(asked, form.callback_id, form.carried, {**FILLED, **values})
        await (await self.silence.submit(sent)).ask()

    async def silences(self) -> list[Silence]:
        found = await self.alertmanager.get_silences()
        return [one for one in found if one.state == "active"]


@pytest.fixture
async def night(tmp_path: Path, sqlite: Database) -> AsyncIterator[Night]:
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]")
    arguments = ("--config.file=alertmanager.yml", "--storage.path=data")
    alone = "--cluster.listen-address="
    async with running("prometheus-alertmanager", tmp_path, *arguments, alone) as url:
        client = AlertmanagerClient(url)
        weather = Weather(sqlite, a_catalog(people=MAY))
        world = replace(weather.world, alertmanager=client, now=lambda: datetime.now(UTC))
        make = MakeSilence(
            world=world,
            sync=SyncSilences(world),
            name_of=lambda user_id: "Alice",
            workspace_url="https://team.example/",
        )
        made = Night(url, weather, SilenceStorm(world=world, make=make), client)
        await made.breaks()
        yield made
        await client.aclose()


def said(form: Modal) -> str:
    texts: list[Any] = [block.get("text") for block in form.blocks]
    return "\n".join(text["text"] for text in texts if text)


async def test_each_name_is_previewed_and_silenced_and_the_card_says_so(night: Night):
    form = await night.form()

    assert form.submit == "Silence 2 names"
    assert '`alertname="HighLatency", env="prod"`: 8 groups · hides *8 alerts* now' in said(form)
    assert await night.silences() == []
    await night.submits(form)

    made = sorted(await night.silences(), key=lambda one: one.matchers[0].value)
    names_silenced = [one.matchers[0].value for one in made]
    assert names_silenced == ["HighLatency", "Slow"]
    assert all("the database is gone · by Alice in Slack" in one.comment for one in made)
    text = await night.weather.text()
    assert "silenced 2 alert names until" in text
    assert "*16 firing* · 16 silenced" in text
    assert "Silence all…]" not in text


async def test_what_was_not_previewed_is_not_silenced(night: Night):
    form = await night.form()
    await night.grows("HighLatency", env="staging")  # its silence would reach further
    await night.grows("DiskFull", env="prod")

    await night.submits(form)

    assert [one.matchers[0].value for one in await night.silences()] == ["Slow"]
    assert "silenced 1 alert name until" in await night.weather.text()


async def test_a_form_of_which_nothing_is_as_it_was_makes_nothing(night: Night):
    form = await night.form()
    for name in ("HighLatency", "Slow"):
        await night.grows(name, env="staging")

    with pytest.raises(Conflict, match=r"press \*Silence all…\* again"):
        await night.submits(form)

    assert await night.silences() == []


async def test_what_others_tell_of_is_no_alert_that_alertmanager_could_silence(night: Night):
    elsewhere = replace(
        an_update(an_alert("disk", service=SERVICES[0], severity="warning"), groupKey="disk"),
        source=Source.GRAFANA,
    )
    await night.weather.board.hears(elsewhere, at=datetime.now(UTC))

    form = await night.form()

    assert form.submit == "Silence 2 names"
    assert "1 group of other systems than Alertmanager: not silenced." in str(form.blocks[-1])


async def test_who_may_silence_none_of_it_gets_no_form(night: Night):
    with pytest.raises(NotAllowed, match="silence"):
        await night.form(by=Actor("U0MALLORY"))


async def test_what_cannot_be_read_is_said_beside_its_field(night: Night):
    form = await night.form()

    with pytest.raises(FormError) as refused:
        await night.submits(form, **{LENGTH: "for ever", REASON: " "})

    assert refused.value.problems.keys() == {LENGTH, REASON}
    assert await night.silences() == []


async def test_an_alertmanager_that_is_away_leaves_the_preview_unknown_and_the_failure_named(
    night: Night,
):
    gone = AlertmanagerClient("http://127.0.0.1:9")
    world = replace(night.silence.world, alertmanager=gone)
    night.silence = SilenceStorm(
        world=world, make=replace(night.silence.make, world=world, sync=SyncSilences(world))
    )

    form = await night.form()
    assert "⚪ not known what it hides now" in said(form)
    await night.submits(form)

    text = await night.weather.text()
    assert "silencing 2 alert names; Alertmanager is asked" in text
    assert await night.silences() == []
    await gone.aclose()


async def test_when_nothing_fires_any_more_there_is_nothing_to_silence(night: Night):
    storm = await night.weather.storm()
    with pytest.raises(Conflict, match="nothing to silence"):
        await night.silence.open(night.weather.press(storm, revision=0 - 1))
