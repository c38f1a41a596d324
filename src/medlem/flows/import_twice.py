"""Who has been in a file already: a person twice in one file is told, and not taken twice.

A line costs some hundred bytes of memory: keys are remembered by a hash of eight bytes, which of a million lines takes
two for one about once in thirty million files.
"""

from collections.abc import Iterable

from medlem.club.ids import MemberId
from medlem.club.line import Flawed, Line, Why


class Seen:
    """What the batches before were about."""

    def __init__(self, *, dry_run: bool) -> None:
        """Begin; in a dry run nobody is in the register afterwards, so whoever is new is remembered here."""
        self._dry_run = dry_run
        self._members: dict[int, int] = {}
        self._named: dict[int, int] = {}

    def line_about(self, member: MemberId) -> int | None:
        """Which line was about this member, if one was."""
        return self._members.get(hash(member))

    def keep(self, seen: Iterable[tuple[Line, MemberId, bool]]) -> None:
        """Remember whom lines were about, and whether they are new."""
        for line, member, new in seen:
            self._members[hash(member)] = line.number
            if new and self._dry_run:
                for key in _keys(line):
                    self._named.setdefault(hash(key), line.number)

    def refusing(self, line: Line) -> Flawed | None:
        """In a dry run: what the register would say of somebody new, if those before had come into it."""
        if not self._dry_run:
            return None
        *certain, by_number = _keys(line)
        earlier = next((found for key in certain if (found := self._named.get(hash(key))) is not None), None)
        if earlier is not None:
            return Flawed(
                number=line.number,
                column=None,
                why=Why.REPEATED_LINE,
                detail=f"Line {earlier} is about the same person.",
            )
        if line.phone is not None and not line.shared_number and hash(by_number) in self._named:
            return Flawed(
                number=line.number,
                column="phone",
                why=Why.NUMBER_TAKEN,
                detail=f"Line {self._named[hash(by_number)]} has this number too. If they share it, say yes in a "
                "column shared_number.",
            )
        return None


def _keys(line: Line) -> list[tuple[str, ...]]:
    """By what a line could be found to be about somebody; the last one is the number alone."""
    named = (("id", line.id), ("member_number", line.member_number), ("sub", line.sub))
    keys: list[tuple[str, ...]] = [(what, word) for what, word in named if word is not None]
    phone = line.phone.msisdn if line.phone is not None else ""
    if phone and not (line.id is not None and line.shared_number):
        profile = line.profile
        name = profile.name or f"{profile.given_name or ''} {profile.family_name or ''}"
        keys.append(("named", phone, name.strip().casefold()))
    return [*keys, ("phone", phone)]
