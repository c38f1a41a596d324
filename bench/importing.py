"""A list of a million members into an empty register, against the database's raw loader filling the same tables.

    python bench/importing.py [--members 1000000] [--on sqlite postgresql]

Ours reads the CSV, judges every cell, looks everybody up, decides whom each line means, chains a record of each
membership, and leaves the tills their turn. The raw loader gets finished rows in files, one for each table, in one
transaction: tables, indices and the connection's settings are the same. Processor time is what counts; on PostgreSQL
that of the server is in it on both sides. A till's wait is measured beside an import into the full register.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final, cast

import asyncpg
import msgspec

from medlem.app.clock import SystemClock
from medlem.club.identification import Evidence, Identification, Membership
from medlem.club.ids import club_id, identification_id, station_id, store_id
from medlem.club.line import Line
from medlem.club.phone import PhoneNumber
from medlem.club.place import Club, Station, Store
from medlem.files import How, Reading
from medlem.flows import importing
from medlem.flows.ports import Ports
from medlem.registers.own import OwnRegister
from medlem.storage import Database, open_storage
from medlem.storage.place import Connections
from medlem.vault import Vault
from nodes import server_cpu
from parts import table

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from postgres import Cluster  # the tests' server

MEMBERS: Final = 1_000_000
BESIDE: Final = 50_000
"""Lines of the second file, while a till is at work."""
FIRST: Final = 40_000_000
TABLES: Final = ("member", "phone_link", "consent")
NOW: Final = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
VAULT: Final = Vault([bytes(32)])
GIVEN: Final = ("Kari", "Ola", "Anne", "Per", "Nora", "Emil", "Ida", "Jonas", "Sofie", "Lars", "Åse", "Bjørn")
FAMILY: Final = ("Nordmann", "Hansen", "Olsen", "Larsen", "Berg", "Dahl", "Lie", "Moen", "Strand", "Vik", "Ødegård")


@dataclass(frozen=True)
class Cost:
    """What one process came to."""

    said: dict[str, Any]
    wall: float
    cpu: float
    """Processor seconds, the database server's among them."""


def write_list(file: Path, first: int, many: int) -> None:
    """A list as a shop's till system writes it: in no order of the numbers."""
    chance = random.Random(first)  # noqa: S311 - a list that can be had again, no secret
    numbers = list(range(first, first + many))
    chance.shuffle(numbers)
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, delimiter=";")
        rows.writerow(("Medlemsnummer", "Fornavn", "Etternavn", "E-post", "Mobil", "Innmeldt"))
        for place, number in enumerate(numbers):
            given = f"{chance.choice(GIVEN)} {chance.choice(GIVEN)}"
            family = f"{chance.choice(FAMILY)}{chance.randrange(1000)}"
            day = (NOW - timedelta(days=chance.randrange(4000))).date().isoformat()
            digits = f"{number:08}"
            phone = f"{digits[:3]} {digits[3:5]} {digits[5:]}"
            rows.writerow((first + place, given, family, f"post{number}@example.org", phone, day))


# -- what runs in a process of its own


async def ours(url: str, file: str) -> dict[str, Any]:
    """Import a file."""
    storage = await open_storage(url, VAULT, slow_commit=float("inf"))
    try:
        [club] = await storage.reading.places.clubs()
        nothing = cast("Any", None)
        ports = Ports(
            storage=storage,
            platform=nothing,
            register=OwnRegister(storage),
            messenger=nothing,
            clock=SystemClock(),
            limits=nothing,
            errands=nothing,
            chance=nothing,
        )
        taken = flawed = batches = 0
        with Path(file).open("rb") as stream:  # noqa: ASYNC230 - it has a process of its own
            reading = Reading(stream, How(country="NO", now=NOW))
            lines = (one for _, one in reading if isinstance(one, Line))
            async for results in importing.take(ports, club, lines):
                batches += 1
                right = sum(isinstance(one, importing.Taken) for one in results)
                taken, flawed = taken + right, flawed + len(results) - right
    finally:
        await storage.close()
    return {"taken": taken, "flawed": flawed, "batches": batches}


async def raw(url: str, folder: str) -> dict[str, Any]:
    """Load finished rows."""
    if url.startswith("sqlite"):
        with Connections(Path(url.removeprefix("sqlite:///"))) as connections, closing(connections.writing) as database:
            database.execute("begin immediate")
            for name in TABLES:
                with (Path(folder) / name).open("rb") as stream:
                    rows = map(msgspec.json.decode, stream)
                    columns = next(rows)
                    places = ", ".join("?" * len(columns))
                    sql = f"insert into {name} ({', '.join(columns)}) values ({places})"  # noqa: S608 - our own names
                    database.executemany(sql, rows)
            database.execute("commit")
            connections.reading.close()
        return {}
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        for name in TABLES:
            with (Path(folder) / name).open("rb") as stream:
                columns = stream.readline().decode().strip().split(",")
                await connection.copy_to_table(name, source=stream, columns=columns, format="csv", timeout=None)
    await connection.close()
    return {}


