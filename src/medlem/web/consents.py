"""What a member allows, over HTTP: the history, and what the merchant's own forms and staff add to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from medlem.club import spelling
from medlem.club.consent import Actor, Method, Purpose
from medlem.club.errors import IdempotencyConflict, NotFound
from medlem.club.member import Consent, standing
from medlem.club.merging import MemberMerged
from medlem.flows import recording
from medlem.flows.recording import History, Said
from medlem.flows.tables import Repeat
from medlem.web.answer import Answer, json
from medlem.web.call import Call
from medlem.web.operation import Door, Reply, operation
from medlem.web.repeats import once
from medlem.web.wire import Line

Words = Annotated[str, Meta(max_length=spelling.LONGEST_WORDS, pattern=spelling.WORDS)]
Element = Annotated[str, Meta(pattern=spelling.ELEMENT)]
Language = Annotated[str, Meta(pattern=spelling.LANGUAGE, max_length=spelling.LONGEST_LANGUAGE)]
Moment = Annotated[datetime, Meta(tz=True)]


class NewConsent(Struct, forbid_unknown_fields=True):
    """What a customer answered by one of the merchant's own ways, with its evidence."""

    element: Element
    granted: bool
    method: Literal["paper", "web_form", "staff"]
    actor: Literal["customer", "staff"]
    text: Words = ""
    """The words that were shown, whole; may be left out where a permission is taken back."""
    language: Language | None = None
    at: Moment | None = None
    """When it was answered; left out, only when we heard of it is kept."""
    purpose: Literal["marketing", "analysis", "other"] | None = None
    channel: Line | None = None
    station: str | None = None
    reason: Line | None = None
    reference: Line | None = None

    def said(self) -> Said:
        """As the club knows it."""
        return Said(
            element=self.element,
            granted=self.granted,
            text=self.text,
            method=Method(self.method),
            actor=Actor(self.actor),
            language=self.language,
            at=self.at,
            purpose=Purpose(self.purpose) if self.purpose else None,
            channel=self.channel,
            station=self.station,
            reason=self.reason,
            reference=self.reference,
        )


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record: what happened, for what, by which words, and how it is known."""

    id: str
    element: str
    purpose: Literal["membership", "marketing", "analysis", "other"]
    channel: str | None
    act: Literal["given", "refused", "withdrawn", "expired", "superseded", "carried_over", "reconfirmed"]
    granted: bool
    text: str
    text_version: int | None
    text_sha256: str | None
    language: str | None
    given_at: datetime | None
    """When it was answered, as whoever asked says; null when they do not."""
    seen_at: datetime
    """When we heard of it."""
    method: Literal["vipps_ciba", "vipps_browser", "paper", "web_form", "staff", "import"] | None
    actor: Literal["customer", "staff"] | None
    station: str | None
    enrolment: str | None
    code: str | None
    recorded_by: str | None
    """The id of the key that recorded it."""
    reason: str | None
    reference: str | None

    @classmethod
    def of(cls, consent: Consent) -> "RecordView":
        """Show a record."""
        return cls(
            id=consent.id,
            element=consent.element,
            purpose=consent.what_for.value,
            channel=consent.channel,
            act=consent.what.value,
            granted=consent.granted,
            text=consent.text,
            text_version=consent.text_version,
            text_sha256=consent.text_hash,
            language=consent.language,
            given_at=consent.given_at,
            seen_at=consent.seen_at,
            method=consent.method.value if consent.method else None,
            actor=consent.actor.value if consent.actor else None,
            station=consent.station,
            enrolment=consent.enrolment,
            code=consent.code,
            recorded_by=consent.recorded_by,
            reason=consent.reason,
            reference=consent.reference,
        )


@dataclass(frozen=True, slots=True)
class Consents:
    """What a member allows: what stands, by question, and every record in its order."""

    member: str
    standing: dict[str, RecordView]
    records: list[RecordView]
    sharing_withdrawn_at: list[datetime]
    """When they ended sharing in the app, which takes back none of these."""

    @classmethod
    def of(cls, found: History) -> "Consents":
        """Show all of it."""
        return cls(
            member=found.member.id,
            standing={element: RecordView.of(one) for element, one in standing(found.records).items()},
            records=[RecordView.of(one) for one in found.records],
            sharing_withdrawn_at=list(found.sharing_withdrawn),
        )


@operation(
    "GET",
    "/v1/members/{member}/consents",
    door=Door.INTEGRATION,
    replies={200: Reply(description="What stands, and how it came to that.", body=Consents)},
    refuses=(NotFound,),
)
async def history(call: Call) -> Answer:
    """Show what a member allows, and every record of it. Membership, marketing and analysis are apart."""
    found = await recording.history(call.ports, await call.club(), call.path("member", "mem"))
    return json(200, Consents.of(found))


@operation(
    "POST",
    "/v1/members/{member}/consents",
    door=Door.INTEGRATION,
    body=NewConsent,
    replies={201: Reply(description="The record.", body=RecordView)},
    refuses=(NotFound, MemberMerged, IdempotencyConflict),
    repeatable=True,
)
async def record(call: Call) -> Answer:
    """Record what a customer answered on paper, on a page of the merchant's, or to staff.

    `granted` false takes a permission back, where one stood, and is a refusal where none did. A yes needs the words to
    which it was said. It is appended: nothing is ever changed.
    """
    club, member = await call.club(), call.path("member", "mem")

    async def first(repeat: Repeat | None) -> Answer:
        said = (await call.read(NewConsent)).said()
        made = await recording.record(call.ports, club, member, said, call.key.id, repeat)
        return json(201, RecordView.of(made))

    async def again(consent: str) -> Answer:
        return json(201, RecordView.of(await recording.get(call.ports, club, consent)))

    return await once(call, first, again)


OPERATIONS = (history, record)
