"""From the phone to the page to the till; and the page in every state, for everybody who may open it."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from browser.conftest import OpenPage
from browser.page_states import STATES, Visitor
from browser.people import World, page_shop
from browser.phone import PATIENCE, watch
from browser.till import open_till

pytestmark = pytest.mark.asyncio(loop_scope="session")

SMALL = {"viewport": {"width": 360, "height": 640}}
"""As small as telephones are."""
RULES = {
    "resultTypes": ["violations"],
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}


@pytest.fixture(scope="module")
def shop(demo: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop whose customers finish on its page."""
    with page_shop(demo, tmp_path_factory.mktemp("page")) as found:
        yield found


async def test_a_customer_says_yes_in_the_app_and_is_welcomed_on_the_page_and_at_the_till(
    shop: World, open_page: OpenPage
) -> None:
    till = await open_till(await open_page(), shop)
    customer = shop.customer(name="Kari Nordmann")
    await till.ask(customer)
    phone = await open_page(locale="en-GB", **SMALL)
    hosts: set[str] = set()
    errors: list[str] = []
    await watch(phone, hosts, errors)
    await phone.goto(f"{shop.said['simulator']}/phone/{customer.msisdn}")
    await phone.get_by_role("button", name="Approve", exact=True).click(timeout=PATIENCE)
    await expect(phone.locator("h1")).to_have_text("Welcome, Kari!", timeout=PATIENCE)
    await till.shows("accepted")
    assert phone.url == shop.said["page"], "the code has left the address"
    await phone.get_by_label("Shoe size").fill("42")
    await phone.get_by_label("How did you hear of us?").select_option(label="From a friend")
    await phone.get_by_role("group", name="A birthday gift?").get_by_label("Yes").check()
    await phone.get_by_role("button", name="Send").click()
    await expect(phone.locator("h1")).to_have_text("Thank you!", timeout=PATIENCE)
    await phone.go_back()
    await expect(phone.locator("h1")).to_have_text("Thank you!", timeout=PATIENCE)
    (member,) = shop.api("POST", "/v1/members/lookup", {"phone": f"+{customer.msisdn}"})["members"]
    assert member["extras"] == {"size": "42", "heard": "friend", "gift": "yes"}
    assert errors == []


@pytest.mark.parametrize("state", STATES)
async def test_it_is_for_everybody_by_day_and_by_night(shop: World, open_page: OpenPage, state: str) -> None:
    for locale in ("en-GB", "nb-NO"):
        page = await open_page(locale=locale, **SMALL)
        await STATES[state](Visitor(page, shop, shop.customer()))
        assert await page.get_attribute("html", "lang") == locale.partition("-")[0]
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found = await Axe().run(page, options=RULES)
            assert found.violations_count == 0, (locale, scheme, found.generate_report())
