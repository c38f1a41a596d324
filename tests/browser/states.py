"""Every state of the screen, and how a real till comes into it. The pictures are taken by the same walk."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Route

from browser.people import Customer
from browser.till import Till
from medlem.club.identification import LIFE

Walk = Callable[[Till], Awaitable[None]]

IDENTIFICATIONS: Final = "**/v1/identifications"
ENROLMENTS: Final = "**/v1/enrolments"
EVENTS: Final = "**/v1/events"


async def idle(till: Till) -> None:
    await till.shows("idle")


async def identifying(till: Till) -> None:
    till.world.fault("exchange", "delay", seconds=6)
    await till.scan(till.world.customer().code())
    await till.shows("identifying")


async def member(till: Till) -> None:
    await till.look_up(till.world.member("Anne", "Solberg"))
    await till.shows("member")


async def compare_name(till: Till) -> None:
    """The merchant entered them, and the app knows nothing of them yet."""
    await till.look_up(till.world.entry("Anne", "Solberg"))
    await till.shows("member")
    await till.page.locator('[data-action="choose"][aria-disabled="false"]').wait_for()


async def confirm_number(till: Till) -> None:
    """Nobody waits for a year here, so the age of the number is told in the service's stead."""
    await _told(till, lambda _: {"doubt": "confirm_number"})
    await till.look_up(till.world.member("Anne", "Solberg"))
    await till.shows("member")
    await till.page.locator('[data-action="invite"][aria-disabled="false"]').wait_for()


async def choose(till: Till) -> None:
    """A household with one number."""
    customer = till.world.entry("Anne", "Solberg")
    till.world.entry("Per", "Solberg", msisdn=customer.msisdn)
    await till.look_up(customer)
    await till.shows("member")
    await till.page.locator('[data-action="choose"][aria-disabled="false"]').nth(1).wait_for()


async def number_moved(till: Till) -> None:
    """Somebody says yes from another phone, whose number used to reach a member."""
    former = till.world.member("Anne", "Solberg")
    customer = till.world.customer()
    await till.ask(customer)
    (request,) = customer.requests()
    freed = str(int(former.msisdn) + 500_000)
    till.world.sim("PATCH", f"/people/{former.msisdn}", {"msisdn": freed})
    till.world.sim("PATCH", f"/people/{customer.msisdn}", {"msisdn": former.msisdn})
    till.world.sim("POST", f"/requests/{request['auth_req_id']}/approve", {})
    await till.shows("accepted")


async def remembered(till: Till) -> None:
    """As `unknown`: the embedded register always answers, so an older answer is told in its stead."""

    def older(answer: dict[str, Any]) -> dict[str, Any]:
        made_at = datetime.fromisoformat(answer["expires_at"]) - LIFE
        return {"as_of": (made_at - timedelta(minutes=12, seconds=5)).isoformat()}

    await _told(till, older)
    await till.look_up(till.world.member("Anne", "Solberg"))
    await till.shows("member")


async def not_member(till: Till) -> None:
    await till.look_up(till.world.customer())
    await till.page.locator('[data-action="invite"][aria-disabled="false"]').wait_for()


async def no_app_found(till: Till) -> None:
    """The platform knows no app behind the number; the customer may be asked all the same."""
    await till.look_up(till.world.customer(app="none"))
    await till.page.locator('[data-action="invite"][aria-disabled="false"]', has_text="–").wait_for()


async def unknown(till: Till) -> None:
    """The embedded register always answers, so its silence is told in the service's stead."""

    await _told(till, lambda _: {"membership": "unknown", "member": None})
    await till.look_up(till.world.customer())
    await till.shows("unknown")


async def asking(till: Till) -> None:
    till.world.fault("backchannel", "delay", seconds=6)
    await till.look_up(till.world.customer())
    await till.invite()
    await till.shows("asking")


async def waiting(till: Till) -> None:
    await till.ask(till.world.customer())


async def accepted(till: Till) -> None:
    customer = await asked(till)
    customer.approve()
    await till.shows("accepted")


async def declined(till: Till) -> None:
    customer = await asked(till)
    customer.decline()
    await till.shows("declined")


async def expired(till: Till) -> None:
    await asked(till)
    till.world.later(200)
    await till.shows("expired")


async def cannot_use_app(till: Till) -> None:
    await refused(till, till.world.customer(app="none"), "cannot_use_app")


async def app_too_old(till: Till) -> None:
    await refused(till, till.world.customer(app="old"), "app_too_old")


async def customer_busy(till: Till) -> None:
    till.world.fault("backchannel", "429")
    await refused(till, till.world.customer(), "customer_busy")


async def platform_unavailable(till: Till) -> None:
    till.world.fault("backchannel", "500")
    await refused(till, till.world.customer(), "platform_unavailable")


async def platform_surprised_us(till: Till) -> None:
    customer = await asked(till)
    till.world.fault("token", "forged")
    customer.approve()
    await till.shows("platform_surprised_us")


async def outcome_unknown(till: Till) -> None:
    till.world.fault("backchannel", "reset")
    await refused(till, till.world.customer(), "outcome_unknown")


async def bad_scan(till: Till) -> None:
    await till.scan("7038010069307")
    await till.shows("bad_scan")


