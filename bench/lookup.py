"""What a register of ten million costs against one of ten thousand: look-ups and new members.

Both registers are open at once and asked turn by turn, so that whatever else the machine does falls on both. Keys are
random over the whole table. First in this process, where nothing stands between the flows and the storage; then the
whole call through a service on each; one call at a time, as one till makes them. The tables lie in the memory of the
system. Everything is in a folder that is removed afterwards: ten million members take 13 GB there on SQLite, and on
PostgreSQL after that as much again.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

import aiohttp

from filling import a_folder, fill, read_all
from medlem.app.house import open_house
from medlem.club.codes import confirmation_code
from medlem.club.enrolment import Enrolment
from medlem.club.identification import Evidence, Identification, Membership
from medlem.club.ids import enrolment_id, identification_id
from medlem.club.masked import Masked
from medlem.club.member import Disclosure, Profile
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club, Station
from medlem.config import load
from medlem.config.private_files import write_private
from medlem.flows import enrolment, membership
from medlem.flows.answers import Told
from medlem.flows.ports import Platform, Ports
from medlem.vault import Vault
from parts import House, house, table

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import crowd
from postgres import Cluster  # the tests' server

FEW: Final = 10_000
LOOK_UPS: Final = 10_000
NEW: Final = 1_500
"""New members by each way: of ten thousand members' numbers two thousand have a vacant one beside them."""

TURN: Final = 100
"""Calls to one register before the other has its turn."""

LIFE: Final = timedelta(minutes=3)
PROFILE: Final = Profile(name="Nina Nymann", given_name="Nina", family_name="Nymann", email="nina@example.com")


class Yes:
    """A platform on which everybody has just said yes."""

    def __init__(self) -> None:
        self.said = 0

    async def disclose(self, *answered: object) -> Told:
        """Who it is: somebody new, with the number that was asked."""
        del answered
        self.said += 1
        return Disclosure(sub=f"new-{self.said}", phone=None, profile=PROFILE)


