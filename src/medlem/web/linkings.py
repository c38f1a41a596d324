"""How members are reached, over HTTP: every number and every decision, and how one is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import Struct

from medlem.club.errors import IdempotencyConflict, NotFound
from medlem.club.linking import Link, Linking
from medlem.club.merging import MemberMerged
from medlem.flows import undoing
from medlem.flows.tables import Repeat
from medlem.flows.undoing import History, NewerLinking
from medlem.web.answer import Answer, json
from medlem.web.call import Call
from medlem.web.operation import Door, Reply, operation
from medlem.web.repeats import once
from medlem.web.wire import Line


class Undo(Struct, forbid_unknown_fields=True):
    """Why a linking is taken back, for whoever reads it later."""

    why: Line


@dataclass(frozen=True, slots=True)
class LinkView:
    """A number that reaches a member, or did."""

    phone: str
    verified_by: Literal["login", "login_hint", "merchant"]
    begun_at: datetime
    verified_at: datetime
    ended_at: datetime | None
    ended_because: Literal["number_changed", "number_moved", "verified", "left", "undone", "merged"] | None
    begun_by: str | None
    """The linking, or the merge, by which it began; null when nobody logged in for it."""
    ended_by: str | None

    @classmethod
    def of(cls, link: Link) -> "LinkView":
        """Show a link."""
        return cls(
            phone=link.phone.e164,
            verified_by=link.verified_by.value,
            begun_at=link.begun_at,
            verified_at=link.verified_at,
            ended_at=link.ended_at,
            ended_because=link.ended_because.value if link.ended_because else None,
            begun_by=link.begun_by,
            ended_by=link.ended_by,
        )


@dataclass(frozen=True, slots=True)
class LinkingView:
    """One decision about whom a number reaches."""

    id: str
    member: str
    outcome: Literal[
        "joined",
        "same_number",
        "number_changed",
        "number_moved",
        "entry_found",
        "entry_confirmed",
        "entry_not_matched",
        "several_entries",
        "undone",
    ]
    at: datetime
    enrolment: str | None
    by: str | None
    """Who undid: a key's id, or who was named on the command line."""
    why: str | None
    undoes: str | None
    undone_by: str | None

    @classmethod
    def of(cls, linking: Linking) -> "LinkingView":
        """Show a linking."""
        return cls(
            id=linking.id,
            member=linking.member,
            outcome=linking.outcome.value,
            at=linking.at,
            enrolment=linking.enrolment,
            by=linking.by,
            why=linking.why,
            undoes=linking.undoes,
            undone_by=linking.undone_by,
        )


@dataclass(frozen=True, slots=True)
class MemberLinks:
    """How a member has been reached, oldest first."""

    links: Sequence[LinkView]
    linkings: Sequence[LinkingView]

    @classmethod
    def of(cls, history: History) -> "MemberLinks":
        """Show all of it."""
        return cls([LinkView.of(one) for one in history.links], [LinkingView.of(one) for one in history.linkings])


@operation(
    "GET",
    "/v1/members/{member}/links",
    door=Door.INTEGRATION,
    replies={200: Reply(description="Every number that has reached the member, and why.", body=MemberLinks)},
    refuses=(NotFound,),
)
async def show(call: Call) -> Answer:
    """Show how a member has been reached: every number with its begin and end, and every decision."""
    history = await undoing.history(call.ports, await call.club(), call.path("member", "mem"))
    return json(200, MemberLinks.of(history))


@operation(
    "POST",
    "/v1/linkings/{linking}/undo",
    door=Door.INTEGRATION,
    body=Undo,
    replies={200: Reply(description="The undoing, which is a linking itself.", body=LinkingView)},
    refuses=(NotFound, NewerLinking, MemberMerged, IdempotencyConflict),
    repeatable=True,
)
async def undo(call: Call) -> Answer:
    """Take back a linking that was wrong.

    The link that it began ends, and the one that it ended stands again; no enrolment and no sale changes. What is
    undone already stays so. The undoing is undone by the same call.
    """
    club, linking = await call.club(), call.path("linking", "lnk")

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(Undo)
        done = await undoing.undo(call.ports, club, linking, call.key.id, said.why, repeat)
        return json(200, LinkingView.of(done))

    async def again(done: str) -> Answer:
        return json(200, LinkingView.of(await undoing.get(call.ports, club, done)))

    return await once(call, first, again)


OPERATIONS = (show, undo)
