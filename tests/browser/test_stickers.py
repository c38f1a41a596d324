"""A customer scans the sticker at the till: at once on a free screen, and never in anybody's place."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from browser.conftest import OpenTill
from browser.people import Customer, World
from browser.states import hang, scan_sticker
from browser.till import PATIENCE, Till

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAITS = '.chip[data-state="scanned"]'


async def arrives(till: Till, customer: Customer, waiting: int = 1) -> None:
    """Scan, and be a chip."""
    await scan_sticker(till, customer)
    await expect(till.page.locator(WAITS)).to_have_count(waiting, timeout=PATIENCE)


async def test_a_scan_of_the_sticker_is_on_the_free_screen_and_leads_to_a_member(till: Till, world: World) -> None:
    customer = world.customer(name="Kari Nordmann")
    await hang(till)
    await scan_sticker(till, customer)
    await till.invite()
    await till.shows("waiting")
    customer.approve()
    await till.shows("accepted")
    await till.press("Enter")
    await till.shows("idle")
    await scan_sticker(till, customer)
    await till.shows("member")
    await till.says("Kari N.")
    assert customer.msisdn not in await till.page.content()


async def test_nobody_is_replaced_under_the_cashiers_hands(till: Till, world: World) -> None:
    await hang(till)
    first, second = world.customer(), world.member("Anne", "Solberg")
    await till.look_up(first)
    await till.shows("not_member")
    await arrives(till, second)
    assert await till.state() == "not_member"
    await expect(till.page.locator(WAITS)).to_contain_text("Member")
    await expect(till.page.locator("#status")).to_contain_text("Member")
    await till.invite()
    await till.shows("waiting")
    await arrives(till, world.customer(), waiting=2)
    assert await till.state() == "waiting"
    await till.page.locator(WAITS).first.click()
    await till.shows("member")
    await till.says("Anne S.")
    await expect(till.page.locator(WAITS)).to_have_count(1)
    await expect(till.page.locator('.chip[data-state="waiting"]')).to_have_count(1)


async def test_half_a_number_stays_in_the_field(till: Till, world: World) -> None:
    await hang(till)
    await till.type("412")
    await arrives(till, world.customer())
    assert await till.state() == "idle"
    assert await till.page.input_value("#number") == "412"
    await till.page.locator(WAITS).click()
    await till.shows("not_member")


async def test_a_member_who_scans_twice_waits_once(till: Till, world: World) -> None:
    await hang(till)
    await till.look_up(world.customer())
    await till.shows("not_member")
    member = world.member("Anne", "Solberg")
    await arrives(till, member)
    await scan_sticker(till, member)
    await arrives(till, world.customer(), waiting=2)


async def test_whoever_waits_is_next_when_a_result_has_been_seen(a_till: OpenTill, world: World) -> None:
    till = await a_till()
    await hang(till)
    await till.page.clock.install()
    await till.look_up(world.member("Anne", "Solberg"))
    await till.shows("member")
    await arrives(till, world.customer())
    await till.page.clock.run_for(8_500)
    await till.shows("not_member")
    await expect(till.page.locator(WAITS)).to_have_count(0)


async def test_a_key_pressed_at_that_very_moment_loses_nobody(till: Till, world: World) -> None:
    await hang(till)
    await scan_sticker(till, world.customer())
    await till.shows("not_member")
    await till.press("Escape")
    await till.shows("idle")
    await expect(till.page.locator(WAITS)).to_have_count(1)


async def test_a_scan_while_the_page_is_loaded_anew_is_not_lost(till: Till, world: World) -> None:
    await hang(till)
    await till.press("Escape")
    await till.page.goto("about:blank")
    customer = world.customer()
    await scan_sticker(till, customer)
    await told(world, customer)
    await till.page.goto(f"{world.service}/till")
    await till.shows("not_member")


async def told(world: World, customer: Customer) -> None:
    """Wait until the service has taken the scan."""
    while world.sim("GET", f"/people/{customer.msisdn}/scans")["scans"][0]["state"] == "connecting":
        pass


@pytest.mark.parametrize("paper", ["A6", "A5", "A4"])
async def test_the_sheet_fills_one_page_and_everything_is_on_it(
    till: Till, world: World, browser: Browser, paper: str
) -> None:
    await hang(till)
    context = await browser.new_context(viewport={"width": 1000, "height": 1400})
    page = await context.new_page()
    complaints: list[Any] = []
    page.on("console", lambda message: complaints.append(message.text))
    address = f"{world.service}/v1/stations/{till.station['id']}/qr/sheet?paper={paper}"
    await page.set_extra_http_headers({"Authorization": f"Bearer {world.said['admin_key']}"})
    await page.goto(address)
    over = "[...document.querySelectorAll('.sheet *')].filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    assert await page.evaluate(over) == 0
    sheet, last = await page.locator(".sheet").bounding_box(), await page.locator("footer").bounding_box()
    code, steps = await page.locator("svg.code").bounding_box(), await page.locator("ol").bounding_box()
    assert sheet is not None and last is not None and code is not None and steps is not None  # noqa: PT018 - one thing
    assert last["y"] + last["height"] <= sheet["y"] + sheet["height"] + 1
    assert code["y"] + code["height"] < steps["y"]
    assert code["width"] >= sheet["width"] * 0.5
    assert (await page.pdf(prefer_css_page_size=True)).count(b"/Type /Page\n") == 1
    assert complaints == []
    await context.close()
