"""Takes the pictures of the pretend phone and of the simulator's start page in `docs/pictures/`, by day and by night.

`python tools/pictures_phone.py [state …]`; the states are those of `tests/browser/phone_states.py`.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from aiohttp import ClientSession
from playwright.async_api import Browser, async_playwright

from medlem.simulator.app import start

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from browser.phone import open_phone  # noqa: E402 - the tests' folder is no package of ours
from browser.phone_states import STATES  # noqa: E402
from simulator.desk import Desk  # noqa: E402

OUT: Final = HERE.parent / "docs" / "pictures"
HAND: Final = (420, 900)
WIDE: Final = (1280, 800)
PAGES: Final = ("start", "bad_day")
"""States of the start page: taken from top to bottom, in a window as high as the page."""
NORWEGIAN: Final = ("idle", "consents", "approved", "start")
KARI: Final = "4740000001"


async def take(browser: Browser, state: str, locale: str, suffix: str) -> None:
    """One state on a simulator of its own, by day and by night."""
    width, height = WIDE if state in PAGES else HAND
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale=locale, reduced_motion="reduce"
    )
    running = await start(demo_people=True)
    async with ClientSession() as session:
        desk = Desk(session, running)
        desk.keys = (await desk.call("GET", "/sim/credentials")).json
        phone = await open_phone(await context.new_page(), desk, KARI)
        await STATES[state](phone)
        if state in PAGES:
            height = await phone.page.evaluate("document.documentElement.scrollHeight")
            await phone.page.set_viewport_size({"width": width, "height": height})
        for scheme, name in (("light", "day"), ("dark", "night")):
            await phone.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            kind = "simulator" if state in PAGES else "phone"
            path = OUT / f"{kind}-{state.replace('_', '-')}-{name}{suffix}.png"
            await phone.page.screenshot(path=path, scale="css")
    await context.close()
    await running.close()


async def main(chromium: str, wanted: list[str]) -> None:
    """All of them."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        for state in wanted:
            await take(browser, state, "en-GB", "")
            if state in NORWEGIAN:
                await take(browser, state, "nb-NO", "-nb")
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", nargs="*", help="only these states")
    chosen = parser.parse_args().state or list(STATES)
    found = subprocess.run([HERE / "browser"], check=True, capture_output=True, text=True).stdout.strip()
    OUT.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(found, chosen))
