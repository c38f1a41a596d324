"""The parts of what is kept of a member, as a program reads them."""

import json
from dataclasses import dataclass
from datetime import datetime

from medlem.club.linking import Linking, Outcome
from medlem.club.member import Consent, Profile
from medlem.club.merging import Merge
from medlem.club.rights import Exercised
from medlem.flows.rights_table import Answered, Asked, Delivered, Reached, Stood


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
class DecisionShown:
    """What was decided about whom a number reaches: by a login, or by whoever took such a decision back."""

    id: str
    outcome: str
    at: datetime
    enrolment: str | None
    by: str | None
    why: str | None
    undoes: str | None
    undone_by: str | None
    sub_before: str | None
    """As it was before, kept so that the decision can be taken back; null where it changed none."""
    profile_before: Profile | None

    @classmethod
    def of(cls, linking: Linking) -> "DecisionShown":
        """Show it whole, but for what an undoing took away: that is of whoever was taken for this member."""
        before = None if linking.outcome is Outcome.UNDONE else linking.before
        return cls(
            id=linking.id,
            outcome=linking.outcome.value,
            at=linking.at,
            enrolment=linking.enrolment,
            by=linking.by,
            why=linking.why,
            undoes=linking.undoes,
            undone_by=linking.undone_by,
            sub_before=before.sub if before else None,
            profile_before=before.profile if before else None,
        )


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
