"""Takes or restores a backup, and is killed before its nth act on a file; for tests of what is left then.

Says how many acts there were, should it live.
"""

import os
import signal
import sys
from pathlib import Path

from medlem.storage.backup import take
from medlem.storage.restore import Order, restore
from premises import later
from storages import VAULT

ACTS = ("open", "os.", "shutil.", "sqlite3.connect")
"""What Python tells its auditors of (PEP 578), as far as it touches files."""


def main(action: str, file: Path, database: Path, nth: int) -> None:
    acts = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal acts
        if event.startswith(ACTS) and any(str(database.parent) in str(argument) for argument in arguments):
            acts += 1
            if acts == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    if action == "backup":
        take(database, file, VAULT, later(3600), replace=True)
    else:
        restore(Order(file, database, sales_unit=None, replace=True), VAULT, later(3600))
    done, acts = acts, -1_000_000
    sys.stdout.write(str(done))


main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
