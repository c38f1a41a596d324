"""Starting and stopping: the process, its demo people, and its clock."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession

from medlem.simulator.app import start
from medlem.simulator.clock import Agenda, SimClock, rfc3339
from simulator.desk import MOST_PATIENCE, Desk

PROGRAM = """
import sys
from pathlib import Path
from medlem.simulator.app import run
run(host="127.0.0.1", port=0, directory=Path(sys.argv[1]), demo_people=True, ready=lambda url: print(url, flush=True))
"""


async def running_program(directory: Path) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(directory), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    return process, url


async def test_the_program_says_where_it_listens_and_stops_when_told(tmp_path: Path) -> None:
    process, url = await running_program(tmp_path)
    async with ClientSession() as session, session.get(f"{url}/sim/people") as answer:
        assert len((await answer.json())["people"]) == 8
    process.send_signal(signal.SIGINT)

    async with asyncio.timeout(MOST_PATIENCE):
        _, complaints = await process.communicate()
    assert (process.returncode, complaints) == (0, b"")


async def test_killed_at_any_moment_it_keeps_what_it_answered_for(tmp_path: Path) -> None:
    process, url = await running_program(tmp_path)
    async with ClientSession() as session:
        desk_keys = await (await session.get(f"{url}/sim/credentials")).json()
        await session.post(f"{url}/sim/people", json={"msisdn": "4740000050"})
        process.kill()
    await process.wait()

    again, url = await running_program(tmp_path)
    async with ClientSession() as session:
        assert await (await session.get(f"{url}/sim/credentials")).json() == desk_keys
        assert (await session.get(f"{url}/sim/people/4740000050")).status == 200
    again.terminate()
    await again.communicate()
    assert again.returncode == 0


async def test_the_people_of_the_demo_each_have_a_story_and_keep_it(tmp_path: Path) -> None:
    first = await start(directory=tmp_path, demo_people=True)
    async with ClientSession() as session:
        people = (await (await session.get(f"{first.url}/sim/people")).json())["people"]
        await session.patch(f"{first.url}/sim/people/4740000001", json={"app": "old"})
        await first.close()
        second = await start(directory=tmp_path, demo_people=True)
        again = (await (await session.get(f"{second.url}/sim/people")).json())["people"]
        await second.close()

    assert all(person["story"] for person in people)
    assert all("4740000000" < person["msisdn"] < "4740000200" for person in people)
    assert {person["app"] for person in people} == {"current", "old", "none"}
    assert min(person["age"] for person in people) < 15
    assert [person["sub"] for person in again] == [person["sub"] for person in people]
    assert again[0]["app"] == "old"


async def test_a_port_that_is_taken_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    port = int(desk.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        await start(port=port, directory=tmp_path)

    await (await start(directory=tmp_path)).close()


async def test_the_address_of_a_simulator_on_ipv6_is_written_as_one() -> None:
    running = await start(host="::1")
    async with ClientSession() as session, session.get(f"{running.url}/sim/clock") as answer:
        assert answer.status == 200
    await running.close()
    await running.close()

    assert running.url.startswith("http://[::1]:")


def test_the_clock_is_the_machines_and_what_it_was_turned_by() -> None:
    clock = SimClock(wall=lambda: 1000.0, steady=lambda: 7.0)
    clock.advance(60)

    assert (clock.now(), clock.elapsed()) == (1060, 67)
    assert rfc3339(clock.now()) == "1970-01-01T00:17:40.000Z"


async def test_what_is_due_happens_in_its_order_and_a_mishap_stops_nothing() -> None:
    clock = SimClock(wall=lambda: 0.0, steady=lambda: 0.0)
    agenda = Agenda(clock)
    done: list[str] = []

    def mishap() -> None:
        raise ZeroDivisionError

    agenda.at(20, lambda: done.append("second"))
    agenda.at(10, lambda: done.append("first"))
    agenda.at(15, mishap)
    agenda.at(21, lambda: done.append("not yet"))
    clock.advance(20)
    agenda.run_due()

    assert done == ["first", "second"]


async def test_what_is_put_on_the_agenda_while_it_runs_happens_by_itself() -> None:
    agenda = Agenda(SimClock())
    keeping = asyncio.create_task(agenda.keep())
    come = asyncio.Event()
    agenda.at(SimClock().now() + 0.02, come.set)

    async with asyncio.timeout(MOST_PATIENCE):
        await come.wait()
    keeping.cancel()
