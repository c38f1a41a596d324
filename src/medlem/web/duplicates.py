"""Possible duplicates over HTTP: who may be one person twice, and that they are two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from medlem.club.duplicate import Distinct
from medlem.club.errors import IdempotencyConflict, NotFound
from medlem.flows import duplicates
from medlem.flows.duplicates import DuplicateInFull
from medlem.flows.tables import Repeat
from medlem.web.answer import Answer, json
from medlem.web.call import Call
from medlem.web.member_query import CURSOR, cursor_of
from medlem.web.operation import Door, Reply, operation
from medlem.web.reading import id_of
from medlem.web.repeats import once
from medlem.web.wire import FullMember

MemberName = Annotated[str, Meta(max_length=100)]
"""A member's id."""


class TwoMembers(Struct, forbid_unknown_fields=True):
    """Two members who are two people."""

    one: MemberName
    other: MemberName


@dataclass(frozen=True, slots=True)
class DuplicateView:
    """Two members who may be one person; `one` was there before `other`."""

    one: FullMember
    other: FullMember
    logged_in: Literal["one", "other"] | None
    """Which of them the platform knows. Two whom it knows are two people, and never here."""
    reasons: Sequence[Literal["same_email", "same_number", "same_name_and_birthdate"]]
    sure: Literal["high", "medium", "low"]

    @classmethod
    def of(cls, found: DuplicateInFull) -> "DuplicateView":
        """Show both."""
        duplicate = found.duplicate
        return cls(
            one=FullMember.of(found.one),
            other=FullMember.of(found.other),
            logged_in="one" if duplicate.one.logged_in else "other" if duplicate.other.logged_in else None,
            reasons=[likeness.value for likeness in duplicate.likenesses],
            sure=duplicate.sure.value,
        )


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """Some pairs, and where the next ones begin; null when there are none."""

    duplicates: list[DuplicateView]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class DistinctView:
    """That two members are two people, and who said so."""

    one: str
    other: str
    said_by: str
    said_at: datetime

    @classmethod
    def of(cls, said: Distinct) -> "DistinctView":
        """Show it."""
        return cls(said.one, said.other, said.said_by, said.said_at)


@operation(
    "GET",
    "/v1/members/duplicates",
    door=Door.INTEGRATION,
    query=(CURSOR,),
    replies={200: Reply(description="A page of pairs.", body=DuplicatesPage)},
)
async def page(call: Call) -> Answer:
    """List members who may be one person twice, page by page, in the order in which the later ones came.

    A page may hold no pair and still have a `cursor`: pass it on until it is null. Whether two are one is for people to
    say: by a merge, or by `POST /v1/members/distinct`, after which they are not listed again.
    """
    found, cursor = await duplicates.page(call.ports, await call.club(), cursor_of(call).member)
    return json(200, DuplicatesPage([DuplicateView.of(one) for one in found], cursor))


@operation(
    "POST",
    "/v1/members/distinct",
    door=Door.INTEGRATION,
    body=TwoMembers,
    replies={200: Reply(description="They are two people.", body=DistinctView)},
    refuses=(NotFound, IdempotencyConflict),
    repeatable=True,
)
async def say(call: Call) -> Answer:
    """Say of two members that they are two people. A merge of them would take that back."""
    club = await call.club()

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(TwoMembers)
        one, other = id_of("mem", said.one), id_of("mem", said.other)
        return json(
            200, DistinctView.of(await duplicates.say_distinct(call.ports, club, one, other, call.key.id, repeat))
        )

    async def again(both: str) -> Answer:
        one, _, other = both.partition(" ")
        return json(200, DistinctView.of(await duplicates.said_distinct(call.ports, club, one, other)))

    return await once(call, first, again)


OPERATIONS = (page, say)
