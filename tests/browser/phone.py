"""A pretend phone as the tests see it: a page on a simulator of the test's own, and a thumb."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import ClientSession
from playwright.async_api import Locator, Page, expect

from medlem.simulator.app import start
from simulator.desk import Desk

PATIENCE: Final = 15_000
"""Milliseconds until a test gives up; nothing that works takes nearly as long."""
HAND: Final = {"viewport": {"width": 390, "height": 800}}
"""A window as large as a telephone."""
WATCH: Final = """
  window.complaints = [];
  document.addEventListener('securitypolicyviolation', (event) => window.complaints.push(event.violatedDirective));
"""
EVERYTHING: Final = "openid name phoneNumber email delegatedConsents"


@dataclass(frozen=True)
class Phone:
    """One phone in a browser."""

    page: Page
    desk: Desk
    msisdn: str
    hosts: set[str]
    """Every address that the page asked for something."""
    errors: list[str]
    """What the browser complained of."""

    async def ask(self, **fields: str) -> str:
        """Let the merchant ask."""
        wanted = {"scope": EVERYTHING, "binding_message": "4MX-CQ3"} | fields
        return await self.desk.asked(self.msisdn, **wanted)

    @property
    def question(self) -> Locator:
        """The request on the screen."""
        return self.page.locator(".question")

    @property
    def outcome(self) -> Locator:
        """What became of it, as the app says it."""
        return self.page.locator(".outcome")

    def button(self, name: str) -> Locator:
        """A button by what it says."""
        return self.page.get_by_role("button", name=name, exact=True)

    def tick(self, name: str) -> Locator:
        """A consent by what it says."""
        return self.question.get_by_role("checkbox", name=name)

    async def asked(self, **fields: str) -> str:
        """Let the merchant ask, and wait until it is on the screen."""
        auth_req_id = await self.ask(**fields)
        await expect(self.question).to_be_visible(timeout=PATIENCE)
        return auth_req_id

    async def says(self, where: Locator, text: str) -> None:
        """Wait until it says that."""
        await expect(where).to_contain_text(text, timeout=PATIENCE)

    async def complaints(self) -> list[str]:
        """What the policy had to forbid."""
        found: list[str] = await self.page.evaluate("window.complaints")
        return found

    async def person(self) -> Any:
        """Who she is now."""
        return (await self.desk.call("GET", f"/sim/people/{self.msisdn}")).json


async def open_phone(page: Page, desk: Desk, msisdn: str) -> Phone:
    """Open her phone, and wait until it shows her code."""
    phone = Phone(page, desk, msisdn, set(), [])
    await watch(page, phone.hosts, phone.errors)
    await page.goto(f"{desk.url}/phone/{msisdn}")
    await expect(page.locator("#number")).not_to_be_empty(timeout=PATIENCE)
    return phone


async def watch(page: Page, hosts: set[str], errors: list[str]) -> None:
    """Note whom a page asks, and what the browser complains of."""
    await page.add_init_script(WATCH)
    page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    page.on("console", lambda said: errors.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: errors.append(str(error)))


@asynccontextmanager
async def own_simulator() -> AsyncIterator[Desk]:
    """A simulator that nobody else uses, so that a test may turn its clock."""
    running = await start()
    async with ClientSession() as session:
        desk = Desk(session, running)
        desk.keys = (await desk.call("GET", "/sim/credentials")).json
        yield desk
    await running.close()
