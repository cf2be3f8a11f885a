"""A browser for the whole module, a workspace with an app for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright

from sandbox.workspace.client import WorkspaceClient
from sandbox.workspace.server import Workspace
from tests import programs
from tests.sandbox.page.app import App, Json, call

MANIFEST = Path(__file__).parents[3] / "manifest.yml"
PACE = 20.0
"""Files are processed in a fiftieth of a second; nothing here waits for the 3 s deadline."""


def answering(answer: Json) -> Callable[[Route], Awaitable[None]]:
    """A handler that answers a request of the page in the world's stead."""

    async def fulfil(route: Route) -> None:
        await route.fulfill(json=answer)

    return fulfil


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    chromium = programs.require("chromium", "on Debian, apt-get install chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def app() -> AsyncIterator[App]:
    made = App()
    yield made
    await made.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def workspace(app: App) -> AsyncIterator[Workspace]:
    """The stand-in with the app in #credlink-prod."""
    started = Workspace(
        manifest=MANIFEST, request_url=await app.start(), pace=PACE, rate_limits=False
    )
    await started.start()
    await call(started.url, "conversations.join", channel="C0PROD001")
    yield started
    await started.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def client(workspace: Workspace) -> AsyncIterator[WorkspaceClient]:
    async with WorkspaceClient(workspace.url) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browser: Browser, workspace: Workspace) -> AsyncIterator[Callable[..., Page]]:
    """Opens #credlink-prod as alice, or as told; an error on the page fails the test."""
    contexts = []
    errors: list[str] = []

    async def opened(
        *,
        as_: str = "U0ALICE01",
        channel: str = "C0PROD001",
        size: tuple[int, int] = (1280, 800),
        routes: dict[str, Json] | None = None,
        **options: object,
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="en-US", **options
        )
        context.set_default_timeout(5000)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        for pattern, answer in (routes or {}).items():
            await page.route(pattern, answering(answer))
        await page.goto(f"{workspace.url}/#as={as_}&channel={channel}")
        await page.wait_for_selector(".link-state:not(.lost)", state="attached")
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert errors == []
