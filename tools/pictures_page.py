"""Takes the pictures of the page on which customers finish in `docs/pictures/`, by day and by night.

`python tools/pictures_page.py [state …]`; the states are those of `tests/browser/page_states.py`.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, async_playwright

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from browser.page_states import STATES, Visitor  # noqa: E402 - the tests' folder is no package of ours
from browser.people import World, page_shop  # noqa: E402
from command_line import running  # noqa: E402

OUT: Final = HERE.parent / "docs" / "pictures"
HAND: Final = (360, 740)
NORWEGIAN: Final = ("form",)


async def take(browser: Browser, shop: World, state: str, locale: str, suffix: str) -> None:
    """One state, by day and by night, as high as the page is."""
    width, height = HAND
    context = await browser.new_context(viewport={"width": width, "height": height}, locale=locale)
    page = await context.new_page()
    await STATES[state](Visitor(page, shop, shop.customer(name="Kari Nordmann")))
    for scheme, name in (("light", "day"), ("dark", "night")):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await page.screenshot(path=OUT / f"page-{state}-{name}{suffix}.png", scale="css", full_page=True)
    await context.close()


async def main(chromium: str, shop: World, wanted: list[str]) -> None:
    """All of them."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        for state in wanted:
            await take(browser, shop, state, "en-GB", "")
            if state in NORWEGIAN:
                await take(browser, shop, state, "nb-NO", "-nb")
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", nargs="*", help="only these states")
    chosen = parser.parse_args().state or list(STATES)
    found = subprocess.run([HERE / "browser"], check=True, capture_output=True, text=True).stdout.strip()
    OUT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as directory,
        running("demo", "--port", "0", "--simulator-port", "0", "--directory", directory, "--json") as demo,
        page_shop(World(demo.answer()), Path(directory)) as shop,
    ):
        asyncio.run(main(found, shop, chosen))
