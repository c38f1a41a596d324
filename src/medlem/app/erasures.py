"""The file of erasures: one line of JSON for each, with keyed hashes and ids, and nobody's name or number."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from medlem.app.house import House
from medlem.club.ids import ClubId, MemberId
from medlem.club.rights import ErasedBecause, Erasure
from medlem.flows import erasures
from medlem.flows.erasures import Applied
from medlem.flows.rights_table import Tombstone
from medlem.flows.tables import StorageUnavailable
from medlem.storage.files import drafted, publish


class UnreadableErasures(StorageUnavailable):
    """The file is no file of erasures; the text says which line is wrong, and nothing of what stands there."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    club: str
    member: str
    reason: ErasedBecause
    erased_at: datetime
    requested_at: datetime | None = None
    sub_digest: str | None = None
    numbers: tuple[str, ...] = ()
    member_number: str | None = None


async def keep(house: House, file: Path) -> int:
    """Write every erasure of every club into a file, which takes the place of the one that was there; how many."""
    many = 0
    with drafted(file.with_name(f"{file.name}.partial")) as draft:
        with draft.open("wb") as lines:
            for club in await house.clubs.all():
                async for one in erasures.all_of(house.ports, club):
                    lines.write(msgspec.json.encode(_line(one)) + b"\n")
                    many += 1
        publish(draft, file)
    return many


async def apply(house: House, file: Path) -> Applied:
    """Erase again whoever is in the file.

    Raises:
        UnreadableErasures: it is no such file; then nothing was done.
    """
    return await erasures.apply(house.ports, list(read(file)))


def read(file: Path) -> Iterator[Tombstone]:
    """The tombstones in a file.

    Raises:
        UnreadableErasures: it is no such file.
    """
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise UnreadableErasures(f"{file} cannot be read: {error.strerror}.") from error
    for number, line in enumerate(lines, start=1):
        try:
            yield _tombstone(msgspec.json.decode(line, type=_Line))
        except (msgspec.MsgspecError, ValueError):
            raise UnreadableErasures(
                f"Line {number} of {file} is no erasure. `medlem erasures keep` writes them."
            ) from None


def _line(one: Tombstone) -> _Line:
    erasure = one.erasure
    return _Line(
        club=erasure.club,
        member=erasure.member,
        reason=erasure.reason,
        erased_at=erasure.erased_at,
        requested_at=erasure.requested_at,
        sub_digest=one.sub_digest,
        numbers=one.numbers,
        member_number=one.member_number,
    )


def _tombstone(line: _Line) -> Tombstone:
    erasure = Erasure(
        club=ClubId(line.club),
        member=MemberId(line.member),
        reason=line.reason,
        requested_at=line.requested_at,
        erased_at=line.erased_at,
    )
    return Tombstone(erasure, line.sub_digest, line.numbers, line.member_number)
