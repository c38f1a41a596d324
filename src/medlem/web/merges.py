"""Merges over HTTP: proposed, confirmed, undone. docs/duplicates.md says how to go about it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from medlem.club.errors import Flaw, Forbidden, IdempotencyConflict, InvalidRequest, NotFound, PreconditionFailed
from medlem.club.merging import Merge, MergeRefused, Plan
from medlem.flows import merging, parting
from medlem.flows.merging import MergeShown
from medlem.flows.tables import Repeat
from medlem.web.answer import Answer, json
from medlem.web.call import Call
from medlem.web.member_query import LIMIT, limit_of
from medlem.web.operation import Door, Query, Reply, operation
from medlem.web.reading import id_of
from medlem.web.repeats import once
from medlem.web.wire import Line

MemberName = Annotated[str, Meta(max_length=100)]
"""A member's id."""

CURSOR: Final = Query(
    name="cursor",
    description="The `cursor` of the page before.",
    schema=lambda _: {"type": "string", "examples": ["mrg_01kaq2y3m8e5x7r1t9v0w2z4b6"]},
)


class NewMerge(Struct, forbid_unknown_fields=True):
    """Who goes on as both, and whose row leads there from then on."""

    stays: MemberName
    goes: MemberName


class UndoMerge(Struct, forbid_unknown_fields=True):
    """Why a merge is undone, for whoever reads it later."""

    why: Line


@dataclass(frozen=True, slots=True)
class CarriedView:
    """An answer of the one who goes that becomes one of the one who stays."""

    element: str
    act: Literal["carried_over", "withdrawn", "refused"]
    taken_from: str
    """The record that says so of the one who goes."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """What exactly a merge does."""

    number: Literal["stays", "goes"] | None
    """By whose number they are reached; null when neither has one."""
    number_ends: bool
    """Whether the other one's number reaches nobody any more."""
    login: Literal["stays", "goes"] | None
    """By whose login the platform knows them; null when neither has logged in."""
    profile: Sequence[str]
    """Parts that come from the one who goes."""
    differs: Sequence[str]
    """Parts of which both had something, and one's is not kept."""
    consents: Sequence[CarriedView]
    extras: Sequence[str]
    """What comes from the one who goes, by its name."""
    joined_at: datetime

    @classmethod
    def of(cls, plan: Plan) -> "PlanView":
        """Show it."""
        return cls(
            number=plan.number.value if plan.number else None,
            number_ends=plan.number_ends,
            login=plan.login.value if plan.login else None,
            profile=plan.profile,
            differs=plan.differs,
            consents=[
                CarriedView(one.element, one.act.value, one.taken_from)  # type: ignore[arg-type]  # one of these three
                for one in plan.consents
            ],
            extras=plan.extras,
            joined_at=plan.joined_at,
        )


@dataclass(frozen=True, slots=True)
class MergeView:
    """One merge, as it is now."""

    id: str
    state: Literal["proposed", "lapsed", "confirmed", "undone"]
    stays: str
    goes: str
    plan: PlanView
    said_distinct: bool
    """Whether somebody has said of the two that they are two people."""
    proposed_at: datetime
    proposed_by: str
    """A key's id, or who was named on the command line."""
    expires_at: datetime
    """Until when it can be confirmed."""
    confirmed_at: datetime | None
    confirmed_by: str | None
    undone_at: datetime | None
    undone_by: str | None
    why: str | None
    """Why it was undone."""
    not_restored: Sequence[str]
    """What was not given back by undoing, since something newer is there: `number`, `login`, `profile.email`, …"""

    @classmethod
    def of(cls, shown: MergeShown) -> "MergeView":
        """Show it."""
        merge: Merge = shown.merge
        return cls(
            id=merge.id,
            state=shown.state.value,
            stays=merge.stays,
            goes=merge.goes,
            plan=PlanView.of(merge.plan),
            said_distinct=shown.said_distinct,
            proposed_at=merge.proposed_at,
            proposed_by=merge.proposed_by,
            expires_at=merge.expires_at,
            confirmed_at=merge.confirmed_at,
            confirmed_by=merge.confirmed_by,
            undone_at=merge.undone_at,
            undone_by=merge.undone_by,
            why=merge.why,
            not_restored=merge.not_restored,
        )


