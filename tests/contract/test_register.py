"""What every register promises: ours, the merchant's system over HTTP, the merchant's table, and the tests' own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pytest

from examples import register_server
from fakes import HandClock
from fakes_register import ObedientRegister
from medlem.club.announcement import Announcement, News
from medlem.club.errors import RegisterUnavailable
from medlem.club.ids import ClubId
from medlem.club.member import VerifiedBy
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Heard, Reception
from medlem.registers.own import OwnRegister
from medlem.registers.remembering import Finder
from medlem.storage import open_sqlite
from premises import NOW, later, new_premises
from registers_at_hand import (
    CLUB,
    KARI,
    ROW,
    SINCE,
    http_register,
    joined,
    member,
    postgresql_register,
    postgresql_url,
    reference_server,
    sqlite_file,
    sqlite_register,
)
from storages import VAULT, storage_of

OLA = PhoneNumber("4740000012")


class Teller(Protocol):
    async def tell(self, announcement: Announcement) -> Reception: ...


@dataclass
class Subject:
    """A register in which one number reaches one member, and one of its kind that does not answer."""

    register: Finder
    silent: Finder
    club: ClubId = CLUB


async def own(stack: AsyncExitStack, folder: Path) -> Subject:
    storage = await stack.enter_async_context(storage_of("sqlite-in-memory", folder))
    here = await new_premises(storage)
    who = replace(member(), club=here.club.id)
    async with storage.transaction() as tx:
        await tx.members.add(who)
        await tx.members.link(who, KARI, VerifiedBy.LOGIN, NOW)
    empty = await open_sqlite(f"sqlite:///{folder / 'empty.db'}", VAULT)
    stack.push_async_callback(empty.close)
    return Subject(OwnRegister(storage), OwnRegister(empty), here.club.id)


async def over_http(stack: AsyncExitStack, _: Path) -> Subject:
    clock = HandClock()
    register = http_register(stack.enter_context(reference_server()), clock)
    silent = http_register("http://127.0.0.1:9", clock)
    for one in (register, silent):
        stack.push_async_callback(one.close)
    assert await register.tell(joined(member())) == Heard()
    return Subject(register, silent)


async def in_sqlite(stack: AsyncExitStack, folder: Path) -> Subject:
    register = sqlite_register(sqlite_file(folder, ROW), ObedientRegister())
    silent = sqlite_register(folder / "nowhere.db", ObedientRegister())
    for one in (register, silent):
        stack.push_async_callback(one.close)
    assert await register.check()
    return Subject(register, silent)


async def in_postgresql(stack: AsyncExitStack, _: Path) -> Subject:
    url = await stack.enter_async_context(postgresql_url(ROW))
    register = postgresql_register(url, ObedientRegister())
    silent = postgresql_register("postgresql://nobody@127.0.0.1:9/none", ObedientRegister())
    for one in (register, silent):
        stack.push_async_callback(one.close)
    assert await register.check()
    return Subject(register, silent)


async def obedient(_: AsyncExitStack, __: Path) -> Subject:
    register, silent = ObedientRegister(CLUB), ObedientRegister(CLUB)
    await register.tell(joined(member()))
    silent.silent = True
    return Subject(register, silent)


SUBJECTS: dict[str, Callable[[AsyncExitStack, Path], Awaitable[Subject]]] = {
    "own": own,
    "http": over_http,
    "sqlite-table": in_sqlite,
    "postgresql-table": in_postgresql,
    "fake": obedient,
}


@pytest.fixture(params=sorted(SUBJECTS))
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        yield await SUBJECTS[request.param](stack, tmp_path)


async def test_a_member_is_found_by_their_number_with_what_a_till_may_see(subject: Subject) -> None:
    found = await subject.register.find(subject.club, KARI)
    assert found is not None
    assert (found.member_number, found.name, found.since, found.as_of) == ("C-17", "Kari N.", SINCE, None)
    assert found.id


async def test_another_number_reaches_nobody(subject: Subject) -> None:
    assert await subject.register.find(subject.club, OLA) is None


async def test_many_are_looked_up_at_once_and_nobody_is_taken_for_another(subject: Subject) -> None:
    asked = [KARI if n % 2 else OLA for n in range(20)]
    found = await asyncio.gather(*(subject.register.find(subject.club, phone) for phone in asked))
    assert [entry is not None for entry in found] == [phone == KARI for phone in asked]


async def test_a_register_that_does_not_answer_says_so_and_nothing_of_the_number(subject: Subject) -> None:
    with pytest.raises(RegisterUnavailable) as refusal:
        await subject.silent.find(subject.club, KARI)
    assert "0011" not in str(refusal.value)


@pytest.fixture(params=["fake", "http"])
async def told(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    """A register that can be told; Kari is a member."""
    async with AsyncExitStack() as stack:
        yield await SUBJECTS[request.param](stack, tmp_path)


def teller(subject: Subject) -> Teller:
    register = subject.register
    assert isinstance(register, ObedientRegister) or hasattr(register, "tell")
    return register  # type: ignore[return-value]  # both kinds that are told can be


async def test_what_is_told_twice_under_one_key_is_heard_once(told: Subject) -> None:
    ola = member("sub-2", "C-18", OLA, later(1))
    first = joined(ola)
    for said in (first, first, joined(replace(ola, phone=None, left_at=later(5)), News.LEFT, OLA, 5), first):
        assert await teller(told).tell(said) == Heard()
    assert await told.register.find(CLUB, OLA) is None


async def test_who_leaves_is_found_no_more(told: Subject) -> None:
    ola = member("sub-2", "C-18", OLA, later(1))
    await teller(told).tell(joined(ola))
    assert await told.register.find(CLUB, OLA) is not None
    await teller(told).tell(joined(replace(ola, phone=None, left_at=later(5)), News.LEFT, OLA, 5))
    assert await told.register.find(CLUB, OLA) is None
    assert await told.register.find(CLUB, KARI) is not None


async def test_a_member_with_a_new_number_is_found_by_it_alone(told: Subject) -> None:
    ola = member("sub-2", "C-18", OLA, later(1))
    new = PhoneNumber("4740000013")
    await teller(told).tell(joined(ola))
    await teller(told).tell(joined(replace(ola, phone=new), News.JOINED, OLA, 5))
    assert await told.register.find(CLUB, OLA) is None
    found = await told.register.find(CLUB, new)
    assert found is not None
    assert found.member_number == "C-18"


async def test_a_number_that_moves_reaches_one_member_in_whichever_order_it_is_told(told: Subject) -> None:
    ola = member("sub-2", "C-18", OLA, later(1))
    per = member("sub-3", "C-19", OLA, later(2))
    lost = joined(replace(ola, phone=None), News.NUMBER_MOVED, OLA, 5)
    await teller(told).tell(joined(ola))
    for said in (joined(per, at=5), lost):
        await teller(told).tell(said)
    found = await told.register.find(CLUB, OLA)
    assert found is not None
    assert found.member_number == "C-19"


def test_the_reference_server_is_short() -> None:
    lines = Path(register_server.__file__).read_text(encoding="utf-8").splitlines()
    assert len(lines) < 75
