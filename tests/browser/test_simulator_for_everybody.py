"""The simulator's pages in every state, by day and by night, in each language: for everybody who may look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from browser.phone import HAND, PATIENCE, open_phone, own_simulator
from browser.phone_states import STATES
from simulator.desk import KARI, OLA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import Page

    from simulator.desk import Desk

    OpenPage = Callable[..., Awaitable[Page]]

pytestmark = pytest.mark.asyncio(loop_scope="session")

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest_asyncio.fixture(loop_scope="session")
async def desk() -> AsyncIterator[Desk]:
    async with own_simulator() as made:
        yield made


@pytest.mark.parametrize("state", STATES)
async def test_axe_finds_nothing_by_day_and_night_in_any_language(desk: Desk, open_page: OpenPage, state: str) -> None:
    for locale, msisdn in (("en-GB", KARI), ("nb-NO", OLA)):
        await desk.person(msisdn, story="Has a new app.")
        # Without motion nothing is half faded in while it is looked at.
        phone = await open_phone(await open_page(locale=locale, reduced_motion="reduce", **HAND), desk, msisdn)
        await STATES[state](phone)
        for scheme in ("light", "dark"):
            await phone.page.emulate_media(color_scheme=scheme)
            found = await Axe().run(phone.page, options=RULES)
            assert found.violations_count == 0, (locale, scheme, found.generate_report())


@pytest.mark.parametrize("width", [320, 390, 1024, 1600])
async def test_nothing_is_cut_off_at_any_width(desk: Desk, open_page: OpenPage, width: int) -> None:
    await desk.person()
    page = await open_page(viewport={"width": width, "height": 700})
    phone = await open_phone(page, desk, KARI)
    await phone.asked()
    narrow = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert await page.evaluate(narrow)

    await page.goto(desk.url)
    await expect(page.locator("#people-list li")).to_have_count(1, timeout=PATIENCE)
    for summary in await page.locator("summary").all():
        await summary.click()
    assert await page.evaluate(narrow)
