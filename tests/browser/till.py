"""A till as the tests see it: a browser page that was paired, and what a cashier does at it."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any, Final

from playwright.async_api import Page, TimeoutError, expect  # noqa: A004 - it is what Playwright calls it

from browser.people import Customer, World
from browser.scanner import Scanner

PATIENCE: Final = 15_000
"""Milliseconds until a test gives up; nothing that works takes nearly as long."""

HUMAN: Final = 110
"""Milliseconds between the keys of somebody who types quickly."""

COUNT_POSTS: Final = """
  window.posted = [];
  const send = window.fetch;
  window.fetch = (path, init) => {
    if (init && init.method === 'POST') window.posted.push({ path, body: JSON.parse(init.body) });
    return send(path, init);
  };
  window.complaints = [];
  document.addEventListener('securitypolicyviolation', (event) => window.complaints.push(event.violatedDirective));
"""


@dataclass(frozen=True)
class Till:
    """One till."""

    page: Page
    world: World
    station: dict[str, Any]
    scanner: Scanner = field(repr=False)

    async def shows(self, state: str) -> None:
        """Wait until the screen is in a state."""
        try:
            await self.page.wait_for_selector(f'body[data-state="{state}"]', timeout=PATIENCE, state="attached")
        except TimeoutError:
            card = await self.page.inner_text("#card")
            posted = await self.page.evaluate("window.posted")
            raise AssertionError(
                f"it shows {await self.state()}, not {state}: {card!r}; it has sent {posted}"
            ) from None

    async def state(self) -> str | None:
        """What it shows now."""
        return await self.page.get_attribute("body", "data-state")

    async def says(self, text: str) -> None:
        """Wait until the card says it."""
        await expect(self.page.locator("#card")).to_contain_text(text, timeout=PATIENCE)

    async def press(self, key: str) -> None:
        """Press one key."""
        await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        """Type as people do, at whatever has the focus."""
        await self.page.keyboard.type(text, delay=HUMAN)

    async def look_up(self, customer: Customer) -> None:
        """Enter a number."""
        await self.page.fill("#number", customer.spoken)
        await self.press("Enter")

    async def scan(self, text: str, **how: Any) -> None:
        """Scan a code."""
        await replace(self.scanner, **how).scan(text)

    async def invite(self) -> None:
        """Press the one button that asks the customer, as soon as it can be pressed."""
        await self.shows("not_member")
        await self.page.locator('[data-action="invite"][aria-disabled="false"]').wait_for(timeout=PATIENCE)
        await self.press("Enter")

    async def ask(self, customer: Customer) -> None:
        """From the number to the code on the screen."""
        await self.look_up(customer)
        await self.invite()
        await self.shows("waiting")

    async def code(self) -> str:
        """The confirmation code on the screen."""
        return (await self.page.text_content("#code")) or ""

    async def posted(self, path: str) -> list[dict[str, Any]]:
        """The bodies that the page has sent there."""
        sent: list[dict[str, Any]] = await self.page.evaluate("window.posted")
        return [each["body"] for each in sent if each["path"] == path]

    async def scans(self) -> list[str]:
        """The codes that the page has sent."""
        return [body["scan"] for body in await self.posted("/v1/identifications") if "scan" in body]

    async def stop_clock(self) -> None:
        """Let timers run out only when the test turns the clock: then no load of this machine comes between."""
        await self.page.clock.install()
        await self.page.clock.pause_at(await self.page.evaluate("Date.now() + 1000"))

    async def next(self) -> None:
        """Turn to the next customer, when the clock has been stopped."""
        await self.page.clock.run_for(600)
        await self.press("Escape")
        await self.page.clock.run_for(600)
        await self.shows("idle")

    async def settle(self) -> None:
        """Let every timer of the keyboard run out that a key may have started."""
        await self.page.evaluate("new Promise((done) => setTimeout(done, 450))")


async def open_till(page: Page, world: World, name: str = "Till 1") -> Till:
    """Pair a page; it shows the idle screen then."""
    station, code = world.station(name)
    await page.add_init_script(COUNT_POSTS)
    await page.goto(f"{world.service}/till#pair={code}")
    till = Till(page, world, station, Scanner(page))
    await till.shows("idle")
    return till


async def both(*tasks: Any) -> None:
    """Do several things at a time."""
    await asyncio.gather(*tasks)