@dataclass
class Register:
    """One of the two, with a service on it."""

    members: int
    ports: Ports
    club: Club
    station: Station
    shop: House
    keys: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - a load that repeats
    vacant: Iterator[str] = field(init=False)
    platform: Yes = field(default_factory=Yes)

    def __post_init__(self) -> None:
        self.vacant = map(crowd.vacant, self.keys.sample(range(self.members // 5), 4 * NEW // 3))

    def somebody(self) -> PhoneNumber:
        """A random member's number."""
        return PhoneNumber(crowd.msisdn(self.keys.randrange(self.members), self.members))


@dataclass(frozen=True)
class Cost:
    """What one call costs in the one register, and in the other."""

    p50_us: tuple[float, float]
    cpu_us: tuple[float, float]

    def row(self, what: str, reach: float) -> tuple[object, ...]:
        """A row of the table."""
        p50, cpu = (many / few for few, many in (self.p50_us, self.cpu_us))
        return (what, f"≤ {reach}", *(round(one) for one in (*self.p50_us, *self.cpu_us)), p50, cpu)


Once = Callable[[Register], Awaitable[float]]
"""One call; how many seconds it took."""


async def timed(call: Awaitable[object]) -> float:
    """How many seconds it takes."""
    began = time.perf_counter()
    await call
    return time.perf_counter() - began


async def compare(both: Sequence[Register], times: int, once: Once, cpu: Callable[[Register], float]) -> Cost:
    """Turn by turn, after a warm-up of a tenth."""
    waits: list[list[float]] = [[], []]
    used = [0.0, 0.0]

    async def turns(count: int) -> None:
        for _ in range(0, count, TURN):
            for which, register in enumerate(both):
                before = cpu(register)
                waits[which] += [await once(register) for _ in range(TURN)]
                used[which] += cpu(register) - before

    await turns(times // 10)
    for which in (0, 1):
        waits[which].clear()
        used[which] = 0.0
    await turns(times)
    few, many = (statistics.median(one) * 1e6 for one in waits)
    return Cost((few, many), (used[0] / len(waits[0]) * 1e6, used[1] / len(waits[1]) * 1e6))


async def in_process(both: Sequence[Register]) -> list[tuple[object, ...]]:
    """The flows on their storage, one call at a time."""

    async def find(register: Register) -> float:
        phone = register.somebody()
        return await timed(register.ports.register.find(register.club.id, phone))

    async def enter(register: Register) -> float:
        return await timed(membership.enter(register.ports, register.club, f"+{next(register.vacant)}", PROFILE))

    async def join(register: Register) -> float:
        answered = await said_yes(register, PhoneNumber(next(register.vacant)))
        return await timed(enrolment.conclude(register.ports, answered))

    def cpu(_: Register) -> float:
        return time.process_time()

    return [
        (await compare(both, LOOK_UPS, find, cpu)).row("look-up by number", 1.3),
        (await compare(both, NEW // 3, enter, cpu)).row("a member is entered", 1.5),
        (await compare(both, NEW // 3, join, cpu)).row("an enrolment ends with a new member", 1.5),
    ]


async def said_yes(register: Register, phone: PhoneNumber) -> Enrolment:
    """A customer who was asked and has said yes; nobody has understood it yet."""
    now, club, station = register.ports.clock.now(), register.club.id, register.station
    customer = Identification(
        id=identification_id(now),
        club=club,
        station=station.id,
        phone=phone,
        evidence=Evidence.TYPED,
        membership=Membership.NOT_MEMBER,
        member=None,
        created_at=now,
    )
    begun = Enrolment.begin(enrolment_id(now), customer, confirmation_code(), now)
    async with register.ports.storage.transaction() as tx:
        await tx.identifications.add(customer)
        asked = await tx.enrolments.open(begun)
        await tx.enrolments.follow(asked, station.id)
        answered = asked.waiting(Masked(begun.id), LIFE, LIFE, now).answered(Masked(b"{}"), now)
        await tx.enrolments.save(answered)
    return answered


async def through_the_service(both: Sequence[Register]) -> list[tuple[object, ...]]:
    """Whole calls."""
    async with aiohttp.ClientSession() as session:

        async def post(register: Register, path: str, body: dict[str, object], key: str, status: int) -> None:
            headers = {"Authorization": f"Bearer {key}"}
            async with session.post(f"{register.shop.url}{path}", json=body, headers=headers) as answer:
                if answer.status != status:
                    raise RuntimeError(await answer.text())
                await answer.read()

        async def look_up(register: Register) -> float:
            body: dict[str, object] = {"phone": register.somebody().e164}
            return await timed(post(register, "/v1/members/lookup", body, register.shop.integration_key, 200))

        async def identify(register: Register) -> float:
            body: dict[str, object] = {"phone": register.somebody().e164}
            return await timed(post(register, "/v1/identifications", body, register.shop.station_key, 201))

        async def enter(register: Register) -> float:
            body: dict[str, object] = {"phone": f"+{next(register.vacant)}", "profile": {"name": "Nina Nymann"}}
            return await timed(post(register, "/v1/members", body, register.shop.integration_key, 201))

        def cpu(register: Register) -> float:
            return register.shop.service.cpu

        return [
            (await compare(both, LOOK_UPS, look_up, cpu)).row("POST /v1/members/lookup", 1.3),
            (await compare(both, LOOK_UPS, identify, cpu)).row("POST /v1/identifications", 1.3),
            (await compare(both, NEW // 3, enter, cpu)).row("POST /v1/members", 1.5),
        ]


@asynccontextmanager
async def filled(members: int, server: Cluster | None) -> AsyncIterator[Register]:
    """A register with so many members, and a service on it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {}
        if server is not None:
            keys = Path(folder) / "keys"
            write_private(keys, Vault.new_line() + "\n")
            settings = {"MEDLEM_DATABASE_URL": server.new_database(), "MEDLEM_SECRET_KEYS": str(keys)}

        def make(database: Path) -> None:
            began = time.perf_counter()
            fill(settings.get("MEDLEM_DATABASE_URL") or database, members)
            print(f"{members:,} members were made in {time.perf_counter() - began:.0f} s", flush=True)

        async with (
            house(Path(folder), make, settings) as shop,
            open_house(load(None, shop.settings)) as opened,
        ):
            (station,) = await opened.storage.reading.places.stations(opened.club.id)
            register = Register(members, opened.ports, opened.club, station, shop)
            register.ports = replace(opened.ports, platform=cast("Platform", register.platform))
            yield register


async def run(members: int = crowd.MOST, databases: Sequence[str] = ("SQLite", "PostgreSQL")) -> None:
    """Measure and print."""
    for database in databases:
        with a_folder() as folder:
            server = Cluster("fsync=on", "shared_buffers=4GB", "max_wal_size=4GB") if database == "PostgreSQL" else None
            try:
                if server is not None:
                    server.start()
                async with filled(FEW, server) as few, filled(members, server) as many:
                    read_all(folder)
                    print(f"load of the machine: {os.getloadavg()[0]:.1f}", flush=True)
                    rows = [*await in_process([few, many]), *await through_the_service([few, many])]
            finally:
                if server is not None:
                    server.remove()
        table(
            f"{members:,} members against {FEW:,}, {database}",
            ("what", "reach", "p50 µs, few", "many", "CPU µs, few", "many", "p50 ratio", "CPU ratio"),
            rows,
        )


def main() -> None:
    """Measure as somebody wants it."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--members", type=int, default=crowd.MOST, help="of the large register")
    wanted.add_argument("--folder", type=Path, help="where to make the registers; they are removed afterwards")
    wanted.add_argument("--database", action="append", choices=("SQLite", "PostgreSQL"), help="only this one")
    given = wanted.parse_args()
    if given.folder is not None:
        tempfile.tempdir = str(given.folder)
    asyncio.run(run(given.members, given.database or ("SQLite", "PostgreSQL")))


if __name__ == "__main__":
    main()