@dataclass(frozen=True, slots=True)
class MergesPage:
    """Some merges, and where the next ones begin; null when there are none."""

    merges: list[MergeView]
    cursor: str | None


@operation(
    "POST",
    "/v1/merges",
    door=Door.INTEGRATION,
    body=NewMerge,
    replies={201: Reply(description="The proposal.", body=MergeView)},
    refuses=(NotFound, MergeRefused, IdempotencyConflict),
    repeatable=True,
)
async def propose(call: Call) -> Answer:
    """Propose that two members are one person, and see exactly what a merge would do. Nothing is changed yet.

    It can be confirmed for a day, and as long as neither of the two is changed by anything.
    """
    club = await call.club()

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewMerge)
        stays, goes = id_of("mem", said.stays), id_of("mem", said.goes)
        return json(201, MergeView.of(await merging.propose(call.ports, club, stays, goes, call.key.id, repeat)))

    return await once(call, first, _again(call, 201))


@operation(
    "POST",
    "/v1/merges/{merge}/confirm",
    door=Door.INTEGRATION,
    replies={200: Reply(description="It is done.", body=MergeView)},
    refuses=(NotFound, MergeRefused, PreconditionFailed, Forbidden, IdempotencyConflict),
    repeatable=True,
)
async def confirm(call: Call) -> Answer:
    """Do what was proposed. What is done stays so, however often it is confirmed.

    The one who goes is no member any more; their id and member number lead to the one who stays.
    """
    club, merge = await call.club(), call.path("merge", "mrg")

    async def first(repeat: Repeat | None) -> Answer:
        return json(200, MergeView.of(await merging.confirm(call.ports, club, merge, call.key.id, repeat)))

    return await once(call, first, _again(call, 200))


@operation(
    "POST",
    "/v1/merges/{merge}/undo",
    door=Door.INTEGRATION,
    body=UndoMerge,
    replies={200: Reply(description="It is undone.", body=MergeView)},
    refuses=(NotFound, MergeRefused, IdempotencyConflict),
    repeatable=True,
)
async def undo(call: Call) -> Answer:
    """Undo a merge that was wrong: both are what they were, but for what is newer. What is undone stays so.

    `not_restored` says what was left as it is now. The two are not listed as duplicates again.
    """
    club, merge = await call.club(), call.path("merge", "mrg")

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(UndoMerge)
        return json(200, MergeView.of(await parting.undo(call.ports, club, merge, call.key.id, said.why, repeat)))

    return await once(call, first, _again(call, 200))


@operation(
    "GET",
    "/v1/merges",
    door=Door.INTEGRATION,
    query=(CURSOR, LIMIT),
    replies={200: Reply(description="A page of merges.", body=MergesPage)},
)
async def page(call: Call) -> Answer:
    """List merges, the newest first, page by page."""
    found, cursor = await merging.page(call.ports, await call.club(), _cursor(call), limit_of(call))
    return json(200, MergesPage([MergeView.of(one) for one in found], cursor))


@operation(
    "GET",
    "/v1/merges/{merge}",
    door=Door.INTEGRATION,
    replies={200: Reply(description="The merge as it is now.", body=MergeView)},
    refuses=(NotFound,),
)
async def show(call: Call) -> Answer:
    """Show one merge."""
    return json(200, MergeView.of(await merging.get(call.ports, await call.club(), call.path("merge", "mrg"))))


OPERATIONS = (propose, confirm, undo, page, show)


def _again(call: Call, status: int) -> Callable[[str], Awaitable[Answer]]:
    """A repeat answers the merge as it is now."""

    async def again(merge: str) -> Answer:
        return json(status, MergeView.of(await merging.get(call.ports, await call.club(), merge)))

    return again


def _cursor(call: Call) -> str | None:
    said = call.query.get("cursor")
    try:
        return None if said is None else id_of("mrg", said)
    except NotFound:
        detail = "cursor is what the page before gave."
        raise InvalidRequest(detail, Flaw("", detail)) from None
