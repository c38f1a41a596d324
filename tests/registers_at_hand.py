"""Registers for tests: the reference server of examples/, tables in both databases, and one that lies."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path

import asyncpg

from examples import register_server
from fakes import HandClock
from medlem.club.announcement import Announcement, News
from medlem.club.ids import ClubId, announcement_id, member_id
from medlem.club.masked import Masked
from medlem.club.member import Member, Profile
from medlem.club.phone import PhoneNumber
from medlem.registers.fields import Fields
from medlem.registers.http import HttpRegister
from medlem.registers.postgresql_table import PostgresqlTable
from medlem.registers.remembering import Finder
from medlem.registers.sql import SqlRegister
from medlem.registers.sqlite_table import SqliteTable
from medlem.registers.wire import Address
from postgres import cluster
from premises import later

TOKEN, SECRET = "token-of-the-register", "signing-secret"
WITHIN = 5.0
KARI = PhoneNumber("4740000011")
CLUB = ClubId("clb_01m83xj8800000000000000000")
SINCE = datetime(2024, 5, 1, tzinfo=UTC)
TABLE = """
create table customer (
    mobile varchar(20) not null primary key, customer_no varchar(20) not null, first_name text, last_name text,
    joined text
);
"""
QUERY = """
select mobile as phone, customer_no as member_number, first_name as given_name, last_name as family_name,
    joined as since
from customer where mobile = :phone
"""
ROW = ("+4740000011", "C-17", "Kari", "Nordmann", "2024-05-01")


def member(sub: str = "sub-1", number: str = "C-17", phone: PhoneNumber | None = KARI, at: datetime = SINCE) -> Member:
    return Member(
        id=member_id(at),
        club=CLUB,
        member_number=number,
        sub=sub,
        phone=phone,
        profile=Profile(name="Kari Nordmann", given_name="Kari", family_name="Nordmann"),
        joined_at=at,
        station=None,
    )


def joined(who: Member, news: News = News.JOINED, former: PhoneNumber | None = None, at: float = 0) -> Announcement:
    return Announcement(
        id=announcement_id(later(at)),
        club=who.club,
        sequence=1,
        news=news,
        member=who,
        former_phone=former,
        happened_at=later(at),
        due_at=later(at),
    )


def http_register(
    url: str, clock: HandClock, *, within: float = WITHIN, fields: Mapping[str, str] | None = None
) -> HttpRegister:
    address = Address(url, Masked(TOKEN), Masked(SECRET.encode()))
    return HttpRegister(address, Fields.of(fields or {}), clock, within)


@contextmanager
def reference_server() -> Iterator[str]:
    """The server of examples/, with nobody in it."""
    register_server.MEMBERS.clear()
    register_server.HEARD.clear()

    class Quiet(register_server.Register):
        token, secret = TOKEN, SECRET.encode()

        def log_message(self, *_: object) -> None:
            """Tests read no access log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            serving.join()


def sqlite_file(folder: Path, *rows: tuple[str | None, ...]) -> Path:
    file = folder / "customers.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript(TABLE)
        connection.executemany("insert into customer values (?, ?, ?, ?, ?)", rows)
    return file


def sqlite_register(file: Path, own: Finder, query: str = QUERY, **columns: str) -> SqlRegister:
    return SqlRegister(SqliteTable(file, query, WITHIN), columns, own)


@asynccontextmanager
async def postgresql_url(*rows: tuple[str | None, ...]) -> AsyncIterator[str]:
    url = cluster().new_database()
    connection = await asyncpg.connect(url)
    await connection.execute(TABLE)
    await connection.executemany("insert into customer values ($1, $2, $3, $4, $5)", rows)
    await connection.close()
    try:
        yield url
    finally:
        cluster().drop(url)


def postgresql_register(url: str, own: Finder, query: str = QUERY, **columns: str) -> SqlRegister:
    return SqlRegister(PostgresqlTable(Masked(url), query, WITHIN), columns, own)


@dataclass
class Liar:
    """A server that answers any call with what it was given, and reads what it is sent."""

    answer: bytes = b""
    drip: bool = False
    """Send it byte by byte, and never the last one."""
    endless: bytes = b""
    """Sent again and again after the answer."""
    hang_up: bool = True
    asked: list[bytes] = field(default_factory=list)
    url: str = ""

    def says(self, body: bytes, status: int = 200, *headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        self.answer = "\r\n".join(lines).encode() + body

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            self.asked.append(head + await reader.readexactly(length))
            await self._send(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        for byte in self.answer[:-1] if self.drip else b"":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.005)
        if not self.drip:
            writer.write(self.answer)
        await writer.drain()
        while self.endless:
            writer.write(self.endless)
            await writer.drain()
        if not self.hang_up or self.drip:
            await asyncio.sleep(60)


@asynccontextmanager
async def lying() -> AsyncIterator[Liar]:
    liar = Liar()
    server = await asyncio.start_server(liar._serve, "127.0.0.1", 0)
    liar.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield liar
    finally:
        server.close()
        for task in asyncio.all_tasks():
            if "Liar._serve" in repr(task.get_coro()):
                task.cancel()
        await asyncio.sleep(0)
