"""Our own register is a register: who is reached, and what happens when the database is not there."""

from pathlib import Path

import pytest

from medlem.club.errors import RegisterUnavailable
from medlem.club.member import VerifiedBy
from medlem.registers.own import OwnRegister
from medlem.storage import SqliteStorage, open_sqlite
from premises import KARI, NOW, OLA, Premises
from storages import VAULT


async def test_a_member_is_found_by_the_number_that_reaches_them(storage: SqliteStorage, here: Premises) -> None:
    member = here.member()
    async with storage.transaction() as tx:
        await tx.members.add(member)
        await tx.members.link(member, KARI, VerifiedBy.LOGIN, NOW)
    register = OwnRegister(storage)
    found = await register.find(here.club.id, KARI)
    assert found is not None
    assert (found.id, found.ours, found.as_of) == (member.id, True, None)
    assert await register.find(here.club.id, OLA) is None


async def test_a_database_that_fails_is_a_register_that_does_not_answer(here: Premises, tmp_path: Path) -> None:
    storage = await open_sqlite(f"sqlite:///{tmp_path / 'other.db'}", VAULT)
    try:
        with pytest.raises(RegisterUnavailable, match="does not answer"):
            await OwnRegister(storage).find(here.club.id, KARI)
    finally:
        await storage.close()
