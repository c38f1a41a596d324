"""Exporting: every member as a line of a file, of which an empty register makes the same members again."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from medlem.club.line import Line
from medlem.club.place import Club
from medlem.flows.ports import Ports

AT_ONCE: Final = 500


def members(ports: Ports, club: Club) -> AsyncIterator[Sequence[Line]]:
    """All of a club, present or not, in the order of their ids, some at a time; whoever was erased is in no line.

    They are as they were at one moment, the first one's. Nobody who writes waits for it.
    """
    return ports.storage.reading.files.all(club.id, AT_ONCE)
