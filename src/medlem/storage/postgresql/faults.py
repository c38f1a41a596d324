"""Tells the operator what ails PostgreSQL, in words that hold nothing of what is stored in it.

The server's own messages are not passed on: they quote rows ("Key (phone)=(…) already exists"), and addresses with
passwords. Classes and codes: PostgreSQL, Appendix A, Error Codes.
"""

from typing import Final

import asyncpg

from medlem.flows.tables import Clash, StorageUnavailable

GONE: Final = "PostgreSQL does not answer. Check that it runs and that DATABASE_URL names it; medlem goes on by itself."

_BARRED: Final = "PostgreSQL does not let us in. Check the name, the password and the database in DATABASE_URL."
_OLD: Final = "The database is not as this version expects it. Run `medlem migrate`."
_BUSY: Final = "Another transaction was in the way for too long; nothing was written. Try once more."
_FULL: Final = "PostgreSQL has no room left: its disk or memory is full. Free some; nothing needs to be started again."
_MANY: Final = "PostgreSQL takes no more connections. Raise its max_connections, or run fewer nodes."
_READ_ONLY: Final = "This PostgreSQL server only reads: it is a standby. Let DATABASE_URL name the primary."

_ADVICE: Final = {
    "08": GONE,
    "57P": GONE,  # shut down, crashed, or starting up
    "28": _BARRED,
    "3D": _BARRED,
    "42501": _BARRED,
    "42P01": _OLD,
    "42703": _OLD,
    "42704": _OLD,
    "3F": _OLD,
    "40": _BUSY,
    "55P03": _BUSY,
    "57014": _BUSY,
    "25P": _BUSY,
    "0A000": _BUSY,  # a cached plan outlived a migration; the driver has thrown it away
    "53300": _MANY,
    "53": _FULL,
    "58": _FULL,
    "25006": _READ_ONLY,
}

EXPECTED: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What the driver raises when something is the matter; the third when the server hangs up between two statements."""


def told(error: BaseException) -> Exception:
    """What to raise: a fault of server or network with advice, a row that is there already, a defect of ours."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return Clash(f"The row is there already ({error.constraint_name}).")
    if isinstance(error, asyncpg.PostgresError):
        code = error.sqlstate or ""
        for length in (5, 3, 2):
            if (advice := _ADVICE.get(code[:length])) is not None:
                return StorageUnavailable(advice)
        return Defect(f"PostgreSQL refused a statement with code {code}.")
    if isinstance(error, asyncpg.InterfaceError) and "in progress" in str(error):
        return Defect("Two statements were run on one connection at once.")
    return StorageUnavailable(GONE)


class Defect(Exception):
    """A statement of ours that PostgreSQL cannot run; its message stays here, for it may quote a row."""
