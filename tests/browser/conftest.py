"""A real Chromium, a real service, a simulated platform: one of each a worker. A till and a station for each test."""

import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from browser.people import World
from browser.till import Till, open_till
from command_line import running

FINDER = Path(__file__).parents[2] / "tools" / "browser"
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
]

OpenTill = Callable[..., Awaitable[Till]]
OpenPage = Callable[..., Awaitable[Page]]


def arguments() -> list[str]:
    """How Chromium is started; as root it cannot have its sandbox."""
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Without one the tests fail, and say what to type."""
    found = subprocess.run([FINDER], check=False, capture_output=True, text=True, timeout=600)  # noqa: S603 - our own
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser for all tests of a worker."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments())
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`medlem demo`, for all tests of a worker."""
    directory = str(tmp_path_factory.mktemp("demo"))
    with running("demo", "--port", "0", "--simulator-port", "0", "--directory", directory, "--json") as command:
        yield World(command.answer(), command.process.pid)


@pytest.fixture
def world(demo: World) -> Iterator[World]:
    """The same, with nothing broken."""
    demo.well()
    yield demo
    demo.well()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens pages, each in a browser of its own as far as cookies go."""
    contexts = []

    async def opened(**how: Any) -> Page:
        context = await browser.new_context(**({"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"} | how))
        contexts.append(context)
        return await context.new_page()

    yield opened
    for context in contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def a_till(world: World, open_page: OpenPage) -> OpenTill:
    """Opens tills, each a station of its own."""

    async def opened(name: str = "Till 1", **how: Any) -> Till:
        return await open_till(await open_page(**how), world, name)

    return opened


@pytest_asyncio.fixture(loop_scope="session")
async def till(a_till: OpenTill) -> Till:
    """A till that is paired and idle."""
    return await a_till()
