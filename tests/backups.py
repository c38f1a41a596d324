"""Backups for tests: what is in a file, and dying while one is written or brought back."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent


def rows(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """What a file holds, whoever has it open."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql, values).fetchall()


def killed_at(action: str, file: Path, database: Path, nth: int) -> str:
    """Do it in a process that dies before its nth act on a file; what it said, if it lived."""
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, str(TESTS / "storage" / "dies_at.py"), action, str(file), str(database), str(nth)],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(TESTS)},
        text=True,
    )
    assert done.returncode in {0, -9}, done.stderr
    return done.stdout
