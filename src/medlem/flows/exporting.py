"""Exporting: every member as a line of a file, which an empty register makes the same members of again."""

from collections.abc import AsyncIterator

from medlem.club.line import Line
from medlem.club.place import Club
from medlem.flows.ports import Ports


def members(ports: Ports, club: Club) -> AsyncIterator[list[Line]]:
    """All of a club, present or not, in the order of their ids, some at a time; whoever was erased is in no line."""
    raise NotImplementedError
