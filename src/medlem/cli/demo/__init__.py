"""`medlem demo`: the whole product on one machine, with a simulated platform and pretend phones.

Three processes: this parent, a service and a simulator. What is killed is started again; what was going on goes on.
"""

import asyncio
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import click
import uvloop

from medlem.app import open_house, service
from medlem.cli import simulator as pretend
from medlem.cli.common import answer, json_option, log_to_stderr
from medlem.cli.demo import seed, stage, story
from medlem.cli.demo.family import DidNotStart, Family, Ready, Told, heard_signals
from medlem.cli.serve import listen
from medlem.config import Settings
from medlem.flows.tables import StorageUnavailable

HOST: Final = "127.0.0.1"
SERVICE: Final = "service"
SIMULATOR: Final = "simulator"

LINGER: Final = 2.0
"""Seconds in which the children of a demo that was killed are gone."""


@click.command("demo")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The service's; 0: any.")
@click.option(
    "--simulator-port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="The simulator's; 0: any."
)
@click.option(
    "--directory",
    default=Path("medlem-demo"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where everything is kept; started on it again, everything goes on.",
)
@json_option
def command(*, port: int, simulator_port: int, directory: Path, as_json: bool) -> None:
    """Run a pretend club: the service, a simulated platform and pretend phones, all on this machine.

    Ctrl-C stops it. Remove the directory to begin anew.
    """
    log_to_stderr(quiet=True)
    with heard_signals() as signals, _alone_in(directory, signals), listen(HOST, port, "--port") as listening:
        family = Family(signals)
        try:
            shown = _raise_curtain(family, listening, simulator_port, directory.resolve())
            answer(shown.as_json(), shown.as_text(), as_json=as_json)
            family.tend()
        except Told:
            pass
        except DidNotStart as error:
            raise click.ClickException(str(error)) from None
        except StorageUnavailable as error:
            raise click.ClickException(f"{error} Or remove {directory} to begin anew.") from None
        finally:
            family.stop()


def _raise_curtain(family: Family, listening: socket.socket, simulator_port: int, directory: Path) -> story.Story:
    url = f"http://{HOST}:{listening.getsockname()[1]}"
    simulator = _Simulator(simulator_port, directory / "simulator", listening)
    simulated = family.start(SIMULATOR, simulator)
    simulator.port = urlsplit(simulated).port or simulator_port  # the same again when it is started again
    settings = seed.settings_for(directory, url, simulated, stage.credentials(simulated))
    for member in seed.MEMBERS:
        stage.bring(simulated, member.msisdn, member.name, member.email)
    furnished = asyncio.run(_furnish(settings, directory))
    stage.tell_withdrawals(simulated, url + furnished.withdrawals)
    family.start(SERVICE, _Service(settings, listening, url))
    return story.Story(service=url, simulator=simulated, furnished=furnished, pid=family.pid(SERVICE))


async def _furnish(settings: Settings, directory: Path) -> seed.Furnished:
    async with open_house(settings) as house:
        service.rehearse(house)
        return await seed.furnish(house, directory)


@dataclass
class _Simulator:
    """What the simulator's process does."""

    port: int
    directory: Path
    not_its_own: socket.socket

    def __call__(self, ready: Ready) -> None:
        self.not_its_own.close()
        pretend.run(
            host=HOST, port=self.port, directory=self.directory, people=True, ready=ready, option="--simulator-port"
        )


@dataclass
class _Service:
    """What the service's process does. The port is the parent's, so callers wait while it is started again."""

    settings: Settings
    listening: socket.socket
    url: str

    def __call__(self, ready: Ready) -> None:
        uvloop.run(service.serve(self.settings, self.listening, worker=True, ready=lambda: ready(self.url)))


@contextmanager
def _alone_in(directory: Path, signals: socket.socket) -> Iterator[None]:
    """Hold the directory. The children inherit the lock, so it is free when the last of them is gone."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise click.ClickException(
            f"The directory {directory} cannot be used: {error.strerror}. Choose another with --directory."
        ) from None
    try:
        end = monotonic() + LINGER
        while not _taken(descriptor):
            if monotonic() >= end:
                raise click.ClickException(f"Another demo runs in {directory}. Choose another with --directory.")
            if wait([signals], 0.05):
                raise SystemExit(0)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
