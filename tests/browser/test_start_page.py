"""The simulator's start page in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from browser.phone import PATIENCE, own_simulator, watch
from simulator.desk import OLA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import Page

    from simulator.desk import Desk

    OpenPage = Callable[..., Awaitable[Page]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def desk() -> AsyncIterator[Desk]:
    async with own_simulator() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def start_page(desk: Desk, open_page: OpenPage) -> AsyncIterator[Page]:
    await desk.person(story="Has a new app.")
    hosts: set[str] = set()
    errors: list[str] = []
    page = await open_page()
    await watch(page, hosts, errors)
    await page.goto(desk.url)
    await expect(page.locator("#people-list li")).to_have_count(1, timeout=PATIENCE)
    yield page
    assert hosts == {desk.url}
    assert errors == []
    assert await page.evaluate("window.complaints") == []


async def test_somebody_new_is_added_on_the_start_page(start_page: Page, desk: Desk) -> None:
    await start_page.locator("#people summary").click()
    form = start_page.locator("#add")
    await form.get_by_label("Number, with country code").fill(OLA)
    await form.get_by_label("Name").fill("Ola <b>Hansen</b>")
    await form.get_by_role("button", name="Add somebody").click()

    await expect(start_page.get_by_role("link", name="Ola <b>Hansen</b>")).to_have_attribute(
        "href", f"/phone/{OLA}", timeout=PATIENCE
    )
    assert (await desk.call("GET", f"/sim/people/{OLA}")).json["push"] is True


async def test_a_bad_day_is_one_press_and_so_is_a_good_one(start_page: Page, desk: Desk) -> None:
    await start_page.get_by_role("button", name="Platform down").click()
    await expect(start_page.locator("#rules li")).to_have_count(11, timeout=PATIENCE)
    assert (await desk.get_token()).status == 500

    await start_page.get_by_role("button", name="All well").click()
    await expect(start_page.locator("#all-well")).to_be_visible(timeout=PATIENCE)
    assert (await desk.get_token()).status == 200
    await expect(start_page.locator("#calls-table tbody tr")).to_contain_text(["access_token"])


async def test_a_rule_of_ones_own_is_added_and_removed(start_page: Page, desk: Desk) -> None:
    await start_page.locator("#faults summary").click()
    form = start_page.locator("#rule")
    await form.locator("[name=operation]").select_option("jwks")
    await form.get_by_label("What goes wrong").select_option("rotated_key")
    await form.get_by_label("Times").fill("1")
    await form.get_by_role("button", name="Add").click()

    await expect(start_page.locator("#rules li")).to_contain_text(["times left: 1"], timeout=PATIENCE)
    (fault,) = (await desk.call("GET", "/sim/faults")).json["faults"]
    assert (fault["operation"], fault["kind"], fault["times"]) == ("jwks", "rotated_key", 1)
    await start_page.get_by_role("button", name=re.compile("Remove the rule")).click()
    await expect(start_page.locator("#rules li")).to_have_count(0, timeout=PATIENCE)


async def test_switches_are_set_one_by_one_and_all_put_back(start_page: Page, desk: Desk) -> None:
    async def value(name: str) -> Any:
        return (await desk.call("GET", "/sim/switches")).json[name]

    await start_page.locator("#switches summary").click()
    interval = start_page.get_by_label(re.compile("Seconds between polls"))
    await interval.fill("2")
    await interval.press("Tab")
    await expect(start_page.locator("#changed")).to_have_text("Changed: 1", timeout=PATIENCE)
    await start_page.get_by_label(re.compile("Phone numbers come with a plus")).check()
    await expect(start_page.locator("#changed")).to_have_text("Changed: 2", timeout=PATIENCE)
    await start_page.get_by_label(re.compile("Parts of the unsigned token")).select_option("3")
    await expect(start_page.locator("#changed")).to_have_text("Changed: 3", timeout=PATIENCE)
    assert [await value(name) for name in ("interval", "phone_number_with_plus", "revocation_parts")] == [2, True, 3]

    await start_page.get_by_role("button", name="All at their defaults").click()
    await expect(start_page.locator("#changed")).to_be_hidden(timeout=PATIENCE)
    assert await value("interval") == 5


async def test_the_clock_is_turned_by_a_press(start_page: Page) -> None:
    await start_page.get_by_role("button", name="+ 1 day").click()
    await start_page.get_by_role("button", name="+ 5 minutes").click()

    await expect(start_page.locator("#turned")).to_have_text("Turned forward by 1 day 5 minutes.", timeout=PATIENCE)


async def test_a_violation_shows(start_page: Page, desk: Desk) -> None:
    await expect(start_page.locator("#violations")).to_have_text("No violations")

    await desk.collect(await desk.asked())

    await expect(start_page.locator("#violations")).to_have_text("Violations: 1", timeout=PATIENCE)


async def test_keys_are_copied(start_page: Page, desk: Desk) -> None:
    await start_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await start_page.get_by_role("button", name="Copy client_secret").click()

    await expect(start_page.locator("#said")).to_have_text("Copied: client_secret", timeout=PATIENCE)
    assert await start_page.evaluate("navigator.clipboard.readText()") == desk.keys["client_secret"]
