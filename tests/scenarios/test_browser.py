"""The stories of the README, clicked through in a browser, with screenshots on the way.

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
from tests.scenarios.scene import ALERTS, EU, OPS, PROD, STAGING, Scene

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.prometheus,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]

PACE = 3.0
SCENE = {"with_monitoring": True, "pace": PACE}
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


@pytest.fixture(scope="module", autouse=True)
def enough_traffic(play: Scene) -> None:
    """The windows of the queries follow the pace; so many more requests make up for it."""
    for environment in ("prod", "eu"):
        play.world.credlink_api.set_demand(environment, PACE)


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

    async def opens_thread(self, card: Locator) -> Locator:
        await card.get_by_test_id("thread-link").click()
        return self.page.get_by_test_id("thread")

    async def photographs(self, name: str) -> None:
        await self.page.mouse.move(0, 0)  # nothing is hovered over
        await self.page.wait_for_timeout(300)  # fonts and pictures settle
        await self.page.screenshot(path=self._folder / f"{name}.png")


async def test_a_canary_is_held_promoted_baked_and_good(
    play: Scene, browser: Browser, screenshots: Path
):
    alice = await Desk.of(browser, play, seeds.ALICE, PROD, screenshots)
    await alice.types("/credlink deploy prod v1.2.0 --strategy canary")
    plan = await alice.sees("Proposed", "v1.2.0", "checks")
    await alice.photographs("01-proposed")
    await alice.presses(plan, "Confirm")
    shifting = await alice.sees("Rolling out", "25 % to", "being judged")
    await alice.photographs("02-canary")
    await alice.presses(shifting, "Hold")
    held = await alice.sees("Held", "25 % to", "errors 0.")
    await alice.photographs("03-held")
    await alice.presses(held, "Promote")
    await alice.sees("Baking", "v1.2.0")
    await alice.sees("Baking", "v1.2.0", "errors 0.")
    await alice.photographs("04-baking")

    deployed = await alice.sees("Deployed", "v1.2.0", "CDN invalidated")
    await expect(deployed.locator("img").first).to_be_visible(timeout=PATIENCE_MS)
    await alice.photographs("05-deployed")
    dark = await Desk.of(browser, play, seeds.BOB, PROD, screenshots, color_scheme="dark")
    await dark.sees("Deployed", "v1.2.0")
    await dark.photographs("06-deployed-dark")


async def test_an_alert_is_acknowledged_by_who_is_on_call(
    play: Scene, browser: Browser, screenshots: Path
):
    alice = await Desk.of(browser, play, seeds.ALICE, STAGING, screenshots)
    await alice.types("/credlink deploy staging v1.3.0-errors")
    await alice.presses(await alice.sees("Proposed", "v1.3.0-errors"), "Confirm")
    held = await alice.sees("Held", "v1.3.0-errors", "new Sentry issues")
    await alice.photographs("07-held-by-sentry")
    await alice.presses(held, "Keep")
    await alice.sees("Deployed", "v1.3.0-errors", "kept by")

    carol = await Desk.of(browser, play, seeds.CAROL, ALERTS, screenshots)
    alert = await carol.sees("HighErrorRatio", "staging", "PagerDuty")
    await expect(alert.locator("img").first).to_be_visible(timeout=PATIENCE_MS)
    await carol.photographs("08-firing")
    await carol.presses(alert, "Acknowledge")
    await carol.sees("HighErrorRatio", "staging", "is on it")
    await carol.photographs("09-acknowledged")
    acknowledged = [
        entry.user.name
        for incident in play.world.pagerduty.account.incidents.values()
        for entry in incident.acknowledgements
    ]
    assert acknowledged == [seeds.CAROL.real_name]


async def test_a_bad_canary_that_a_second_person_approved_is_rolled_back_by_itself(
    play: Scene, browser: Browser, screenshots: Path
):
    alice = await Desk.of(browser, play, seeds.ALICE, EU, screenshots)
    bob = await Desk.of(browser, play, seeds.BOB, EU, screenshots)
    phone = await Desk.of(browser, play, seeds.CAROL, EU, screenshots, **PHONE)
    await alice.types("/credlink deploy eu v1.3.0-errors --strategy canary")
    await alice.sees("Proposed", "v1.3.0-errors", "waits for approval")
    await phone.sees("Proposed", "v1.3.0-errors", "waits for approval")
    await phone.photographs("10-approval-phone")
    plan = await bob.sees("Proposed", "v1.3.0-errors", "waits for approval")
    await bob.photographs("11-approval")
    await bob.presses(plan, "Approve")
    await bob.sees("Rolling out", "25 % to", "✗ errors")
    await bob.photographs("12-going-wrong")

    undone = await bob.sees("Rolled back", "v1.3.0-errors", "is locked")
    await expect(undone.locator("img").first).to_be_visible(timeout=PATIENCE_MS)
    await bob.photographs("13-rolled-back")
    thread = await bob.opens_thread(undone)
    await expect(thread).to_contain_text("The evidence speaks against it", timeout=PATIENCE_MS)
    await bob.photographs("14-rolled-back-thread")
    await phone.sees("Rolled back", "v1.3.0-errors", "is locked")
    await phone.photographs("15-rolled-back-phone")
    await alice.types("/credlink can-i-deploy eu")
    await alice.sees("Not now", "was rolled back")
    await alice.photographs("16-can-i-deploy")
    await alice.presses(undone_of(alice), "Clear lock")
    await expect(undone_of(alice)).not_to_contain_text("is locked", timeout=PATIENCE_MS)


async def test_the_alert_resolves_when_its_card_rolls_back(
    play: Scene, browser: Browser, screenshots: Path
):
    carol = await Desk.of(browser, play, seeds.CAROL, ALERTS, screenshots)
    alert = await carol.sees("HighErrorRatio", "staging", "is on it")
    onset = await alert.locator("img").first.get_attribute("src")
    assert onset

    await carol.presses(alert, "Roll back to v1.1.9")

    resolved = await carol.sees("Resolved", "HighErrorRatio", "staging", "peak")
    await expect(resolved.locator("img").first).not_to_have_attribute("src", onset)
    await carol.photographs("17-resolved")
    phone = await Desk.of(browser, play, seeds.CAROL, ALERTS, screenshots, **PHONE)
    await phone.sees("Resolved", "HighErrorRatio", "staging", "peak")
    await phone.photographs("18-resolved-phone")


async def test_a_frozen_friday_is_overridden_and_found_again_in_the_audit(
    play: Scene, browser: Browser, screenshots: Path
):
    carol = await Desk.of(browser, play, seeds.CAROL, PROD, screenshots)
    await carol.types('/credlink freeze prod "Friday" for 2h')
    await carol.sees("Frozen: prod", "Friday")
    await carol.types("/credlink deploy prod v1.2.1")
    await carol.sees("Changes are frozen", "Friday")
    await carol.photographs("19-frozen")
    await carol.types('/credlink deploy prod v1.2.1 --force "customers cannot pay"')
    plan = await carol.sees("Proposed by force", "v1.2.1", "passed by force")
    await carol.photographs("20-proposed-by-force")
    await carol.presses(plan, "Confirm")
    await carol.sees("by force", "v1.2.1", "Baking")

    bob = await Desk.of(browser, play, seeds.BOB, OPS, screenshots)
    await bob.sees("Forced: credlink-api v1.2.1 → prod", "customers cannot pay")
    await bob.photographs("21-forced")
    await bob.types("/credlink audit forced")
    listed = await bob.sees("overridden", "customers cannot pay", "Reviewed")
    await bob.photographs("22-audit-forced")
    await bob.presses(listed, "Reviewed")
    await bob.sees("you have reviewed this")
    await bob.types("/credlink audit prod")
    await bob.sees("force", "v1.2.1")
    await bob.photographs("23-audit")
    await bob.types("/credlink history prod")
    await bob.photographs("24-history")
    phone = await Desk.of(browser, play, seeds.BOB, OPS, screenshots, **PHONE)
    await phone.sees("Forced: credlink-api v1.2.1 → prod")
    await phone.photographs("25-forced-phone")

    await carol.sees("Deployed by force", "v1.2.1")
    assert await play.slack.verdict() == []


def undone_of(desk: Desk) -> Locator:
    """The card of the deploy that was rolled back."""
    return desk.card("Rolled back: credlink-api v1.3.0-errors")
