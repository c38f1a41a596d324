"""A shop for tests: one club, its stations, a clock by hand and a platform that does as it is told, on real storage."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fakes import HandClock, settle
from fakes_messenger import ObedientMessenger
from fakes_platform import ObedientPlatform, Person
from medlem.club.enrolment import Enrolment
from medlem.club.ids import station_id
from medlem.club.place import Club, Station
from medlem.flows import enrolment, landing, places, scan
from medlem.flows.errands import Errands
from medlem.flows.limits import Limits
from medlem.flows.ports import Ports, Storage
from medlem.flows.views import EnrolmentView, IdentificationView
from medlem.registers.own import OwnRegister
from medlem.storage import open_storage
from medlem.vault import Vault

KARI = "4740000011"
OLA = "4740000012"
STRANGER = "4740000099"


@dataclass
class Shop:
    """Everything a flow test needs, in the shop's words."""

    ports: Ports
    clock: HandClock
    platform: ObedientPlatform
    messenger: ObedientMessenger
    club: Club
    station: Station

    @property
    def storage(self) -> Storage:
        return self.ports.storage

    def with_limits(self, limits: Limits) -> "Shop":
        return replace(self, ports=replace(self.ports, limits=limits))

    async def another_station(self, name: str = "Till 2") -> Station:
        return (await places.add_station(self.ports, self.club, name, None)).station

    def kari(self) -> Person:
        return self.platform.person(KARI)

    async def identify(self, msisdn: str = KARI, station: Station | None = None) -> IdentificationView:
        return await scan.by_number(self.ports, station or self.station, f"+{msisdn}", "NO")

    async def scan(self, msisdn: str = KARI, kind: str = "token", station: Station | None = None) -> IdentificationView:
        return await scan.by_scan(self.ports, station or self.station, self.platform.qr(msisdn, kind).reveal())

    async def invite(self, msisdn: str = KARI, station: Station | None = None) -> EnrolmentView:
        """Identify and ask; returns when the platform has answered the ask."""
        at = station or self.station
        found = await self.identify(msisdn, at)
        asked = await enrolment.start(self.ports, at, found.id)
        await self.ports.errands.finish()
        return await enrolment.show(self.ports, at, asked.id)

    async def show(self, wanted: str, station: Station | None = None) -> EnrolmentView:
        return await enrolment.show(self.ports, station or self.station, wanted)

    async def get(self, wanted: str) -> Enrolment:
        found = await self.storage.reading.enrolments.get(self.club.id, wanted)
        assert found is not None
        return found

    async def work(self) -> int:
        """Do what a worker does with all that is due now; how many there were."""
        claimed = await enrolment.claim(self.ports, 100)
        for due in claimed:
            await enrolment.check(self.ports, due)
        await enrolment.give_up_lost_asks(self.ports)
        for left in await self.storage.reading.landings.left_lying(self.clock.now(), 100):
            await landing.see_through(self.ports, left)
        return len(claimed)

    async def wait(self, seconds: float) -> None:
        """Let time pass with the worker at work, second by second."""
        left = seconds
        while left > 0:
            step = min(left, 1.0)
            await self.clock.turn(step)
            await self.work()
            left -= step

    async def kinds(self, station: Station | None = None) -> list[str]:
        """What was shown on the screen, oldest first."""
        at = station or self.station
        return [event.kind for event in await self.storage.reading.events.after(self.club.id, at.id, 0, 100)]


@asynccontextmanager
async def open_shop(
    url: str = "sqlite://", clock: HandClock | None = None, keys: Path | None = None
) -> AsyncIterator[Shop]:
    """A shop with one station, limits off; its secret keys in a file, for commands that open it after."""
    clock = clock or HandClock()
    line = Vault.new_line()
    if keys is not None:
        _write(keys, line)
    storage = await open_storage(url, Vault.of_lines(line))
    try:
        await storage.migrate()
        platform = ObedientPlatform(clock, knows_who_exists=False)
        errands, messenger = Errands(), ObedientMessenger()
        ports = Ports(
            storage=storage,
            platform=platform,
            register=OwnRegister(storage),
            messenger=messenger,
            clock=clock,
            limits=Limits(),
            errands=errands,
            chance=lambda: 0.5,
        )
        club = await places.settle_club(ports, "100001", "Fjord & Fjell", "NO")
        station = (await places.add_station(ports, club, "Till 1", None)).station
        yield Shop(ports, clock, platform, messenger, club, station)
        await errands.stop(1)
    finally:
        await settle()
        await storage.close()


def _write(keys: Path, line: str) -> None:
    keys.touch(0o600)
    keys.write_text(line, encoding="utf-8")


def unknown_station(shop: Shop) -> Station:
    """A station that the club has never heard of."""
    return replace(shop.station, id=station_id(shop.clock.now()))
