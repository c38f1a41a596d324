"""Every state of the page on which customers finish, and the way there from a phone that has been asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from playwright.async_api import Page, expect

from browser.people import Customer, World
from browser.phone import PATIENCE
from command_line import call


@dataclass(frozen=True)
class Visitor:
    """A customer with a telephone in the hand, at a shop whose customers finish on its page."""

    page: Page
    shop: World
    customer: Customer

    def ask(self) -> None:
        """Let a till ask this customer."""
        station, _ = self.shop.station()
        identify, ask = f"{self.shop.service}/v1/identifications", f"{self.shop.service}/v1/enrolments"
        status, found = call("POST", identify, {"phone": f"+{self.customer.msisdn}"}, station["key"])
        assert status == 201, found
        status, asked = call("POST", ask, {"identification": found["id"]}, station["key"])
        assert status == 202, asked

    async def press(self, thumb: str) -> None:
        """Answer in the app; the phone opens the page."""
        (request,) = self.customer.requests()
        opens = self.shop.sim("POST", f"/requests/{request['auth_req_id']}/{thumb}", {})["opens"]
        await self.page.goto(opens)

    async def reads(self, title: str) -> None:
        """Wait until the page says that."""
        await expect(self.page.locator("h1")).to_have_text(title, timeout=PATIENCE)


State = Callable[[Visitor], Awaitable[None]]


async def form(visitor: Visitor) -> None:
    visitor.ask()
    await visitor.press("approve")
    await expect(visitor.page.locator("form")).to_be_visible(timeout=PATIENCE)


async def mistaken(visitor: Visitor) -> None:
    await form(visitor)
    await visitor.page.evaluate("document.getElementById('extra-size').removeAttribute('maxlength')")
    await visitor.page.fill("#extra-size", "x" * 201)
    await visitor.page.click("button")
    await expect(visitor.page.locator("form .wrong").first).to_be_visible(timeout=PATIENCE)


async def done(visitor: Visitor) -> None:
    await form(visitor)
    await visitor.page.click("button")
    await expect(visitor.page.locator('body[data-scene="done"]')).to_be_visible(timeout=PATIENCE)


async def declined(visitor: Visitor) -> None:
    visitor.ask()
    await visitor.press("decline")
    await expect(visitor.page.locator('body[data-scene="declined"]')).to_be_visible(timeout=PATIENCE)


async def nothing(visitor: Visitor) -> None:
    await visitor.page.goto(visitor.shop.said["page"])
    await expect(visitor.page.locator('body[data-scene="nothing"]')).to_be_visible(timeout=PATIENCE)


STATES: Final[dict[str, State]] = {
    "form": form,
    "mistaken": mistaken,
    "done": done,
    "declined": declined,
    "nothing": nothing,
}
