"""Everything that is kept of a member, as a program reads it. docs/privacy.md explains each part."""

import json
from dataclasses import dataclass
from datetime import datetime

from medlem.club.member import Consent, Profile
from medlem.club.merging import Merge
from medlem.club.rights import Exercised
from medlem.flows.rights import Dossier, Former
from medlem.flows.rights_table import Answered, Asked, Delivered, Reached, Stood
from medlem.web.wire import FullMember


@dataclass(frozen=True, slots=True)
class ClubShown:
    """Whose register it is."""

    name: str
    sales_unit: str


@dataclass(frozen=True, slots=True)
class NumberShown:
    """A number that reaches the member, or did."""

    phone: str
    verified_by: str
    verified_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, reached: Reached) -> "NumberShown":
        """Show it whole."""
        return cls(reached.phone.e164, reached.verified_by, reached.verified_at, reached.ended_at)


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """One answer to one question, with its words."""

    id: str
    element: str
    text: str
    granted: bool
    given_at: datetime | None
    seen_at: datetime
    language: str | None
    enrolment: str | None
    station: str | None

    @classmethod
    def of(cls, consent: Consent) -> "AnswerShown":
        """Show it whole."""
        return cls(
            consent.id,
            consent.element,
            consent.text,
            consent.granted,
            consent.given_at,
            consent.seen_at,
            consent.language,
            consent.enrolment,
            consent.station,
        )


@dataclass(frozen=True, slots=True)
class SightShown:
    """That a till found the member, within the last day."""

    id: str
    station: str
    evidence: str
    phone: str | None
    at: datetime

    @classmethod
    def of(cls, stood: Stood) -> "SightShown":
        """Show it whole."""
        phone = stood.phone.e164 if stood.phone else None
        return cls(stood.identification, stood.station, stood.evidence, phone, stood.at)


@dataclass(frozen=True, slots=True)
class QuestionShown:
    """A question by which they joined, or came back."""

    id: str
    station: str
    evidence: str
    phone: str | None
    state: str
    asked_at: datetime
    ended_at: datetime
    login: str | None
    """What the platform's ID token said of the login, as JSON."""

    @classmethod
    def of(cls, asked: Asked) -> "QuestionShown":
        """Show it whole."""
        phone = asked.phone.e164 if asked.phone else None
        return cls(
            asked.enrolment,
            asked.station,
            asked.evidence,
            phone,
            asked.state,
            asked.asked_at,
            asked.ended_at,
            json.dumps(dict(asked.login), ensure_ascii=False) if asked.login else None,
        )


@dataclass(frozen=True, slots=True)
class PlatformAnswer:
    """The platform's own words about consents, as they came."""

    enrolment: str
    content: str
    kept_at: datetime

    @classmethod
    def of(cls, answered: Answered) -> "PlatformAnswer":
        """Show it as it came."""
        return cls(answered.enrolment, answered.raw.decode(errors="replace"), answered.kept_at)


@dataclass(frozen=True, slots=True)
class DeliveryShown:
    """What the merchant's own register was told of them."""

    id: str
    news: str
    happened_at: datetime
    hearing: str
    attempts: int
    ended_at: datetime | None

    @classmethod
    def of(cls, told: Delivered) -> "DeliveryShown":
        """Show that it was told, and what came of it."""
        return cls(told.id, told.news, told.happened_at, told.hearing, told.attempts, told.ended_at)


@dataclass(frozen=True, slots=True)
class MembershipShown:
    """A membership that has ended."""

    joined_at: datetime
    left_at: datetime


@dataclass(frozen=True, slots=True)
class RightShown:
    """A right that was exercised."""

    what: str
    reason: str | None
    by: str
    at: datetime

    @classmethod
    def of(cls, exercised: Exercised) -> "RightShown":
        """Show it whole."""
        return cls(exercised.what.value, exercised.reason, exercised.by, exercised.at)


@dataclass(frozen=True, slots=True)
class MergeShown:
    """That two rows of the register were said to be one person."""

    id: str
    stays: str
    goes: str
    proposed_at: datetime
    proposed_by: str
    confirmed_at: datetime | None
    confirmed_by: str | None
    undone_at: datetime | None
    undone_by: str | None
    why: str | None

    @classmethod
    def of(cls, merge: Merge) -> "MergeShown":
        """Show it whole."""
        return cls(
            merge.id,
            merge.stays,
            merge.goes,
            merge.proposed_at,
            merge.proposed_by,
            merge.confirmed_at,
            merge.confirmed_by,
            merge.undone_at,
            merge.undone_by,
            merge.why,
        )


