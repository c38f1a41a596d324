"""A service that is killed while it tells the merchant's register: it is told again, and has heard once."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backups import TESTS
from examples import register_server
from fakes import HandClock
from medlem.club.member import VerifiedBy
from medlem.flows import announcing
from medlem.registers.by_club import Registers
from medlem.registers.own import OwnRegister
from medlem.storage import open_sqlite
from premises import NOW, later, new_premises
from registers.dies_telling import ports_of
from registers_at_hand import KARI, http_register, joined, member, reference_server
from storages import VAULT

HEARD = {"before the call": 0, "after the call": 1}
"""How many announcements the register has heard when the process is dead."""


@pytest.mark.parametrize("step", HEARD)
async def test_it_is_told_again_under_the_same_key_and_hears_once(tmp_path: Path, step: str) -> None:
    storage = await open_sqlite(f"sqlite:///{tmp_path / 'medlem.db'}", VAULT)
    await storage.migrate(NOW)
    here = await new_premises(storage)
    who = replace(member(), club=here.club.id)
    async with storage.transaction() as tx:
        await tx.members.add(who)
        await tx.members.link(who, KARI, VerifiedBy.LOGIN, NOW)
        await tx.announcements.next_sequence(who)
        await tx.announcements.add(replace(joined(who), club=here.club.id))
    await storage.close()
    with reference_server() as url:
        await asyncio.to_thread(killed, tmp_path / "medlem.db", url, step)
        assert len(register_server.HEARD) == HEARD[step]
        storage = await open_sqlite(f"sqlite:///{tmp_path / 'medlem.db'}", VAULT)
        for at, waiting in ((29, 1), (30, 0)):
            clock = HandClock(later(at))
            http = http_register(url, clock)
            registers = Registers(OwnRegister(storage))
            registers.put(here.club.id, http, http, http.close)
            await announcing.tell_all(ports_of(storage, clock, registers), here.club.id)
            assert await storage.reading.announcements.count_waiting(here.club.id) == waiting
            await http.close()
        await storage.close()
    assert len(register_server.HEARD) == 1
    assert [one["member_number"] for one in register_server.MEMBERS.values()] == ["C-17"]


def killed(database: Path, url: str, step: str) -> None:
    died = subprocess.run(  # noqa: S603 - ours
        [sys.executable, str(TESTS / "registers" / "dies_telling.py"), str(database), url, step],
        check=False,
        env={"PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
    )
    assert died.returncode == -9
