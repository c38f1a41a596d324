"""Every state of the simulator's pages, and the way there from a phone that is idle."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from playwright.async_api import expect

from browser.phone import PATIENCE, Phone

State = Callable[[Phone], Awaitable[None]]

TERMS: Final = {"id": "terms", "title": "The terms of the club", "required": True}
CALLBACK: Final = "/qr/v1/merchant-callback"
EMAIL: Final = {"id": "email", "title": "Receive offers via email"}


async def idle(phone: Phone) -> None:
    await phone.says(phone.page.locator("#content"), phone.msisdn)


async def tokenised(phone: Phone) -> None:
    await phone.page.get_by_role("radio").last.check()
    await phone.says(phone.page.locator("#content"), "qr.vipps.no/p/")


async def asked(phone: Phone) -> None:
    await phone.asked(scope="openid name phoneNumber email")


async def consents(phone: Phone) -> None:
    await phone.desk.switch(consents=[TERMS, EMAIL])
    await phone.asked()
    await phone.tick("Receive offers via email").check()


async def approved(phone: Phone) -> None:
    await phone.desk.press("approve", await phone.asked(), consents={"email": True})
    await outcome(phone, "approved")


async def declined(phone: Phone) -> None:
    await phone.desk.press("decline", await phone.asked())
    await outcome(phone, "declined")


async def expired(phone: Phone) -> None:
    await phone.asked(requested_expiry="60")
    await phone.desk.later(60)
    await outcome(phone, "expired")


async def outcome(phone: Phone, state: str) -> None:
    await expect(phone.page.locator(f'.outcome[data-state="{state}"]')).to_be_visible(timeout=PATIENCE)


async def no_push(phone: Phone) -> None:
    await phone.desk.call("PATCH", f"/sim/people/{phone.msisdn}", json={"push": False})
    await expect(phone.page.locator("#pull")).to_be_visible(timeout=PATIENCE)


async def old_app(phone: Phone) -> None:
    await phone.desk.call("PATCH", f"/sim/people/{phone.msisdn}", json={"app": "old"})
    await expect(phone.page.locator("#unusable")).to_be_visible(timeout=PATIENCE)


async def no_app(phone: Phone) -> None:
    await phone.desk.call("PATCH", f"/sim/people/{phone.msisdn}", json={"app": "none"})
    await expect(phone.page.locator("#unusable")).to_be_visible(timeout=PATIENCE)


async def stickers(phone: Phone) -> None:
    """One hangs and one was taken down; she scans the first, and nobody has registered to be told."""
    for name, label in (("till-1", "Till 1"), ("old-till", "The old till")):
        await hang(phone, name, label)
    await phone.desk.call("DELETE", f"{CALLBACK}/old-till", headers=await phone.desk.merchant())
    await phone.page.locator("#stickers button").first.click()
    unheard = re.compile("Can’t connect to the store|Får ikke kontakt med butikken")
    await expect(phone.page.locator("#scanned")).to_contain_text(unheard, timeout=PATIENCE)
    await phone.page.locator("#scan").scroll_into_view_if_needed()


async def hang(phone: Phone, name: str, label: str) -> None:
    """Hang up a sticker, as a merchant's system does."""
    body = {"locationDescription": label}
    await phone.desk.call("PUT", f"{CALLBACK}/{name}", json=body, headers=await phone.desk.merchant())
    await phone.says(phone.page.locator("#stickers"), label)


async def settings(phone: Phone) -> None:
    await phone.page.locator("#open-settings").click()


async def nobody(phone: Phone) -> None:
    await phone.page.goto(f"{phone.desk.url}/phone/4740000199")


async def start(phone: Phone) -> None:
    await phone.page.goto(phone.desk.url)
    await expect(phone.page.locator("#people-list li").first).to_be_visible(timeout=PATIENCE)


async def bad_day(phone: Phone) -> None:
    await phone.desk.fault("token", "delay", seconds=2, probability=0.5)
    await phone.desk.switch(interval=2)
    await phone.desk.collect(await phone.ask())
    await start(phone)
    for summary in await phone.page.locator("summary").all():
        await summary.click()


STATES: Final[dict[str, State]] = {
    "idle": idle,
    "tokenised": tokenised,
    "asked": asked,
    "consents": consents,
    "approved": approved,
    "declined": declined,
    "expired": expired,
    "no_push": no_push,
    "old_app": old_app,
    "no_app": no_app,
    "stickers": stickers,
    "settings": settings,
    "nobody": nobody,
    "start": start,
    "bad_day": bad_day,
}
