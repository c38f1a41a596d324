"""Tombstones in a file that is being brought back: whoever was erased after the backup is erased again.

A tombstone is found in the database that is replaced, or in a file that was kept apart. What it takes is the id of the
member, so it works though the numbers have changed since.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache

from medlem.club.ids import ClubId, MemberId
from medlem.club.rights import ErasedBecause, Erasure
from medlem.flows.rights_table import Tombstone
from medlem.storage.rights import MEMBER_NUMBER, NUMBER, SUB
from medlem.storage.session import maybe_millis, millis, moment
from medlem.storage.statements import statements
from medlem.vault import Vault


def read(connection: sqlite3.Connection) -> Sequence[Tombstone] | None:
    """Every one in a database; None when it cannot be read."""
    try:
        numbers: dict[tuple[str, str], list[str]] = {}
        for club, member, digest in connection.execute(
            "select club, member, digest from erased_number order by digest"
        ):
            numbers.setdefault((club, member), []).append(digest)
        return [
            Tombstone(
                Erasure(
                    club=ClubId(club),
                    member=MemberId(member),
                    reason=ErasedBecause(reason),
                    requested_at=moment(requested_at),
                    erased_at=moment(int(erased_at)),
                ),
                sub_digest,
                tuple(numbers.get((club, member), ())),
                number_digest,
            )
            for club, member, reason, requested_at, erased_at, sub_digest, number_digest in connection.execute(
                f"select club, member, reason, requested_at, erased_at, sub_digest, {_member_number(connection)} "  # noqa: S608 - a column's name
                "from erasure order by member"
            )
        ]
    except sqlite3.Error:
        return None


def _member_number(connection: sqlite3.Connection) -> str:
    """The column with the hash of the member number; a database of an earlier version has none."""
    columns = [name for (name,) in connection.execute("select name from pragma_table_info('erasure')")]
    return "number_digest" if "number_digest" in columns else "null"


def bury(connection: sqlite3.Connection, tombstones: Iterable[Tombstone], vault: Vault) -> int:
    """Erase them again, in the caller's transaction; how many were there."""
    clubs = {club for (club,) in connection.execute("select id from club")}
    return sum(_bury(connection, one, vault) for one in tombstones if one.erasure.club in clubs)


def _bury(connection: sqlite3.Connection, tombstone: Tombstone, vault: Vault) -> bool:
    erasure = tombstone.erasure
    whose = {"club": erasure.club, "member": erasure.member}
    found = connection.execute(
        "select sub, member_number from member where club = :club and id = :member and erased_at is null", whose
    ).fetchone()
    sub_digest, number_digest = tombstone.sub_digest, tombstone.member_number
    if found is not None:
        sub_digest = sub_digest if found[0] is None else vault.digest(SUB, found[0])
        number_digest = vault.digest(MEMBER_NUMBER, found[1])
    _run(
        connection,
        "rights.keep_erasure",
        **whose,
        reason=erasure.reason.value,
        requested_at=maybe_millis(erasure.requested_at),
        erased_at=millis(erasure.erased_at),
        sub_digest=sub_digest,
        number_digest=number_digest,
    )
    for digest in tombstone.numbers:
        _run(connection, "rights.keep_number", **whose, digest=digest)
    if found is None:
        return False
    numbers = connection.execute("select phone from phone_link where club = :club and member = :member", whose)
    for (phone,) in numbers.fetchall():
        _run(connection, "rights.keep_number", **whose, digest=vault.digest(NUMBER, phone))
        _run(connection, "rights.erase_asked_in_vain", club=erasure.club, phone=phone)
    _run(connection, "rights.erase_member", **whose, now=millis(erasure.erased_at))
    for name in _gone():
        _run(connection, name, **whose)
    return True


@cache
def _gone() -> tuple[str, ...]:
    """What an erasure removes by the member alone, whatever is added to it.

    Screens and the numbers of identifications are gone already: a restore begins them anew.
    """
    whose = frozenset({"club", "member"})
    erasing = [name for name, found in statements().items() if found.parameters == whose]
    return ("consents.take_remarks", *(name for name in sorted(erasing) if name.startswith("rights.erase_")))


def _run(connection: sqlite3.Connection, name: str, **values: object) -> None:
    connection.execute(statements()[name].sql, values)
