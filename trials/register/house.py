"""The club's machine: the real storage and the real flows, a platform that does as it is told, and a clock by hand."""

import re
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

from fakes import HandClock, settle
from fakes_messenger import ObedientMessenger
from fakes_platform import ObedientPlatform
from medlem.club.endpoint import WANTED
from medlem.club.place import Club, Station
from medlem.flows import enrolment, erasures, outbox, places
from medlem.flows.errands import Errands
from medlem.flows.keeping import Keeping
from medlem.flows.limits import Limits
from medlem.flows.ports import Ports
from medlem.registers.own import OwnRegister
from medlem.storage import open_storage
from medlem.storage.backup import take
from medlem.storage.opening import Database
from medlem.storage.restore import Order, restore
from medlem.vault import SealBroken, Vault
from trials.register.books import CONFIRM_AFTER, INACTIVE_AFTER, NOTICE, PROOF
from trials.register.raw import Raw, open_raw

BEGINNING: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OPERATING: Final = Path(__file__).parents[2] / "docs" / "operating.md"
URL: Final = "https://crm.example.org/hooks"
MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - nothing has to reach a disk here
NEVER: Final = float("inf")


@dataclass
class House:
    """Everything that runs, and the folder or server that it lies on."""

    url: str
    folder: Path
    vault: Vault
    clock: HandClock
    platform: ObedientPlatform
    storage: Database
    raw: Raw
    ports: Ports
    club: Club = field(init=False)
    stations: list[Station] = field(default_factory=list)

    @property
    def on_sqlite(self) -> bool:
        """Or else on PostgreSQL."""
        return self.url.startswith("sqlite:")

    def is_sealed(self, cell: bytes) -> bool:
        """Whether nobody can read it without the club's keys."""
        try:
            self.vault.open(cell)
        except SealBroken:
            return False
        return True

    async def work(self) -> None:
        """What a worker does with every enrolment that is due."""
        await self.ports.errands.finish()
        for due in await enrolment.claim(self.ports, 100):
            await enrolment.check(self.ports, due)

    async def open(self) -> None:
        """Open the database, which was closed."""
        self.storage, self.raw = await _open(self.url, self.vault), await open_raw(self.url)
        self.ports = replace(self.ports, storage=self.storage, register=OwnRegister(self.storage))

    async def close(self) -> None:
        """Let go of the database."""
        await self.ports.errands.finish()
        await self.raw.close()
        await self.storage.close()

    async def take_backup(self, name: str) -> None:
        """As `medlem backup` on SQLite; on PostgreSQL a copy of the database, by its own means."""
        if self.on_sqlite:
            take(self._path, self.folder / name, self.vault, self.clock.now(), replace=True)
            return
        await self.close()
        await self._at_the_server(f"create database {self._database}_{name} template {self._database}")
        await self.open()

    async def drop_backup(self, name: str) -> None:
        """Nobody wants it any more."""
        if self.on_sqlite:
            (self.folder / name).unlink()
        else:
            await self._at_the_server(f"drop database {self._database}_{name}")

    async def bring_back(self, name: str, taken_at: datetime) -> None:
        """As docs/operating.md tells operators to; nobody who was erased since comes back."""
        if self.on_sqlite:
            await self.close()
            restore(Order(self.folder / name, self._path, None, replace=True), self.vault, self.clock.now())
            for kept in self.folder.glob("*.replaced-*"):
                kept.unlink()
            await self.open()
            return
        tombstones = [one async for one in erasures.all_of(self.ports, self.club)]
        await self.close()
        await self._at_the_server(f"drop database {self._database}")
        await self._at_the_server(f"create database {self._database} template {self._database}_{name}")
        [block] = re.findall(r"```sql\n(.+?)```", OPERATING.read_text(encoding="utf-8"), re.DOTALL)
        moment = int(self.clock.now().timestamp() * 1000)
        lost = int((self.clock.now() - taken_at).total_seconds()) + 1000
        connection = await asyncpg.connect(self.url)
        await connection.execute(
            block.replace("extract(epoch from now()) * 1000", str(moment)).replace("86400", str(lost))
        )
        await connection.close()
        await self.open()
        await erasures.apply(self.ports, tombstones)

    @property
    def _path(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def _database(self) -> str:
        return self.url.rpartition("/")[2]

    async def _at_the_server(self, sql: str) -> None:
        connection = await asyncpg.connect(f"{self.url.rpartition('/')[0]}/postgres")
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


async def _open(url: str, vault: Vault) -> Database:
    return await open_storage(url, vault, slow_commit=NEVER)


@asynccontextmanager
async def open_house(database: str) -> AsyncIterator[House]:
    """A club with three stations and an endpoint, on `sqlite` or on a new database of the server at that address."""
    folder = Path(tempfile.mkdtemp(prefix="medlem-register-", dir=MEMORY))
    url = f"sqlite:///{folder / 'medlem.db'}" if database == "sqlite" else f"{database}/register_{secrets.token_hex(4)}"
    vault, clock = Vault.of_lines(Vault.new_line()), HandClock(BEGINNING)
    platform = ObedientPlatform(clock, knows_who_exists=False)
    if database != "sqlite":
        connection = await asyncpg.connect(f"{database}/postgres")
        await connection.execute(f"create database {url.rpartition('/')[2]}")
        await connection.close()
    storage = await _open(url, vault)
    await storage.migrate(clock.now())
    raw = await open_raw(url)
    try:
        ports = Ports(
            storage=storage,
            platform=platform,
            register=OwnRegister(storage),
            messenger=ObedientMessenger(),
            clock=clock,
            limits=Limits(confirm_number_after=CONFIRM_AFTER),
            errands=Errands(),
            chance=lambda: 0.5,
            keeping=Keeping(INACTIVE_AFTER, NOTICE, PROOF),
        )
        house = House(url, folder, vault, clock, platform, storage, raw, ports)
        house.club = await places.settle_club(ports, "100001", "Fjord & Fjell", "NO")
        for name in ("Till 1", "Till 2", "Till 3"):
            house.stations.append((await places.add_station(ports, house.club, name, None)).station)
        await outbox.add_endpoint(ports, house.club.id, URL, frozenset(WANTED))
        yield house
        await house.ports.errands.stop(1)
    finally:
        await settle()
        await house.close()
        shutil.rmtree(folder, ignore_errors=True)
