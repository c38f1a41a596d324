"""Takes the pictures in `docs/pictures/`: every state of the till, by day and by night, from a service that runs.

Fonts are the machine's own: `tools/fonts` sees to it that they look much like what tills have.
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

from browser.people import World  # noqa: E402 - the tests' folder is no package of ours
from browser.states import STATES  # noqa: E402
from browser.till import open_till  # noqa: E402
from command_line import running  # noqa: E402
from medlem.web.sheet import Sheet, printed  # noqa: E402

OUT: Final = HERE.parent / "docs" / "pictures"
USUAL: Final = {"width": 1280, "height": 800}
SMALL: Final = {"width": 1024, "height": 600}
NORWEGIAN: Final = (
    "idle", "member", "compare_name", "confirm_number", "choose", "number_moved", "remembered", "not_member",
    "no_app_found", "waiting", "accepted",
)  # fmt: skip
SMALL_ONES: Final = ("idle", "waiting", "many_chips")
NIGHT: Final = "dark"
SHEET: Final = "sheet"


async def take(browser: Browser, world: World, state: str, locale: str, size: dict[str, int], suffix: str) -> None:
    """One state, by day and by night."""
    context = await browser.new_context(viewport=size, locale=locale, reduced_motion="reduce")  # type: ignore[arg-type]  # a viewport
    till = await open_till(await context.new_page(), world, "Till 1" if locale == "en-GB" else "Kasse 1")
    await STATES[state](till)
    for scheme, name in (("light", "day"), (NIGHT, "night")):
        await till.page.emulate_media(color_scheme="dark" if scheme == NIGHT else "light")
        await till.page.screenshot(path=OUT / f"till-{state.replace('_', '-')}-{name}{suffix}.png", scale="css")
    world.well()
    await context.close()


async def take_sheet(browser: Browser) -> None:
    """The page that a shop prints and hangs up."""
    page = await browser.new_page(viewport={"width": 460, "height": 660}, device_scale_factor=1)
    sheet = Sheet("Nordlys Kaffe", "Till 1", "https://qr.vipps.no/c/kMrVx0Xo3v5p0sYb", "A6", "en")
    await page.set_content(printed(sheet).page)
    await page.screenshot(path=OUT / "sticker-a6.png")
    await page.close()


async def main(chromium: str, world: World, wanted: list[str]) -> None:
    """All of them."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        for state in (each for each in wanted if each != SHEET):
            await take(browser, world, state, "en-GB", USUAL, "")
            if state in NORWEGIAN:
                await take(browser, world, state, "nb-NO", USUAL, "-nb")
            if state in SMALL_ONES:
                await take(browser, world, state, "en-GB", SMALL, "-small")
        if SHEET in wanted:
            await take_sheet(browser)
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", nargs="*", help="only these states")
    chosen = parser.parse_args().state or [*STATES, SHEET]
    found = subprocess.run([HERE / "browser"], check=True, capture_output=True, text=True).stdout.strip()
    OUT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as directory,
        running("demo", "--port", "0", "--simulator-port", "0", "--directory", directory, "--json") as demo,
    ):
        asyncio.run(main(found, World(demo.answer()), chosen))
