"""Everything that is kept of a member, as a program reads it. docs/privacy.md explains each part."""

from dataclasses import dataclass
from datetime import datetime

from medlem.club.member import Profile
from medlem.flows.rights import Dossier, Former
from medlem.web.dossier_parts import (
    AnswerShown,
    ClubShown,
    DecisionShown,
    DeliveryShown,
    MembershipShown,
    MergeShown,
    NumberShown,
    PlatformAnswer,
    QuestionShown,
    RightShown,
    SightShown,
)
from medlem.web.wire import FullMember


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
    decisions: list[DecisionShown]
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
            decisions=[DecisionShown.of(one) for one in kept.linkings],
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
    decisions: list[DecisionShown]
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
            decisions=[DecisionShown.of(one) for one in kept.linkings],
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
