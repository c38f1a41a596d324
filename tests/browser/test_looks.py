"""Looks of the till page: every state, by day and night, in every language, on small screens and large ones."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Request

from browser.conftest import OpenPage, OpenTill
from browser.people import World, plain_shop
from browser.states import STATES
from browser.till import Till, open_till
from medlem.web.till.assets import assets

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEAVIEST = 60_000
COLOURS = ["color-contrast", "color-contrast-enhanced", "link-in-text-block"]
STRICT = {
    "resultTypes": ["violations"],
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}
SIZES = ({"width": 1024, "height": 600}, {"width": 640, "height": 400})
"""The smallest till, and what is left of a usual one at 200 % zoom."""

CLIPPED = """() => {
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const cut = [...document.querySelectorAll('#card *, #actions *, .bar *')].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width && (box.right > innerWidth + 1 || box.left < -1) && !each.closest('.hidden');
  });
  return [wide, ...cut.map((each) => each.id || each.className)].filter(Boolean);
}"""


@pytest.mark.parametrize("state", STATES)
async def test_axe_finds_nothing(a_till: OpenTill, state: str) -> None:
    """Every state, by day and by night, in every language; with contrast of 7:1 and the size of targets."""
    till = await a_till()
    await STATES[state](till)
    await till.page.evaluate(Axe().axe_script)
    for language in assets().languages:
        await till.page.select_option("#language", language)
        for scheme, only in (("light", None), ("dark", COLOURS)):  # the night has other colours, and nothing else
            await till.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
            options = STRICT | ({"runOnly": only} if only else {})
            found = (await till.page.evaluate("(options) => axe.run(document, options)", options))["violations"]
            assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], (language, scheme)
    await fits(till)
    assert await till.page.evaluate("window.complaints") == [], "the content security policy was broken"


async def fits(till: Till) -> None:
    """Nothing is cut off, whatever the screen."""
    for size in SIZES:
        await till.page.set_viewport_size(size)  # type: ignore[arg-type]  # a size
        assert await till.page.evaluate(CLIPPED) == [], size


async def test_a_queue_of_chips_moves_nothing_out_of_sight(till: Till) -> None:
    await STATES["many_chips"](till)
    rows = "[...document.querySelectorAll('.chip')].map((each) => each.offsetTop)"
    seen = "document.getElementById('actions').getBoundingClientRect().bottom <= innerHeight"
    for size in (SIZES[0], {"width": 1280, "height": 800}):
        await till.page.set_viewport_size(size)  # type: ignore[arg-type]  # a size
        assert len(set(await till.page.evaluate(rows))) == 1, size
        assert await till.page.evaluate(seen), size


async def test_the_page_is_light_and_asks_nobody_else(world: World, open_page: OpenPage) -> None:
    page = await open_page()
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Network.enable")
    asked: list[Request] = []
    received: list[float] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright marks what it is given
    cdp.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    await open_till(page, world)
    await page.wait_for_load_state("load")
    assert {urlsplit(request.url).netloc for request in asked} == {urlsplit(world.service).netloc}
    assert 0 < sum(received) <= HEAVIEST, sum(received)


async def test_a_second_visit_fetches_no_file_again(till: Till) -> None:
    fetched: list[str] = []
    cdp = await till.page.context.new_cdp_session(till.page)
    await cdp.send("Network.enable")
    cdp.on(
        "Network.responseReceived",
        lambda event: None if event["response"].get("fromDiskCache") else fetched.append(event["response"]["url"]),
    )
    await till.page.reload()
    await till.shows("idle")
    assert [url for url in fetched if assets().version in url and not await _cached(till.page, url)] == []


async def _cached(page: Page, url: str) -> bool:
    entry = await page.evaluate("(url) => performance.getEntriesByName(url).every((it) => it.transferSize === 0)", url)
    return bool(entry)


async def test_the_choices_of_the_cashier_are_kept(till: Till) -> None:
    await till.page.select_option("#language", "nb")
    await till.says("Skann kundens QR-kode")
    await till.page.click("#theme")
    await till.page.click("#theme")
    await till.page.reload()
    await till.shows("idle")
    await till.says("Skann kundens QR-kode")
    assert await till.page.get_attribute("html", "lang") == "nb"
    assert await till.page.get_attribute("html", "data-theme") == "night"


async def test_a_norwegian_browser_is_spoken_to_in_norwegian(a_till: OpenTill) -> None:
    till = await a_till(locale="nb-NO")
    await till.says("Skann kundens QR-kode")


async def test_the_state_is_told_to_those_who_hear_the_screen(till: Till, world: World) -> None:
    await till.ask(world.customer())
    told = await till.page.text_content("#status") or ""
    assert " ".join(await till.code()) in told
    world.later(200)
    await till.shows("expired")
    assert "No answer in time" in (await till.page.text_content("#alert") or "")


async def test_the_merchants_sign_up_page_is_shown_as_a_code(till: Till) -> None:
    await till.press("F8")
    await till.shows("signup")
    await till.says("https://club.example.org/join")
    await till.page.wait_for_selector("#signup-code:not([hidden])")
    await till.page.evaluate("document.getElementById('signup-code').decode()")
    assert await till.page.evaluate("document.getElementById('signup-code').naturalWidth") > 0


async def test_a_shop_without_a_sign_up_page_says_so(world: World, open_page: OpenPage, tmp_path: Path) -> None:
    with plain_shop(world, tmp_path) as shop:
        till = await open_till(await open_page(), shop)
        await till.press("F8")
        await till.shows("signup")
        await till.says("No sign-up page is set up")
        assert await till.page.is_hidden("#signup-code")
