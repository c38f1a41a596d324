"""An import that is killed with -9, wherever: what it had committed is whole, and beginning anew comes to the same."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from backups import TESTS, rows
from fault.dies_importing import PEOPLE, ports_of
from medlem.club.consent import Verdict, follow
from medlem.flows import importing
from medlem.flows.importing import Taken
from medlem.storage import open_sqlite
from premises import NOW, new_premises
from storages import VAULT

STEPS = {2: 0, 8: 0, 9: 0, 15: 5, 19: 5}
"""How many members are there when it was killed at that statement: whole batches of five."""


@pytest.mark.parametrize("step", STEPS)
async def test_what_was_committed_is_whole_and_beginning_anew_comes_to_the_same(tmp_path: Path, step: int) -> None:
    path = tmp_path / "medlem.db"
    storage = await open_sqlite(f"sqlite:///{path}", VAULT)
    await storage.migrate(NOW)
    here = await new_premises(storage)
    await storage.close()
    await asyncio.to_thread(killed, path, step)
    for table in ("member", "phone_link", "consent", "extra"):
        assert rows(path, f"select count(*) from {table}") == [(STEPS[step],)], table  # noqa: S608 - names of ours
    storage = await open_sqlite(f"sqlite:///{path}", VAULT)
    results = [one async for batch in importing.take(ports_of(storage), here.club, PEOPLE) for one in batch]
    outcomes = [one.outcome for one in results if isinstance(one, Taken)]
    assert outcomes == ["unchanged"] * STEPS[step] + ["added"] * (len(PEOPLE) - STEPS[step])
    verdict = Verdict()
    for chain in await storage.reading.consents.chains(here.club.id, None, 100):
        follow(chain.member, chain.end, chain.rows, verdict, erased_at=chain.erased_at)
    assert (verdict.members, verdict.records, verdict.faults) == (len(PEOPLE), len(PEOPLE), [])
    await storage.close()
    numbers = rows(path, "select member_number from member order by cast(member_number as integer)")
    assert numbers == [(one.member_number,) for one in PEOPLE]


def killed(database: Path, step: int) -> None:
    died = subprocess.run(  # noqa: S603 - ours
        [sys.executable, str(TESTS / "fault" / "dies_importing.py"), str(database), str(step)],
        check=False,
        env={"PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
    )
    assert died.returncode == -9
