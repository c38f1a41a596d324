"""Customers and their phones, by the simulator's control API: who was asked what, and what they pressed."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import aiohttp

GLANCE: Final = 1.5
"""Seconds between two glances at a phone."""

LONGEST_THOUGHT: Final = 9.0
NUMBERS: Final = 100_000


@dataclass
class Customer:
    """Somebody at a counter."""

    msisdn: str
    thumb: str
    """`approve`, `decline` or `ignore`."""
    thinks: float
    requests: dict[str, set[str]] = field(default_factory=dict)
    """What stood on the phone: of each code, the platform's names for the questions that showed it."""
    yes: set[str] = field(default_factory=set)
    """Codes under which yes was pressed, in time."""
    no: set[str] = field(default_factory=set)
    sub: str = ""
    name: str = ""
    counters: int = 0
    """At how many counters they stand now."""

    @property
    def shown(self) -> set[str]:
        """Codes that stood on the phone."""
        return set(self.requests)

    @property
    def doubled(self) -> int:
        """Pushes that the platform sent twice by itself; the second may come after the first was looked at."""
        return sum(len(names) - 1 for names in self.requests.values())


class Phones:
    """All phones."""

    def __init__(self, url: str, session: aiohttp.ClientSession, chance: Random) -> None:
        self.url = url
        self.customers: dict[str, Customer] = {}
        self._session = session
        self._chance = chance
        self._answering: dict[str, asyncio.Task[None]] = {}

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """One call of the control API, which no fault touches."""
        async with self._session.request(method, f"{self.url}/sim{path}", json=body) as answer:
            return await answer.json() if answer.status not in {204, 409} else None

    async def new_customer(self) -> Customer:
        """Somebody whom nobody knows."""
        number = len(self.customers)
        msisdn = f"47{40_900_000 + number}"
        thumb = self._chance.choices(("approve", "decline", "ignore"), (80, 12, 8))[0]
        customer = Customer(msisdn, thumb, self._chance.random() ** 2 * LONGEST_THOUGHT)
        self.customers[msisdn] = customer
        name = f"Kari {number:05}"
        made = await self.control("POST", "/people", {"msisdn": msisdn, "name": name, "email": f"{msisdn}@example.com"})
        customer.sub, customer.name = made["sub"], name
        return customer

    async def code(self, customer: Customer) -> str:
        """The personal QR on the phone."""
        return str((await self.control("GET", f"/people/{customer.msisdn}/qr?kind=token"))["content"])

    def come(self, customer: Customer) -> None:
        """Let a customer look at the phone for as long as they stand at a counter."""
        customer.counters += 1
        if customer.msisdn not in self._answering:
            self._answering[customer.msisdn] = asyncio.create_task(self._answer(customer))

    def go(self, customer: Customer) -> None:
        """Let them look up again."""
        customer.counters -= 1
        if customer.counters == 0:
            self._answering.pop(customer.msisdn).cancel()

    async def _answer(self, customer: Customer) -> None:
        pressed: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                found = (await self.control("GET", f"/people/{customer.msisdn}/requests"))["requests"]
                for one in found:
                    customer.requests.setdefault(str(one["binding_message"]), set()).add(str(one["auth_req_id"]))
                    if one["auth_req_id"] not in pressed and customer.thumb != "ignore":
                        pressed[one["auth_req_id"]] = asyncio.create_task(self._press(customer, one))
                await asyncio.sleep(GLANCE)
        finally:
            for thumb in pressed.values():
                thumb.cancel()

    async def _press(self, customer: Customer, request: dict[str, str]) -> None:
        await asyncio.sleep(customer.thinks)
        url = f"{self.url}/sim/requests/{request['auth_req_id']}/{customer.thumb}"
        async with self._session.post(url) as answer:
            if answer.status == 204:
                (customer.yes if customer.thumb == "approve" else customer.no).add(request["binding_message"])

    async def pushes(self) -> dict[str, int]:
        """How often each phone was asked."""
        found: dict[str, int] = (await self.control("GET", "/calls"))["pushes"]
        return defaultdict(int, found)