async def invalid_number(till: Till) -> None:
    await till.page.fill("#number", "22 33 44")
    await till.press("Enter")
    await till.shows("invalid_number")


async def codes_down(till: Till) -> None:
    till.world.fault("exchange", "500")
    await till.scan(till.world.customer().code())
    await till.shows("codes_down")


async def too_many(till: Till) -> None:
    """The demo has no limits, so the service's refusal is told in its stead."""
    await till.page.route(ENROLMENTS, _refusal(429, "too-many-requests", {"Retry-After": "540"}))
    await till.look_up(till.world.customer())
    await till.invite()
    await till.shows("too_many")


async def stale(till: Till) -> None:
    """Nobody waits for a quarter of an hour here."""
    await till.page.route(ENROLMENTS, _refusal(410, "identification-expired", {}))
    await till.look_up(till.world.customer())
    await till.invite()
    await till.shows("stale")


async def down(till: Till) -> None:
    await till.page.route(IDENTIFICATIONS, lambda route: route.abort())
    await till.look_up(till.world.customer())
    await till.shows("down")


async def reconnecting(till: Till) -> None:
    """Eight other streams of this station end the page's own, and it gets no new one."""
    await waiting(till)
    await till.page.route(EVENTS, lambda route: route.abort())
    address = urlsplit(till.world.service)
    request = f"GET /v1/events HTTP/1.1\r\nHost: till\r\nAuthorization: Bearer {till.station['key']}\r\n\r\n"
    writers = []
    for _ in range(8):
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(request.encode())
        writers.append(writer)
    await till.page.wait_for_selector('#line[data-line="lost"]')
    for writer in writers:
        writer.close()
        await writer.wait_closed()


async def chips(till: Till) -> None:
    """Three customers are served while others make up their minds."""
    first = await asked(till)
    await till.press("Escape")
    await till.shows("idle")
    await asked(till)
    await till.press("Escape")
    await till.shows("idle")
    first.approve()
    await till.page.wait_for_selector('.chip[data-state="accepted"]')


async def many_chips(till: Till) -> None:
    """A queue at the counter: six customers make up their minds, one of whom has."""
    first = await asked(till)
    for _ in range(5):
        await till.press("Escape")
        await till.shows("idle")
        await asked(till)
    await till.press("Escape")
    await till.shows("idle")
    first.approve()
    await till.page.wait_for_selector('.chip[data-state="accepted"]')


async def scanned_here(till: Till) -> None:
    """One customer is asked, and two scan the sticker meanwhile: a member, and somebody who is not."""
    await hang(till)
    await asked(till)
    for arrived in (till.world.member("Anne", "Solberg"), till.world.customer()):
        await scan_sticker(till, arrived)
        await till.page.wait_for_selector(f'.chip[data-state="scanned"]:has-text("{arrived.spoken[-2:]}")')


async def signup(till: Till) -> None:
    await till.press("F8")
    await till.shows("signup")


async def pairing(till: Till) -> None:
    await till.page.context.clear_cookies()
    await till.page.reload()
    await till.shows("pairing")


STATES: Final[dict[str, Walk]] = {
    walk.__name__: walk
    for walk in (
        pairing, idle, identifying, member, compare_name, confirm_number, choose, remembered, not_member, no_app_found,
        unknown, asking, waiting, accepted,
        number_moved, declined, expired, cannot_use_app, app_too_old, customer_busy, platform_unavailable,
        platform_surprised_us,
        outcome_unknown, bad_scan, invalid_number, codes_down, too_many, stale, down, reconnecting, chips,
        many_chips, scanned_here, signup,
    )
}  # fmt: skip


async def hang(till: Till) -> str:
    """Hang up this till's sticker, once the platform tells of scans; its name."""
    path = f"/v1/stations/{till.station['id']}/qr"
    made = till.world.api("PUT", path)
    while not made["listening"]:
        await asyncio.sleep(0)
        made = till.world.api("GET", path)
    return str(made["id"])


async def scan_sticker(till: Till, customer: Customer) -> None:
    """Scan it, as the customer's own app does."""
    code = till.world.api("GET", f"/v1/stations/{till.station['id']}/qr")["id"]
    till.world.sim("POST", f"/people/{customer.msisdn}/scan", {"code": code})


async def asked(till: Till) -> Customer:
    """Somebody who is being asked."""
    customer = till.world.customer()
    await till.ask(customer)
    return customer


async def refused(till: Till, customer: Customer, state: str) -> None:
    """Ask somebody, in vain."""
    await till.look_up(customer)
    await till.invite()
    await till.shows(state)


async def _told(till: Till, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let identifications say something else."""

    async def tell(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        await route.fulfill(response=answer, json=body | changed(body))

    await till.page.route(IDENTIFICATIONS, tell)


def _refusal(status: int, slug: str, headers: dict[str, str]) -> Callable[[Route], Awaitable[Any]]:
    async def refuse(route: Route) -> None:
        body = json.dumps({"type": f"urn:medlem:problem:{slug}", "title": slug, "status": status})
        await route.fulfill(status=status, body=body, headers=headers | {"Content-Type": "application/problem+json"})

    return refuse