@dataclass(frozen=True, slots=True)
class FormerShown:
    """A row of the register that turned out to be the same member, and what is kept with it."""

    id: str
    member_number: str
    merged_at: datetime | None
    joined_at: datetime
    left_at: datetime | None
    profile: Profile
    """As it was, kept so that the merge can be undone."""
    profile_of_the_other: Profile
    """That of the row that it was merged into, as it was."""
    extras: dict[str, str]
    numbers: list[NumberShown]
    consents: list[AnswerShown]
    platform_answers: list[PlatformAnswer]
    withdrawals: list[datetime]
    memberships: list[MembershipShown]
    identifications: list[SightShown]
    enrolments: list[QuestionShown]
    deliveries: list[DeliveryShown]
    rights: list[RightShown]

    @classmethod
    def of(cls, former: Former) -> "FormerShown":
        """Show everything."""
        before, kept, member = former.merge.before, former.kept, former.member.member
        return cls(
            id=member.id,
            member_number=member.member_number,
            merged_at=former.merge.confirmed_at,
            joined_at=member.joined_at,
            left_at=member.left_at,
            profile=before.goes.profile if before else member.profile,
            profile_of_the_other=before.stays.profile if before else Profile(),
            extras=dict(former.member.extras),
            numbers=[NumberShown.of(one) for one in kept.numbers],
            consents=[AnswerShown.of(one) for one in former.member.consents],
            platform_answers=[PlatformAnswer.of(one) for one in kept.answers],
            withdrawals=list(kept.withdrawals),
            memberships=[MembershipShown(*span) for span in kept.memberships],
            identifications=[SightShown.of(one) for one in kept.identifications],
            enrolments=[QuestionShown.of(one) for one in kept.enrolments],
            deliveries=[DeliveryShown.of(one) for one in kept.deliveries],
            rights=[RightShown.of(one) for one in kept.exercised],
        )


@dataclass(frozen=True, slots=True)
class Export:
    """Everything that is kept of one member."""

    drawn_at: datetime
    club: ClubShown
    member: FullMember
    sub: str | None
    last_seen_at: datetime | None
    to_be_erased_since: datetime | None
    """Since when they are on the list of those to be erased for being inactive; null when they are not."""
    numbers: list[NumberShown]
    consents: list[AnswerShown]
    platform_answers: list[PlatformAnswer]
    withdrawals: list[datetime]
    """When they ended the sharing of their profile in the app."""
    memberships: list[MembershipShown]
    identifications: list[SightShown]
    enrolments: list[QuestionShown]
    deliveries: list[DeliveryShown]
    rights: list[RightShown]
    merges: list[MergeShown]
    """Each time somebody said that this is the same person as another row, whatever came of it."""
    former: list[FormerShown]
    """The rows that were merged into this one."""

    @classmethod
    def of(cls, drawn: Dossier) -> "Export":
        """Show everything."""
        kept, found = drawn.kept, drawn.member
        return cls(
            drawn_at=drawn.drawn_at,
            club=ClubShown(drawn.club.name, drawn.club.sales_unit),
            member=FullMember.of(found),
            sub=found.member.sub,
            last_seen_at=kept.last_seen_at,
            to_be_erased_since=kept.to_be_erased_since,
            numbers=[NumberShown.of(one) for one in kept.numbers],
            consents=[AnswerShown.of(one) for one in found.consents],
            platform_answers=[PlatformAnswer.of(one) for one in kept.answers],
            withdrawals=list(kept.withdrawals),
            memberships=[MembershipShown(*span) for span in kept.memberships],
            identifications=[SightShown.of(one) for one in kept.identifications],
            enrolments=[QuestionShown.of(one) for one in kept.enrolments],
            deliveries=[DeliveryShown.of(one) for one in kept.deliveries],
            rights=[RightShown.of(one) for one in kept.exercised],
            merges=[MergeShown.of(one) for one in drawn.merges],
            former=[FormerShown.of(one) for one in drawn.former],
        )
