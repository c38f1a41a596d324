"""A hand on the simulated platform, by its control API alone: its people, their thumbs, its clock and its bad days."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import ClientSession

from medlem.club.masked import Masked
from medlem.simulator.app import start
from medlem.vipps.sales_unit import SalesUnit


@dataclass
class Sim:
    """Everything that a test may do to the simulator."""

    url: str
    keys: dict[str, str]
    _http: ClientSession

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self._http.request(method, f"{self.url}/sim{path}", json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json() if response.status != 204 else None

    async def person(self, msisdn: str, **traits: Any) -> None:
        """Make somebody, or make the person of that number anew."""
        await self.control("POST", "/people", {"msisdn": msisdn} | traits)

    async def qr(self, msisdn: str, kind: Literal["clear", "token"]) -> str:
        return str((await self.control("GET", f"/people/{msisdn}/qr?kind={kind}"))["content"])

    async def press(self, msisdn: str, thumb: Literal["approve", "decline"]) -> str | None:
        """Answer the newest question on the phone; the address that the phone opens then, if it opens one."""
        newest = (await self.control("GET", f"/people/{msisdn}/requests"))["requests"][-1]
        said = await self.control("POST", f"/requests/{newest['auth_req_id']}/{thumb}")
        return None if said is None else str(said["opens"])

    async def turn(self, seconds: float) -> None:
        await self.control("POST", "/clock", {"advance": seconds})

    async def faults(self, *faults: dict[str, Any]) -> None:
        """Put these bad days in the place of all others."""
        await self.control("PUT", "/faults", {"seed": 1, "faults": [{"probability": 1} | fault for fault in faults]})

    async def switches(self, **switches: Any) -> None:
        await self.control("PUT", "/switches", switches)

    async def calls(self) -> Any:
        return await self.control("GET", "/calls")

    def unit(self, **changes: Any) -> SalesUnit:
        """The simulator's sales unit, as settings."""
        settings: dict[str, Any] = {
            "client_id": self.keys["client_id"],
            "client_secret": Masked(self.keys["client_secret"]),
            "subscription_key": Masked(self.keys["subscription_key"]),
            "msn": self.keys["msn"],
            "base_url": self.url,
            "discovery_url": f"{self.url}/access-management-1.0/access/.well-known/openid-configuration",
        }
        return SalesUnit(**settings | changes)


@asynccontextmanager
async def open_sim() -> AsyncIterator[Sim]:
    """A simulator on a free port."""
    running = await start(port=0)
    try:
        async with ClientSession() as http:
            async with http.get(f"{running.url}/sim/credentials") as response:
                keys = await response.json()
            yield Sim(running.url, keys, http)
    finally:
        await running.close()
