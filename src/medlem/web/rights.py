"""The rights of members over HTTP: export, erasure, restriction. docs/privacy.md says how to answer a request."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from medlem.club.errors import IdempotencyConflict, NotFound
from medlem.club.merging import MemberMerged
from medlem.club.rights import ErasedBecause, RestrictedBecause
from medlem.flows import membership, rights
from medlem.flows.rights import Erased
from medlem.flows.tables import Repeat
from medlem.web.answer import Answer, done, json
from medlem.web.call import Call
from medlem.web.dossier import Export
from medlem.web.dossier_page import POLICY, page
from medlem.web.operation import Door, Reply, operation
from medlem.web.repeats import once
from medlem.web.wire import FullMember

HTML = (b"content-type", b"text/html; charset=utf-8")


class NewErasure(Struct, forbid_unknown_fields=True):
    """Whom to erase it is in the path; this is why, and when they asked."""

    reason: Literal["asked_by_member", "asked_by_guardian", "entered_by_mistake", "legal_duty"]
    requested_at: Annotated[datetime, Meta(tz=True)] | None = None


class NewRestriction(Struct, forbid_unknown_fields=True):
    """Why what is kept of them is not to be used."""

    reason: Literal["accuracy_contested", "unlawful", "needed_for_claims", "objection_pending"]


@dataclass(frozen=True, slots=True)
class StillKept:
    """Something that stays after an erasure."""

    what: str
    why: str
    until: datetime | None
    """Null: for as long as there is a backup or a list that could bring them back."""


@dataclass(frozen=True, slots=True)
class ErasureDone:
    """What was erased, and what is kept and why."""

    member: str
    reason: str
    requested_at: datetime | None
    erased_at: datetime
    erased: list[str]
    kept: list[StillKept]

    @classmethod
    def of(cls, done: Erased) -> "ErasureDone":
        """Tell it; the same for everybody."""
        erasure = done.erasure
        return cls(
            member=erasure.member,
            reason=erasure.reason.value,
            requested_at=erasure.requested_at,
            erased_at=erasure.erased_at,
            erased=[
                "profile",
                "phone_numbers",
                "sub",
                "member_number",
                "extras",
                "platform_answers",
                "numbers_of_identifications_and_enrolments",
                "screens",
                "announcements",
            ],
            kept=[
                StillKept(
                    "consents",
                    "The words, the answers and their times, without a name or a number: proof of what was allowed.",
                    done.proof_until,
                ),
                StillKept("erasure", "That it was done, when and why: proof that the request was answered.", None),
                StillKept(
                    "keyed_hashes",
                    "Of the sub and the numbers, unreadable without the installation's keys: so that no backup and "
                    "no list brings them back.",
                    None,
                ),
            ],
        )


@operation(
    "GET",
    "/v1/members/{member}/export",
    door=Door.INTEGRATION,
    replies={200: Reply(description="Everything that is kept of them.", body=Export)},
    refuses=(NotFound, MemberMerged),
)
async def export(call: Call) -> Answer:
    """Show everything that is kept of a member, for them to have. That it was shown is written down."""
    return json(200, await _drawn(call))


@operation(
    "GET",
    "/v1/members/{member}/export/page",
    door=Door.INTEGRATION,
    replies={200: Reply(description="The same, for a person to read.", media_type="text/html")},
    refuses=(NotFound, MemberMerged),
)
async def show(call: Call) -> Answer:
    """Show everything that is kept of a member as one page, to be printed or sent."""
    return Answer(200, page(await _drawn(call)).encode(), HTML, (b"content-security-policy", POLICY.encode()))


@operation(
    "POST",
    "/v1/members/{member}/erasure",
    door=Door.INTEGRATION,
    body=NewErasure,
    replies={200: Reply(description="They are erased; one who was stays as they are.", body=ErasureDone)},
    refuses=(NotFound, MemberMerged, IdempotencyConflict),
    repeatable=True,
)
async def erase(call: Call) -> Answer:
    """Erase a member for good. What proves their consents stays, without anything that names them.

    Whoever was merged into them is the same person, and goes with them.
    """
    club, member = await call.club(), call.path("member", "mem")

    async def first(repeat: Repeat | None) -> Answer:
        said = await call.read(NewErasure)
        at = said.requested_at.astimezone(UTC) if said.requested_at else None
        erased = await rights.erase(
            call.ports,
            club,
            member,
            reason=ErasedBecause(said.reason),
            requested_at=at,
            by=call.key.id,
            repeat=repeat,
        )
        return json(200, ErasureDone.of(erased))

    async def again(of: str) -> Answer:
        return json(200, ErasureDone.of(await rights.erasure(call.ports, club, of)))

    return await once(call, first, again)


@operation(
    "POST",
    "/v1/members/{member}/restriction",
    door=Door.INTEGRATION,
    body=NewRestriction,
    replies={200: Reply(description="The member, restricted.", body=FullMember)},
    refuses=(NotFound, MemberMerged, IdempotencyConflict),
    repeatable=True,
)
async def restrict(call: Call) -> Answer:
    """Restrict a member: still one at the till, without a name; nothing is changed, told or erased by itself."""
    club, member = await call.club(), call.path("member", "mem")

    async def first(repeat: Repeat | None) -> Answer:
        reason = RestrictedBecause((await call.read(NewRestriction)).reason)
        found = await rights.restrict(call.ports, club, member, reason, call.key.id, repeat)
        return json(200, FullMember.of(found))

    async def again(of: str) -> Answer:
        return json(200, FullMember.of(await membership.get(call.ports, club, of)))

    return await once(call, first, again)


@operation(
    "DELETE",
    "/v1/members/{member}/restriction",
    door=Door.INTEGRATION,
    replies={204: Reply(description="They are restricted no more.")},
    refuses=(NotFound, MemberMerged),
)
async def lift(call: Call) -> Answer:
    """Lift a restriction. Who has none stays so."""
    await rights.lift(call.ports, await call.club(), call.path("member", "mem"), call.key.id)
    return done()


OPERATIONS = (export, show, erase, restrict, lift)


async def _drawn(call: Call) -> Export:
    member = call.path("member", "mem")
    return Export.of(await rights.export(call.ports, await call.club(), member, call.key.id))
