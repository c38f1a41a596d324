"""A disk with no room left: a small one in memory where the system lets us mount one, else a limit on the process."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

SIZE = "4m"


class Disk(Protocol):
    """Where a database lies."""

    folder: Path

    def fill(self, pid: int) -> None:
        """Leave no room."""

    def free(self, pid: int) -> None:
        """Make room again."""


class SmallDisk:
    """A file system of its own, filled by somebody else's file: writing fails with ENOSPC."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, pid: int) -> None:
        del pid
        with self._ballast.open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                return

    def free(self, pid: int) -> None:
        del pid
        self._ballast.unlink()


class LimitedProcess:
    """No file of the process may grow beyond what it has: writing fails with EFBIG."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def free(self, pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - ours
    except FileNotFoundError:
        return False


@contextmanager
def open_disk(folder: Path) -> Iterator[Disk]:
    """A disk that can be filled, the real thing if that can be had."""
    if os.geteuid() != 0 or not _mount(folder):
        yield LimitedProcess(folder)
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 - ours
