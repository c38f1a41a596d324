"""Two clubs in one service, each with a platform of its own, and one customer with the same number in both.

The real service with its worker in this process, and two simulators: each knows its own sales unit, so the customer's
`sub` differs from one club to the other, as it does on the platform.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from medlem.app import House, further_clubs, open_house, registering, service
from medlem.club.place import Club, KeyKind, Station
from medlem.config import load, read_club
from medlem.flows import places
from medlem.flows.answers import Subscribed
from medlem.simulator.signature import signed_headers
from medlem.vipps.webhooks import PING
from sim import Sim, open_sim

KARI = "4740000150"
PATIENCE = 30


@dataclass
class Desk:
    """One club: its platform, a till, its keys."""

    sim: Sim
    club: Club
    till: Station
    keys: dict[str, str]
    http: aiohttp.ClientSession

    async def call(self, method: str, path: str, key: str = "station", **sent: Any) -> tuple[int, Any]:
        secret = {"Authorization": f"Bearer {self.keys.get(key, key)}"} | sent.pop("headers", {})
        async with self.http.request(method, path, headers=secret, **sent) as reply:
            text = await reply.text()
            return reply.status, json.loads(text) if "json" in reply.headers.get("content-type", "") else text

    async def ask(self) -> str:
        _, found = await self.call("POST", "/v1/identifications", json={"phone": f"+{KARI}"})
        assert found["membership"] == "not_member"
        _, asked = await self.call("POST", "/v1/enrolments", json={"identification": found["id"]})
        assert asked["state"] == "waiting", asked
        return str(asked["id"])

    async def ended(self, enrolment: str) -> str:
        async with asyncio.timeout(PATIENCE):
            while True:
                _, shown = await self.call("GET", f"/v1/enrolments/{enrolment}?wait=10")
                if shown["state"] != "waiting":
                    return str(shown["state"])

    async def members(self) -> list[Any]:
        _, found = await self.call("GET", "/v1/members", "integration")
        return list(found["members"])


@dataclass
class Street:
    """Both clubs, and the house that serves them."""

    house: House
    url: str
    ours: Desk
    theirs: Desk


def settings_of(sim: Sim, prefix: str) -> dict[str, str]:
    keys = {f"{prefix}VIPPS_{name.upper()}": text for name, text in sim.keys.items()}
    return keys | {f"{prefix}VIPPS_BASE_URL": sim.url, f"{prefix}LOGIN_SCOPE": "openid name phoneNumber"}


async def desk(house: House, sim: Sim, club: Club, http: aiohttp.ClientSession) -> Desk:
    till = await places.add_station(house.ports, club, "Till 1", None)
    keys = {"station": till.secret.reveal()}
    for kind in (KeyKind.INTEGRATION, KeyKind.ADMIN):
        keys[kind.value] = (await places.add_key(house.ports, club, kind, "test")).secret.reveal()
    await sim.person(KARI, name="Kari Nordmann")
    return Desk(sim, club, till.station, keys, http)


@asynccontextmanager
async def running(house: House, listening: socket.socket) -> AsyncIterator[None]:
    server = service._server(house, worker=True)
    task = asyncio.create_task(server.serve([listening]))
    await server.listening()
    try:
        yield
    finally:
        server.end()
        await task


@pytest.fixture
async def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    monkeypatch.setattr(registering, "NEW_CLUBS_EVERY", 0.05)
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with open_sim() as one, open_sim() as two:
        settings = load(
            None,
            settings_of(one, "MEDLEM_")
            | {"MEDLEM_DATABASE_URL": f"sqlite:///{tmp_path / 'medlem.db'}", "MEDLEM_PUBLIC_URL": url},
        )
        async with (
            open_house(settings, serving=True) as house,
            aiohttp.ClientSession(url) as http,
            running(house, listening),
        ):
            texts = read_club(None, None, (), settings_of(two, "MEDLEM_FURTHER_"))
            other = await further_clubs.add(house, texts)  # while the service runs
            ours, theirs = await desk(house, one, house.club, http), await desk(house, two, other, http)
            yield Street(house, url, ours, theirs)


async def test_one_worker_enrols_the_same_number_in_two_clubs_that_know_nothing_of_each_other(street: Street) -> None:
    ours, theirs = street.ours, street.theirs
    first, second = await ours.ask(), await theirs.ask()
    assert (await theirs.call("GET", f"/v1/enrolments/{first}"))[0] == 404
    assert (await ours.call("GET", f"/v1/enrolments/{second}"))[0] == 404

    await ours.sim.press(KARI, "approve")
    assert await ours.ended(first) == "accepted"
    assert (await theirs.call("GET", f"/v1/enrolments/{second}"))[1]["state"] == "waiting"
    assert await theirs.members() == []
    _, found = await theirs.call("POST", "/v1/identifications", json={"phone": f"+{KARI}"})
    assert found["membership"] == "not_member"

    await theirs.sim.press(KARI, "approve")
    assert await theirs.ended(second) == "accepted"
    [here], [there] = await ours.members(), await theirs.members()
    assert here["id"] != there["id"]
    assert (here["phone"], there["phone"]) == (f"+{KARI}", f"+{KARI}")
    reading = street.house.storage.reading.members
    one = await reading.get(ours.club.id, here["id"])
    two = await reading.get(theirs.club.id, there["id"])
    assert one is not None
    assert two is not None
    assert one.sub != two.sub
    assert await reading.by_sub(theirs.club.id, one.sub or "") is None

    await ours.call("DELETE", f"/v1/members/{here['id']}", "integration")
    assert (await ours.call("POST", "/v1/identifications", json={"phone": f"+{KARI}"}))[1]["membership"] == "not_member"
    assert (await theirs.call("POST", "/v1/identifications", json={"phone": f"+{KARI}"}))[1]["membership"] == "member"
    assert (await ours.sim.calls())["violations"] == (await theirs.sim.calls())["violations"] == 0


async def registration(street: Street, desk: Desk) -> Subscribed:
    """What the platform has taken; the loop that looks for new clubs does so every few seconds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await street.house.storage.reading.webhooks.registration(desk.club.id, PING)
            if found is not None:
                return found
            await asyncio.sleep(0.05)


async def test_a_delivery_signed_for_one_club_is_refused_at_the_others_address(street: Street) -> None:
    own, registered = await registration(street, street.ours), await registration(street, street.theirs)
    body = b'{"auth_req_id": "unknown"}'

    async def delivered(url: str, secret: str, signed_for: str) -> int:
        headers = signed_headers(secret, signed_for, body, street.house.ports.clock.now().timestamp())
        headers.pop("host")
        async with street.ours.http.post(url, data=body, headers=headers) as reply:
            return reply.status

    assert own.url != registered.url
    assert own.secret != registered.secret
    assert await delivered(own.url, own.secret.reveal(), own.url) == 200
    assert await delivered(registered.url, registered.secret.reveal(), registered.url) == 200
    assert await delivered(registered.url, own.secret.reveal(), own.url) == 401
    assert await delivered(registered.url, own.secret.reveal(), registered.url) == 401
    assert await delivered(own.url, registered.secret.reveal(), own.url) == 401
