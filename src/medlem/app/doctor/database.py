"""The database, whichever it is."""

from datetime import datetime, timedelta
from typing import Final

from medlem.app.doctor.findings import Finding, Found, look, well, wrong
from medlem.storage import Database

OLDEST_POSTGRESQL: Final = 14
WORTH_TELLING: Final = timedelta(seconds=2)
FAR_OFF: Final = timedelta(seconds=60)


async def database(storage: Database) -> Found:
    """Whether it can be worked with, and is of this version's shape."""
    pending = await storage.pending_migrations()
    condition = await storage.condition()
    found = (
        [
            wrong(
                "database",
                f"Is {len(pending)} steps behind this version.",
                "Back it up, stop the service (SQLite), and run `medlem migrate`.",
            )
        ]
        if pending
        else [well("database", f"Can be reached and is up to date ({condition.engine}).")]
    )
    if condition.journal not in {None, "wal"}:
        advice = "The disk does not allow the write-ahead log: use a local disk, or PostgreSQL."
        found.append(wrong("database", f"Keeps no write-ahead log (journal mode {condition.journal}).", advice))
    if condition.major is not None and condition.major < OLDEST_POSTGRESQL:
        advice = f"Upgrade the server to {OLDEST_POSTGRESQL} or later."
        found.append(wrong("database", f"PostgreSQL {condition.major} is too old.", advice))
    return found


async def clock(storage: Database, machine_now: datetime) -> Found:
    """This machine's clock against the database server's."""
    theirs = await storage.server_time()
    if theirs is None:
        return []
    return [clock_finding("database-clock", machine_now - theirs, "the database server's")]


def clock_finding(check: str, ahead: timedelta, whose: str) -> Finding:
    """How far this machine's clock is from another."""
    seconds = ahead.total_seconds()
    direction = "ahead of" if seconds > 0 else "behind"
    text = f"This machine's clock is {abs(seconds):.0f} seconds {direction} {whose}."
    if abs(ahead) >= FAR_OFF:
        return wrong(check, text, "Let NTP set it (timedatectl set-ntp true), on both if both are yours.")
    if abs(ahead) >= WORTH_TELLING:
        return look(check, text, "Let NTP set it (timedatectl set-ntp true).")
    return well(check, f"This machine's clock agrees with {whose}.")