async def till(url: str) -> dict[str, Any]:
    """Write down one customer after the other, as a service does, until the input ends; how long each had to wait."""
    storage = await open_storage(url, VAULT, serving=True)
    [club] = await storage.reading.places.clubs()
    [station] = await storage.reading.places.stations(club.id)
    clock, waits = SystemClock(), []
    over = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    print("ready", flush=True)
    while not over.done():
        now = clock.now()
        customer = Identification(
            id=identification_id(now),
            club=club.id,
            station=station.id,
            phone=PhoneNumber("4741000000"),
            evidence=Evidence.TYPED,
            membership=Membership.NOT_MEMBER,
            member=None,
            created_at=now,
        )
        began = perf_counter()
        async with storage.transaction() as tx:
            await tx.identifications.add(customer)
        waits.append((perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)
    await storage.close()
    cuts = statistics.quantiles(waits, n=100)
    return {"writes": len(waits), "p50": cuts[49], "p99": cuts[98], "longest": max(waits)}


CHILDREN: Final[dict[str, Callable[..., Awaitable[dict[str, Any]]]]] = {"ours": ours, "raw": raw, "till": till}


# -- what is around them


def measured(server: Cluster | None, *arguments: str) -> Cost:
    """Run one of them to its end."""
    began, before = perf_counter(), server_cpu(server) if server else 0.0
    process = subprocess.Popen([sys.executable, __file__, "--child", *arguments], stdout=subprocess.PIPE, text=True)
    said = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"{arguments[0]} ended with {process.returncode}")
    found = json.loads(said.splitlines()[-1])
    after = server_cpu(server) if server else 0.0
    return Cost(found, perf_counter() - began, found["cpu"] + after - before)


async def furnish(url: str, club: Club) -> None:
    """An empty club with one station."""
    storage: Database = await open_storage(url, VAULT)
    await storage.migrate(NOW)
    store = Store(id=store_id(NOW), club=club.id, name="Store 1")
    async with storage.transaction() as tx:
        await tx.places.add_club(club, NOW)
        await tx.places.add_store(store, NOW)
        await tx.places.add_station(
            Station(id=station_id(NOW), club=club.id, store=store.id, name="Till 1", created_at=NOW)
        )
    await storage.close()


async def prepare(url: str, folder: Path) -> None:
    """Write what is in a register into files for the raw loader: for SQLite one row of JSON a line, else CSV."""
    for name in TABLES:
        with (folder / name).open("wb") as stream:
            if url.startswith("sqlite"):
                with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
                    found = database.execute(f"select * from {name}")  # noqa: S608 - our own names
                    stream.write(msgspec.json.encode([column[0] for column in found.description]) + b"\n")
                    stream.writelines(msgspec.json.encode(row) + b"\n" for row in found)
                continue
            connection = await asyncpg.connect(url)
            columns = [row["name"] for row in await connection.fetch(_COLUMNS, name)]
            stream.write(",".join(columns).encode() + b"\n")
            stream.flush()
            await connection.copy_from_table(name, output=stream, columns=columns, format="csv", timeout=None)
            await connection.close()


_COLUMNS: Final = (
    "select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped"
)


def beside(server: Cluster | None, url: str, file: Path) -> dict[str, Any]:
    """Import a second file into the full register while a till is at work; what the till had to wait."""
    service = subprocess.Popen(
        [sys.executable, __file__, "--child", "till", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    if service.stdout is None or service.stdin is None:
        raise RuntimeError("no pipes")
    service.stdout.readline()
    measured(server, "ours", url, str(file))
    said, _ = service.communicate("")
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


async def compare(name: str, many: int, folder: Path, server: Cluster | None) -> list[list[object]]:
    """Both on one database; the rows of the table."""

    def new(what: str) -> str:
        return server.new_database() if server is not None else f"sqlite:///{folder / f'{what}.db'}"

    write_list(folder / "list.csv", FIRST, many)
    write_list(folder / "second.csv", FIRST + many, min(BESIDE, many))
    url, bare = new("ours"), new("raw")
    club = Club(id=club_id(NOW), sales_unit="100100", name="The Club", country="NO")
    await furnish(url, club)
    await furnish(bare, club)
    imported = measured(server, "ours", url, str(folder / "list.csv"))
    if imported.said["taken"] != many:
        raise RuntimeError(imported.said)
    await prepare(url, folder)
    loaded = measured(server, "raw", bare, str(folder))
    waited = beside(server, url, folder / "second.csv")
    reach = "≤ 2.0" if server is None else "≤ 3.5"
    per = 1e6 / many
    return [
        [f"{name}: raw loader", "", many / loaded.wall, loaded.wall, loaded.cpu * per],
        [f"{name}: import", "", many / imported.wall, imported.wall, imported.cpu * per],
        [f"{name}: ratio", reach, "", imported.wall / loaded.wall, imported.cpu / loaded.cpu],
        [
            f"{name}: a till's write beside it, p50, p99, longest, ms",
            "",
            waited["p50"],
            waited["p99"],
            waited["longest"],
        ],
    ]


async def run(many: int = MEMBERS, databases: tuple[str, ...] = ("sqlite", "postgresql")) -> None:
    """Measure and print."""
    rows = []
    for name in databases:
        server = Cluster("fsync=on") if name == "postgresql" else None
        try:
            if server is not None:
                server.start()
            with tempfile.TemporaryDirectory() as folder:
                rows += await compare(name, many, Path(folder), server)
        finally:
            if server is not None:
                server.remove()
    table(
        f"Import of {many:,} members",
        ("what", "reach", "rows a second", "seconds", "CPU µs a member"),
        rows,
    )


async def child(name: str, *arguments: str) -> None:
    """Do one thing, and say what it came to."""
    said = await CHILDREN[name](*arguments)
    used = os.times()
    print(json.dumps({**said, "cpu": used.user + used.system}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        asyncio.run(child(*sys.argv[2:]))
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("--members", type=int, default=MEMBERS)
        parser.add_argument("--on", nargs="+", default=["sqlite", "postgresql"])
        asked = parser.parse_args()
        asyncio.run(run(asked.members, tuple(asked.on)))
