"""The runbook of an alert: found in the catalogue's folder; nothing outside of it is ever read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.alerts.enrich import SOURCES, ask_all
from bot.alerts.runbooks.tick import TickStep
from bot.domain.asked import Actor, Asked, Press
from bot.domain.evidence.runbook import SOURCE
from bot.domain.finding import Phase
from bot.errors import NotKnown
from bot.storage import runbooks
from bot.world import World
from tests.alerts.board import Board
from tests.alerts.builders import NOW, a_catalog, an_alert, an_update

STEPS = "1. Look\n2. Mend\n"
ALICE = "U0ALICE01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "docs" / "runbooks"
    made.mkdir(parents=True)
    (made.parent / "HighErrorRatio.md").write_text("1. Not this one\n")
    return made


def kept_in(world: World, where: Any) -> World:
    said = a_catalog().model_dump(by_alias=True)
    said["services"]["credlink-api"]["runbooks"] = str(where)
    return replace(world, catalog=type(world.catalog).model_validate(said))


async def looked(here: World, *, url: str = "", **labels: str) -> tuple[Board, str, str, list[str]]:
    """An alert fires and its runbook is looked for; the card and the thread's steps."""
    board = Board(here.database, here.catalog)
    alert = an_alert(annotations={"runbook_url": url}, **labels)
    await board.hears(an_update(alert))
    [group] = await board.groups()
    missing = await ask_all(
        here, [one for one in SOURCES if one.name == SOURCE], group.id, Phase.ONSET
    )
    async with here.database.read() as connection:
        try:
            steps = [step.text for step in (await runbooks.get(connection, group.id)).steps]
        except NotKnown:
            steps = []
    return board, await board.text(group), ", ".join(steps), missing


async def test_it_is_found_by_the_alerts_name(world: World, folder: Path):
    (folder / "HighErrorRatio.md").write_text(STEPS)

    _, card, steps, missing = await looked(kept_in(world, folder))

    assert (steps, missing) == ("Look, Mend", [])
    assert "*runbook*  2 steps to tick in the thread" in card


async def test_it_is_found_by_the_words_of_the_alerts_name_and_called_by_its_own(
    world: World, folder: Path
):
    (folder / "api-high-latency-p95.md").write_text(f"# High latency\n\n{STEPS}")

    _, card, steps, _ = await looked(kept_in(world, folder), alertname="APIHighLatencyP95")

    assert steps == "Look, Mend"
    assert "*runbook*  High latency: 2 steps" in card


async def test_it_is_found_as_the_annotations_address_ends_before_the_alerts_name(
    world: World, folder: Path
):
    (folder / "HighErrorRatio.md").write_text("1. Another\n")
    (folder / "errors.md").write_text(STEPS)
    url = "https://git.example/docs/runbooks/errors.md?plain=1#mend"

    _, card, steps, _ = await looked(kept_in(world, folder), url=url)

    assert steps == "Look, Mend"
    assert "errors: 2 steps" in card


async def test_of_an_alert_that_names_no_service_it_may_be_any_services(world: World, folder: Path):
    (folder / "NodeDiskFull.md").write_text(STEPS)

    _, _, steps, _ = await looked(kept_in(world, folder), alertname="NodeDiskFull", service="")

    assert steps == "Look, Mend"


@pytest.mark.parametrize(
    ("url", "alert"),
    [
        ("https://x.example/..%2FHighErrorRatio.md", "No"),
        ("https://x.example/%2e%2e/%2e%2e%2fHighErrorRatio", "No"),
        ("https://x.example/a%00b", "No\0"),
        ("", "../HighErrorRatio"),
        ("", "..\\HighErrorRatio"),
        ("", "link"),
        ("", ".hidden"),
        ("", "sub/Inner"),
        ("", "x" * 5000),
    ],
)
async def test_nothing_outside_of_the_folder_is_read(
    world: World, folder: Path, url: str, alert: str
):
    (folder / "link.md").symlink_to(folder.parent / "HighErrorRatio.md")
    (folder / ".hidden.md").write_text(STEPS)
    (folder / "sub").mkdir()
    (folder / "sub" / "Inner.md").write_text(STEPS)

    _, card, steps, missing = await looked(kept_in(world, folder), url=url, alertname=alert)

    assert (steps, missing) == ("", [])
    assert "*runbook*" not in card


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"1. \xff\xfe\n", "HighErrorRatio.md is not UTF-8"),
        (b"1. x\n" + b"x" * 200_000, "HighErrorRatio.md is larger than 200,000 bytes"),
    ],
)
async def test_a_file_that_cannot_be_read_is_named(
    world: World, folder: Path, content: bytes, said: str
):
    (folder / "HighErrorRatio.md").write_bytes(content)

    _, card, steps, missing = await looked(kept_in(world, folder))

    assert (steps, missing) == ("", [SOURCE])
    assert f"No runbook: the catalogue's folder did not give it ({said})." in card


async def test_a_folder_that_is_not_there_is_named_and_a_runbook_that_is_not_there_is_no_trouble(
    world: World, folder: Path
):
    assert (await looked(kept_in(world, folder)))[3] == []
    _, card, _, missing = await looked(kept_in(world, folder / "none"))
    assert missing == [SOURCE]
    assert f"(there is no folder {folder}/none)" in card


async def test_a_runbook_without_steps_says_so(world: World, folder: Path):
    (folder / "HighErrorRatio.md").write_text("# HighErrorRatio\n\nThink.\n")
    _, card, steps, _ = await looked(kept_in(world, folder))
    assert steps == ""
    assert "The runbook HighErrorRatio has no numbered steps and no tasks." in card


async def test_where_runbooks_are_kept_elsewhere_they_are_linked(world: World):
    here = kept_in(world, "https://wiki.example/runbooks")

    _, card, _, missing = await looked(here)

    assert missing == []
    assert "*runbook*  <https://wiki.example/runbooks|where they are kept>" in card


async def test_a_press_that_slack_repeats_ticks_once_and_a_made_up_one_nothing(
    world: World, folder: Path
):
    (folder / "HighErrorRatio.md").write_text(STEPS)
    board, *_ = await looked(kept_in(world, folder))
    [group] = await board.groups()
    told: list[int] = []
    tick = TickStep(
        database=board.database,
        catalog=board.catalog,
        name_of=str.lower,
        tell=lambda: told.append(1),
    )
    asked = Asked(Actor(ALICE), "C0ALERTS1", "trigger-1", "c", NOW)
    press = Press(asked, "runbook.tick", f"{group.id}/1", 1, is_ticked=True)

    await tick(press)
    await tick(press)

    async with board.database.read() as connection:
        runbook = await runbooks.get(connection, group.id)
    assert {step: one.name for step, one in runbook.ticks.items()} == {1: ALICE.lower()}
    assert runbook.revision == 2
    for made_up in (f"{group.id}/2", f"{group.id}/-1", f"{group.id}/x", "nothing/0", ""):
        with pytest.raises(NotKnown):
            await tick(replace(press, subject_id=made_up))
