"""The whole story of the README, clicked through in a browser, with screenshots on the way.

The screenshots go to the folder that CREDLINK_SCREENSHOTS names, otherwise to the test's own.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from sandbox import seeds
from sandbox.monitoring import HOW_TO_GET_THEM, Monitoring
from tests.programs import require
from tests.scenarios.scene import ALERTS, PROD, Scene

pytestmark = [pytest.mark.browser, pytest.mark.prometheus, pytest.mark.asyncio(loop_scope="module")]

SCENE = {"with_monitoring": True, "pace": 3.0}
PATIENCE_MS = 60_000
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}, "locale": "en-US"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    chromium = require("chromium", "apt-get install chromium")
    if not Monitoring.available():
        require("prometheus", HOW_TO_GET_THEM)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield launched
        await launched.close()


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("CREDLINK_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Desk:
    """One person at the page."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self._folder = folder

    @classmethod
    async def of(
        cls,
        browser: Browser,
        play: Scene,
        person: seeds.Person,
        channel: str,
        folder: Path,
        **screen: Any,
    ) -> "Desk":
        """`screen`: how this person's browser differs from a wide and light one."""
        context = await browser.new_context(**{**WIDE, **screen})
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        await page.goto(f"{play.world.workspace.url}/#as={person.id}&channel={channel}")
        await page.wait_for_selector(".link-state:not(.lost)", state="attached")
        return cls(page, folder)

    async def types(self, text: str) -> None:
        await self.page.get_by_test_id("composer").fill(text)
        await self.page.keyboard.press("Enter")

    def card(self, *words: str) -> Locator:
        found = self.page.locator("[data-ts]")
        for word in words:
            found = found.filter(has_text=word)
        return found.last

    async def sees(self, *words: str) -> Locator:
        card = self.card(*words)
        await expect(card).to_be_visible(timeout=PATIENCE_MS)
        return card

    async def presses(self, card: Locator, label: str) -> None:
        await card.get_by_role("button", name=label, exact=True).click()
        question = self.page.get_by_test_id("confirm-yes")
        if await question.count():
            await question.click()

    async def photographs(self, name: str) -> None:
        await self.page.mouse.move(0, 0)  # nothing is hovered over
        await self.page.wait_for_timeout(300)  # fonts and pictures settle
        await self.page.screenshot(path=self._folder / f"{name}.png")


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_story_from_a_typed_deploy_to_an_alert_that_turned_green(
    play: Scene, browser: Browser, screenshots: Path
):
    alice = await Desk.of(browser, play, seeds.ALICE, PROD, screenshots)
    await alice.types("/credlink deploy prod v1.2.0")
    plan = await alice.sees("Proposed", "v1.2.0")
    await alice.photographs("1-proposed")
    await alice.presses(plan, "Confirm")
    await alice.sees("Rolling out", "v1.2.0")
    await alice.photographs("2-rolling-out")
    await alice.sees("Deployed", "v1.2.0")
    await alice.photographs("3-deployed")

    await alice.types("/credlink deploy prod v1.3.0-errors")
    await alice.presses(await alice.sees("Proposed", "v1.3.0-errors"), "Confirm")
    await alice.sees("Deployed", "v1.3.0-errors")

    carol = await Desk.of(browser, play, seeds.CAROL, ALERTS, screenshots)
    alert = await carol.sees("HighErrorRatio", "PagerDuty")
    await expect(alert.locator("img").first).to_be_visible(timeout=PATIENCE_MS)
    await carol.photographs("4-firing")
    await carol.presses(alert, "Acknowledge")
    await carol.sees("HighErrorRatio", "is on it")
    await carol.photographs("5-acknowledged")
    acknowledged = [
        entry.user.name
        for incident in play.world.pagerduty.account.incidents.values()
        for entry in incident.acknowledgements
    ]
    assert acknowledged == [seeds.CAROL.real_name]

    onset = await alert.locator("img").first.get_attribute("src")
    assert onset
    await alice.types("/credlink rollback prod")
    await alice.presses(await alice.sees("Proposed", "v1.2.0", "rollback"), "Confirm")
    resolved = await carol.sees("Resolved", "HighErrorRatio", "peak")
    await expect(resolved.locator("img").first).not_to_have_attribute("src", onset)
    await carol.photographs("6-resolved")
    await alice.photographs("7-rolled-back")
    phone = await Desk.of(browser, play, seeds.CAROL, ALERTS, screenshots, **PHONE)
    await phone.sees("Resolved", "HighErrorRatio", "peak")
    await phone.photographs("8-phone")
    dark = await Desk.of(browser, play, seeds.BOB, ALERTS, screenshots, color_scheme="dark")
    await dark.sees("Resolved", "HighErrorRatio", "peak")
    await dark.photographs("9-dark")

    assert await play.slack.verdict() == []
